"""A path may begin with ~ wherever a path is given: a shell leaves it so behind `--out=`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

import gansmith
from gansmith.cli import COMMANDS
from gansmith.cli.parsing import option_names, parse

Command = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path, ring: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a run, `run`; the tests are elsewhere."""
    folder = tmp_path / "home"
    shutil.copytree(ring, folder / "run")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_every_path_of_every_command(command: str, home: Path) -> None:
    kind = vars(import_module(f"gansmith.cli.{command}"))[f"{command.title()}Options"]
    paths = [
        part.name
        for part in fields(kind)
        if "Path" in part.type or part.type in ("Out", "RunFolder")
    ]
    named = dict(begin_from="from")
    places = [name for name in paths if f"--{named.get(name, name)}" not in option_names(kind)]
    words = ["~/x" for _ in places]
    first = {"list": ["runs"], "lab": ["report"], "completion": ["bash"], "pull": ["me/x"]}
    last = {"push": ["me/x"]}
    words = [*first.get(command, []), *words, *last.get(command, [])]
    for name in paths:
        if name not in places:
            words += [f"--{named.get(name, name)}=~/x"]
    given = parse(kind, words, "x")
    for name in paths:
        assert getattr(given, name) in (home / "x", (home / "x",))


def test_a_run_is_begun_used_and_resumed(home: Path, said: Command) -> None:
    words = ["nsgan", "--data", "ring", "--width", "4", "--batch", "8"]
    said("train", *words, "--steps=1", "--out=~/own", "--from=~/run")
    assert json.loads((home / "own/config.json").read_text())["began_from"] == str(home / "run")
    said("train", "--resume=~/own", "--steps=2")
    said("sample", "~/own", "-n", "64", "--out=~/made")
    assert (home / "made/samples.npy").is_file()
    assert gansmith.open_run("~/own").step
    said("evaluate", "~/own", "~/made/samples.npy", "--against=ring", "--out=~/both", "-n", "64")
    assert list((home / "both").iterdir())
    assert not list(Path().iterdir())


def test_presets_and_data_of_one_s_own(home: Path) -> None:
    (home / "mine.py").write_text(
        "from gansmith.presets.classic import nsgan\n"
        "def mine(spec, *, lr: float = 1e-3): return nsgan(spec, width=4, batch=8)\n"
    )
    run = gansmith.train("~/mine.py:mine", data="ring", steps=1, out="~/own")
    assert run.config.preset == f"{home}/mine.py:mine"
    with pytest.raises(ValueError, match=f"{home}/nothing does not exist|no path is called"):
        gansmith.train("nsgan", data="~/nothing")
