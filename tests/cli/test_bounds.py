"""Every option of every command with values that no one should give: refused, or it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from gansmith.cli import COMMANDS, main
from gansmith.cli.parsing import option_names
from gansmith.cli.train import TrainOptions
from gansmith.core.bounds import OPTIONS

Command = Callable[..., str]
RING = ["wgan-gp", "--data", "ring", "--width", "4", "--batch", "8", "--dry-run"]
NUMBERS = ["nan", "inf", "-1", "0", "99999999999999999999", ""]
WORDS = {
    "train": RING,
    "sweep": [*RING, "--vary", "lr=1e-3,1e-2", "--steps", "2"],
    "evaluate": ["RUN"],
    "diagnose": ["RUN", "-n", "40"],
    "sample": ["RUN"],
    "export": ["RUN"],
    "push": ["RUN", "me/points", "--dry-run"],
    "translate": ["RUN", "."],
    "encode": ["RUN", "."],
    "classify": ["RUN", "."],
    "lab": ["list"],
}
CASES = [
    (command, option, value)
    for command in WORDS
    for kind in [vars(import_module(f"gansmith.cli.{command}"))[f"{command.title()}Options"]]
    for option in option_names(kind)
    if "bool" not in str(get_type_hints(kind).get(option[2:].replace("-", "_")))
    and (command != "sweep" or option not in option_names(TrainOptions))
    for value in (NUMBERS if option[2:].replace("-", "_") in OPTIONS else ["nan", ""])
]


def test_the_cases_are_all_commands_with_options() -> None:
    without_options = {"report", "list", "pull", "examples", "completion"}
    assert set(COMMANDS) - set(WORDS) == without_options
    assert {"--clip", "--minutes", "--seed", "--n", "--data", "--gain"} <= {x for _, x, _ in CASES}


@pytest.mark.parametrize("command", WORDS)
def test_every_option_with_a_number_has_bounds(command: str) -> None:
    kind = vars(import_module(f"gansmith.cli.{command}"))[f"{command.title()}Options"]
    hints = get_type_hints(kind)
    numbers = {
        part.name
        for part in fields(kind)
        if {int, float} & {hints[part.name], *get_args(hints[part.name])}
    }
    assert numbers <= set(OPTIONS)


@pytest.mark.parametrize(("command", "option", "value"), CASES)
def test_a_value_is_refused_in_a_sentence_or_it_works(
    command: str, option: str, value: str, ring: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    status: object = 0
    try:
        main([command, *(str(ring) if x == "RUN" else x for x in WORDS[command]), option, value])
    except SystemExit as stop:
        status = stop.code
    said = capsys.readouterr().err
    assert status in (0, 2), said
    assert "Traceback" not in said
    if status:
        of_another_kind = option in said and f"gansmith {command}" in said  # nan as an integer
        assert said.count("\n") == 1 or of_another_kind
    if not value:
        assert (status, option in said) == (2, True)


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--clip", "-1", "clip must be a number in (0, 1e+30]; got -1"),
        ("--clip", "0", "clip must be a number in (0,"),
        ("--minutes", "nan", "minutes must be a number in (0,"),
        ("--width", "0", "width must be a number in [1, 65536]; got 0"),
        ("--seed", "-1", "seed must be a number in [0,"),
        ("--seed", "99999999999999999999", "seed must be a number in [0,"),
        ("--lr", "inf", "lr must be a number in (0,"),
        ("--data=", "", "--data is empty; leave it out"),
    ],
)
def test_the_bounds_are_said(option: str, value: str, why: str, refused: Command) -> None:
    assert why in refused("train", *RING, *([option, value] if value else [option]))
