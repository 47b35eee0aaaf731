from dataclasses import dataclass, fields
from typing import Literal

import pytest

from gansmith.cli.commands import Train, option_names, parse
from gansmith.cli.options import about, keyword_lines, parse_with_preset, preset_options
from gansmith.core.recipe import Recipe
from gansmith.data import DataSpec
from gansmith.presets import PRESETS


def build(
    spec: DataSpec, *, width: int = 3, momentum: float | None = None, wide: bool = False,
    kind: Literal["a", "b"] = "a", steps: int = 5,
) -> Recipe:  # fmt: skip
    """A preset: of no use.

    It is for this test alone.

    width: of the layers,
        all of them.
    momentum: of the optimiser;
        None takes Adam.
    steps: length of the run.
    """
    raise NotImplementedError


def test_keywords_become_options_with_their_defaults() -> None:
    own = preset_options(build, {"width": 7})
    assert [field.name for field in fields(own)] == ["width", "momentum", "wide", "kind"]
    assert vars(own()) == {"width": 7, "momentum": None, "wide": False, "kind": "a"}


def test_words_become_values_of_the_keywords_types() -> None:
    own = preset_options(build, {})
    words = ["--width", "4", "--momentum", "0.5", "--wide", "--kind", "b"]
    assert vars(parse(own, words, "x")) == {
        "width": 4, "momentum": 0.5, "wide": True, "kind": "b",
    }  # fmt: skip
    assert parse(own, ["--no-wide"], "x").wide is False  # type: ignore[attr-defined]


def test_the_documentation_is_taken_apart() -> None:
    text = about(build)
    assert text == "A preset: of no use.\n\nIt is for this test alone."
    assert keyword_lines(build.__doc__ or "") == {}  # a docstring is cleaned first
    doc = "First: line.\n\nwidth: of the layers,\n    all of them.\nlr: rate."
    assert keyword_lines(doc) == {"width": "of the layers, all of them.", "lr": "rate."}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_options_that_clash_with_none_and_are_explained(name: str) -> None:
    general, given = parse_with_preset(Train, name, [])
    assert general == Train()
    assert given == {}
    preset = PRESETS[name]
    lines = keyword_lines((preset.build.__doc__ or "").replace("\n    ", "\n"))
    assert set(lines) == set(preset.keywords({}))


def test_only_what_was_given_is_returned() -> None:
    words = ["--seed", "3", "--lr", "0.1", "--width", "32"]
    general, given = parse_with_preset(Train, "wgan", words)
    assert general == Train(seed=3)
    assert given == {"lr": 0.1}  # 32 is the default anyway
    _, given = parse_with_preset(Train, "wgan", [*words, "--paper"])
    assert given == {"lr": 0.1, "width": 32}  # the paper has 64


def test_options_are_known_by_the_names_that_one_types() -> None:
    names = option_names(Train)
    assert {"--dry-run", "--from", "--out"} <= set(names)
    assert "--begin-from" not in names

    @dataclass
    class Both:
        train: Train
        width: int = 3

    assert set(option_names(Both)) == {*names, "--width"}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--stepps", "3"], "there is no option --stepps; did you mean --steps?"),
        (["--dry_runn"], "did you mean --dry-run?"),
        (["--qqq"], "there is no option --qqq; See `gansmith train --help`"),
        (["gan"], "'gan' was not expected here"),
    ],
)
def test_an_unknown_option_suggests_the_nearest(words: list[str], hint: str) -> None:
    with pytest.raises(ValueError, match=hint.replace("?", r"\?")):
        parse(Train, words, "gansmith train")


def test_both_spellings_of_an_option_are_read() -> None:
    assert parse(Train, ["--dry_run", "--skip-bad"], "x") == Train(dry_run=True, skip_bad=True)
