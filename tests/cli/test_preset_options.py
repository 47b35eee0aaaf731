"""A preset's keywords as options, read off its signature."""

from dataclasses import fields
from typing import Literal

import pytest

from gansmith.cli.parsing import parse
from gansmith.cli.preset_options import parse_with_preset, preset_options
from gansmith.cli.train import TrainOptions
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


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_options_that_clash_with_none(name: str) -> None:
    general, given = parse_with_preset(TrainOptions, name, [])
    assert general == TrainOptions()
    assert given == {}


def test_the_help_has_the_presets_own_lines_and_the_common_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse_with_preset(TrainOptions, "wgan", ["--help"])
    text = " ".join(capsys.readouterr().out.replace("\u2502", " ").split())
    assert "largest absolute value of a weight of the critic" in text  # of wgan alone
    assert "dimension of the latent code" in text  # of every preset with codes


def test_only_what_was_given_is_returned() -> None:
    words = ["--seed", "3", "--lr", "0.1", "--width", "32"]
    general, given = parse_with_preset(TrainOptions, "wgan", words)
    assert general == TrainOptions(seed=3)
    assert given == {"lr": 0.1}  # 32 is the default anyway
    _, given = parse_with_preset(TrainOptions, "wgan", [*words, "--paper"])
    assert given == {"lr": 0.1, "width": 32}  # the paper has 64
