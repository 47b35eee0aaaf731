"""How words become a dataclass of options."""

from dataclasses import dataclass

import pytest

from gansmith.cli.parsing import option_names, parse
from gansmith.cli.train import TrainOptions


def test_options_are_known_by_the_names_that_one_types() -> None:
    names = option_names(TrainOptions)
    assert {"--dry-run", "--from", "--out"} <= set(names)
    assert "--begin-from" not in names

    @dataclass
    class Both:
        train: TrainOptions
        width: int = 3

    assert set(option_names(Both)) == {*names, "--width"}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--stepps", "3"], "there is no option --stepps; did you mean --steps?"),
        (["--dry_runn"], "did you mean --dry-run?"),
        (["--qqq"], "there is no option --qqq. See `gansmith train --help`"),
        (["gan"], "'gan' was not expected here"),
    ],
)
def test_an_unknown_option_suggests_the_nearest(words: list[str], hint: str) -> None:
    with pytest.raises(ValueError, match=hint.replace("?", r"\?")):
        parse(TrainOptions, words, "gansmith train")


def test_both_spellings_of_an_option_are_read() -> None:
    assert parse(TrainOptions, ["--dry_run", "--skip-bad"], "x") == TrainOptions(
        dry_run=True, skip_bad=True
    )
