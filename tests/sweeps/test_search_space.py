"""What is written after --vary is what is searched, and what cannot be is refused."""

from typing import Any, Literal

import pytest

from gansmith.sweeps.search_space import (
    Choices,
    Range,
    default_space,
    from_json,
    grid_values,
    parse_dimension,
)


@pytest.mark.parametrize(
    ("given", "hint", "found", "log"),
    [
        ("1e-4..1e-2", float, Range(1e-4, 1e-2), True),
        ((1e-4, 1e-2), float, Range(1e-4, 1e-2), True),
        ("0.1..0.9", float, Range(0.1, 0.9), False),
        ("0..10", float, Range(0.0, 10.0), False),
        ("-1..1", float, Range(-1.0, 1.0), False),
        ("1..10", int, Range(1, 10, integer=True), True),
        ("1..9", int, Range(1, 9, integer=True), False),
        ("0.1..0.9", float | None, Range(0.1, 0.9), False),
    ],
)
def test_ranges(given: Any, hint: Any, found: Range, log: bool) -> None:
    part = parse_dimension("x", given, hint)
    assert part == found
    assert isinstance(part, Range)
    assert part.log is log
    assert from_json(part.to_json()) == part
    assert all(isinstance(end, int if found.integer else float) for end in part.values_to_check)


@pytest.mark.parametrize(
    ("given", "hint", "values"),
    [
        ("16,32, 64", int, (16, 32, 64)),
        ([16, 32], int, (16, 32)),
        ("1e-4,1e-3", float, (1e-4, 1e-3)),
        ("1,1.0,2", float, (1.0, 2.0)),
        ("mlp,dcgan", str, ("mlp", "dcgan")),
        ("none;colour,cutout", str, ("none", "colour,cutout")),
        ("none,0.5", float | None, (None, 0.5)),
        ("true,false", bool, (True, False)),
        ([True, False], bool, (True, False)),
        ("a,b", Literal["a", "b"], ("a", "b")),
    ],
)
def test_choices(given: Any, hint: Any, values: tuple[Any, ...]) -> None:
    part = parse_dimension("x", given, hint)
    assert part == Choices(values)
    assert [type(value) for value in part.values_to_check] == [type(value) for value in values]
    assert from_json(part.to_json()) == part


@pytest.mark.parametrize(
    ("given", "hint", "hint_of_error"),
    [
        ("1..x", float, "'x' is not a value of x, which is float"),
        ("1.5,2", int, "'1.5' is not a value of x, which is int"),
        ("1..2.5", int, "'2.5' is not a value"),
        ("nan,1", float, "'nan' is not a value"),
        ("1..inf", float, "'inf' is not a value"),
        ("2..1", float, "from low to high; got 2..1"),
        ("a..b", str, "a range is of numbers"),
        ("false..true", bool, "a range is of numbers"),
        ("maybe,true", bool, "'maybe' is not a value"),
        ("a,c", Literal["a", "b"], "'c' is not a value"),
        ("3", int, "at least two different values"),
        ("3,3", int, "at least two different values"),
        ("", float, "not a value"),
    ],
)
def test_a_bad_dimension_is_refused(given: str, hint: Any, hint_of_error: str) -> None:
    with pytest.raises(ValueError, match=hint_of_error):
        parse_dimension("x", given, hint)


def test_the_usual_keywords_around_their_defaults() -> None:
    known = dict(
        lr=5e-4, d_steps=1, beta1=0.5, batch=32, width=32, penalty_weight=10.0, momentum=None
    )
    assert default_space(known) == {
        "lr": Range(5e-5, 5e-3),
        "penalty_weight": Range(1.0, 100.0),
        "batch": Choices((16, 32, 64)),
        "beta1": Choices((0.0, 0.5, 0.9)),
        "d_steps": Range(1, 5, integer=True),
    }
    assert default_space({"width": 3}) == {}


def test_a_grid_takes_lists_and_whole_ranges() -> None:
    assert grid_values({"a": Choices((1.0, 2.0)), "b": Range(1, 3, integer=True)}) == {
        "a": [1.0, 2.0],
        "b": [1, 2, 3],
    }
    with pytest.raises(ValueError, match="--vary a=0.5..2 is a range: list the values"):
        grid_values({"a": Range(0.5, 2.0)})
