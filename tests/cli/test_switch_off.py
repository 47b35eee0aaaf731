"""Keywords that may be None can be switched off from the command line."""

from __future__ import annotations

import pytest

from gansmith.cli.preset_options import parse_with_preset
from gansmith.cli.train import TrainOptions


@pytest.mark.parametrize(
    ("preset", "option", "keyword"),
    [("ebm", "--no-noise", "noise"), ("seqgan", "--no-filters", "filters")],
)
def test_an_optional_keyword_can_be_none(preset: str, option: str, keyword: str) -> None:
    _, keywords = parse_with_preset(TrainOptions, preset, [option, "--steps", "3"])
    assert keywords == {keyword: None}


def test_the_help_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_with_preset(TrainOptions, "ebm", ["--help"])
    assert "--no-noise for None" in " ".join(capsys.readouterr().out.replace("│", " ").split())


def test_a_value_and_none_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="--noise and --no-noise exclude each other"):
        parse_with_preset(TrainOptions, "ebm", ["--noise", "0.1", "--no-noise"])


def test_a_keyword_that_has_no_none_is_not_switched_off() -> None:
    with pytest.raises(ValueError, match="there is no option --no-width"):
        parse_with_preset(TrainOptions, "ebm", ["--no-width"])
