"""What is written after --vary is what is searched, and what cannot be is refused."""

from typing import Any, Literal

import pytest

from gansmith.sweep.search_space import Choices, Range, from_json, grid, read, usual


@pytest.mark.parametrize(
    ("given", "hint", "found", "log"),
    [
        ("1e-4..1e-2", float, Range(1e-4, 1e-2), True),
        ((1e-4, 1e-2), float, Range(1e-4, 1e-2), True),
        ("0.1..0.9", float, Range(0.1, 0.9), False),
        ("0..10", float, Range(0.0, 10.0), False),
        ("-1..1", float, Range(-1.0, 1.0), False),
        ("1..10", int, Range(1, 10, whole=True), True),
        ("1..9", int, Range(1, 9, whole=True), False),
        ("0.1..0.9", float | None, Range(0.1, 0.9), False),
    ],
)
def test_ranges(given: Any, hint: Any, found: Range, log: bool) -> None:
    part = read("x", given, hint)
    assert part == found
    assert isinstance(part, Range)
    assert part.log is log
    assert from_json(part.to_json()) == part
    assert all(isinstance(end, int if found.whole else float) for end in part.tried)


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
    part = read("x", given, hint)
    assert part == Choices(values)
    assert [type(value) for value in part.tried] == [type(value) for value in values]
    assert from_json(part.to_json()) == part


@pytest.mark.parametrize(
    ("given", "hint", "hint_of_error"),
    [
        ("1..x", float, "'x' is no value of x, which is float"),
        ("1.5,2", int, "'1.5' is no value of x, which is int"),
        ("1..2.5", int, "'2.5' is no value"),
        ("nan,1", float, "'nan' is no value"),
        ("1..inf", float, "'inf' is no value"),
        ("2..1", float, "from low to high; got 2..1"),
        ("a..b", str, "a range is of numbers"),
        ("false..true", bool, "a range is of numbers"),
        ("maybe,true", bool, "'maybe' is no value"),
        ("a,c", Literal["a", "b"], "'c' is no value"),
        ("3", int, "two different values at least"),
        ("3,3", int, "two different values at least"),
        ("", float, "no value"),
    ],
)
def test_what_cannot_be_is_refused(given: str, hint: Any, hint_of_error: str) -> None:
    with pytest.raises(ValueError, match=hint_of_error):
        read("x", given, hint)


def test_the_usual_keywords_around_their_defaults() -> None:
    known = dict(lr=5e-4, d_steps=1, beta1=0.5, batch=32, width=32, weight=10.0, momentum=None)
    assert usual(known) == {
        "lr": Range(5e-5, 5e-3),
        "weight": Range(1.0, 100.0),
        "batch": Choices((16, 32, 64)),
        "beta1": Choices((0.0, 0.5, 0.9)),
        "d_steps": Range(1, 5, whole=True),
    }
    assert usual({"width": 3}) == {}


def test_a_grid_takes_lists_and_whole_ranges() -> None:
    assert grid({"a": Choices((1.0, 2.0)), "b": Range(1, 3, whole=True)}) == {
        "a": [1.0, 2.0],
        "b": [1, 2, 3],
    }
    with pytest.raises(ValueError, match="--vary a=0.5..2 is a range: list the values"):
        grid({"a": Range(0.5, 2.0)})
