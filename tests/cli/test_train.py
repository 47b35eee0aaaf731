"""gansmith train: what it writes and says, resumes and refuses."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from gansmith.cli import main
from gansmith.cli.console import program
from gansmith.presets import PRESETS
from gansmith.runs.checkpoint import newest_first, read

Command = Callable[..., str]
TINY = ["--width", "4", "--batch", "8"]
RING = ["wgan-gp", "--data", "ring", "--d-steps", "1", *TINY]
OWN = """
from __future__ import annotations
from dataclasses import dataclass
from gansmith.data import DataSpec
from gansmith.presets.classic import nsgan
from gansmith.core.recipe import Recipe

@dataclass
class Widths:
    inner: int

def mine(spec: DataSpec, *, breadth: int = 3, batch: int = 8, steps: int = 2) -> Recipe:
    \"\"\"Mine: a preset of my own.

    breadth: of everything.
    \"\"\"
    return nsgan(spec, width=Widths(breadth).inner, batch=batch, steps=steps)

def clashing(spec: DataSpec, *, seed: int = 3) -> Recipe:
    return nsgan(spec)

def untyped(spec, *, width=3):
    return nsgan(spec)
"""


def test_train_writes_a_run_and_says_where(said: Command) -> None:
    text = said("train", *RING, "--steps", "4", "--out", "run")
    assert "wgan-gp on ring: 50000 examples, 10000 held out" in text
    for named in ("run/samples", "run/report.html"):
        assert named in text
        assert Path(named).exists()
    assert "gansmith evaluate run; " in text
    assert "gansmith sample run" in text
    config = json.loads(Path("run/config.json").read_text())
    assert config["keywords"]["width"] == 4
    assert config["keywords"]["lr"] == PRESETS["wgan-gp"].keywords({})["lr"]
    assert config["steps"] == 4
    assert newest_first(Path("run/checkpoints"))[0].stem == "00000004"


def test_train_finds_a_folder_of_its_own(said: Command) -> None:
    for number in ("0000", "0001"):
        text = said("train", *RING, "--steps", "1")
        assert f"runs/wgan-gp-ring-{number}" in text
        assert Path(f"runs/wgan-gp-ring-{number}/config.json").exists()
    assert "runs/wgan-gp-ring-0001" in said("list", "runs")


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(said: Command, tmp_path: Path) -> None:
    text = said("train", *RING, "--steps", "4", "--out", "run", "--dry-run")
    assert "ms a step" in text
    assert "MB in run" in text
    assert "nothing was written; it would go to run" in text
    assert not list(tmp_path.iterdir())


def test_minutes_end_a_run_and_fix_its_length(said: Command) -> None:
    text = said("train", *RING, "--minutes", "0.0001", "--out", "run")
    assert "0.0001 min" in text
    config = json.loads(Path("run/config.json").read_text())
    assert config["minutes"] is None
    assert config["steps"] == int(newest_first(Path("run/checkpoints"))[0].stem) > 0


def test_a_lengthened_run_is_the_longer_run_bit_for_bit(said: Command) -> None:
    said("train", *RING, "--steps", "3", "--out", "short")
    text = said("train", "--resume", "short", "--steps", "7")
    assert "resuming short" in text
    assert "step 7" in text
    said("train", *RING, "--steps", "7", "--out", "long")
    ends = [read(newest_first(Path(run) / "checkpoints")[0]) for run in ("short", "long")]
    assert ends[0][1]["step"] == ends[1][1]["step"] == 7
    assert ends[0][0].keys() == ends[1][0].keys()
    for name, tensor in ends[0][0].items():
        assert torch.equal(tensor, ends[1][0][name]), name


def test_from_begins_with_another_run_s_players(ring: Path, said: Command) -> None:
    small = [*RING, "--lr", "1e-30", "--steps", "1"]  # stands still, so that the start shows
    said("train", *small, "--from", str(ring), "--out", "tuned")
    given, _ = read(ring / "checkpoints" / "best.safetensors")
    taken, _ = read(newest_first(Path("tuned/checkpoints"))[0])
    weights = [name for name in taken if name.startswith("game.")]
    assert weights
    for name in weights:
        assert torch.equal(taken[name], given[name])
    assert json.loads(Path("tuned/config.json").read_text())["began_from"] == str(ring)


def test_from_a_run_that_does_not_fit_is_refused(
    ring: Path, refused: Command, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wide = ["wgan-gp", "--data", "ring", "--width", "5", "--steps", "1", "--out", "wide"]
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["train", *wide, "--from", str(ring)])
    assert stop.value.code == 2
    assert "do not fit this run: give its preset, its keywords" in capsys.readouterr().err
    line = refused("train", *RING, "--from", "nowhere", "--out", "o")
    assert "nowhere is not a run" in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", [[], ["--preset"]])
def test_a_preset_of_one_s_own(form: list[str], said: Command, tmp_path: Path) -> None:
    Path("own.py").write_text(OWN)
    own = [*form, "own.py:mine", "--breadth", "4", "--data", "ring"]
    assert "step 2" in said("train", *own, "--out", "run")
    config = json.loads(Path("run/config.json").read_text())
    assert config["preset"] == f"{tmp_path}/own.py:mine"
    assert config["keywords"] == {"breadth": 4, "batch": 8, "steps": 2}
    os.chdir("/")  # the run finds its preset from anywhere
    assert "step 3" in said("train", "--resume", tmp_path / "run", "--steps", "3", "--trust")


@pytest.mark.parametrize(
    ("called", "found", "words"),
    [
        (".venv/bin/gansmith", None, ".venv/bin/gansmith"),
        ("/my files/gansmith", None, "'/my files/gansmith'"),
        ("/lib/gansmith/__main__.py", None, f"{sys.executable} -m gansmith"),
        ("/usr/bin/gansmith", "/usr/bin/gansmith", "gansmith"),
    ],
)
def test_the_next_command_is_one_that_works_from_here(
    called: str, found: str | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setattr(shutil, "which", lambda name: found)
    assert program() == words


def test_the_preset_option_is_the_first_word(said: Command, refused: Command) -> None:
    tail = ["--data", "ring", *TINY, "--steps", "1", "--dry-run", "--out", "o"]
    assert "wgan-gp on ring" in said("train", "--preset=wgan-gp", *tail)
    assert "wgan-gp on ring" in said("train", *tail, "--preset", "wgan-gp")
    assert "one preset is trained at a time; got gan and wgan" in refused(
        "train", "gan", "--preset", "wgan"
    )
    assert "--preset takes a name" in refused("train", "--preset")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("own.py:nine", "own.py 'nine'; did you mean 'mine'?"),
        ("own.py", "say which of its functions is meant, own.py:my_function"),
        ("other.py:mine", "expected an existing Python file and a function"),
        ("own.py:clashing", "a keyword 'seed', which every preset has as an option already"),
        ("own.py:untyped", "'width' is not a keyword with a type and a default"),
    ],
)
def test_what_is_wrong_with_a_preset_is_said(name: str, hint: str, refused: Command) -> None:
    Path("own.py").write_text(OWN)
    assert hint in refused("train", name, "--data", "ring")


MISTAKES = {
    "--stesp": (["wgan", "--data", "ring", "--stesp", "4"], "did you mean --steps?"),
    "--d_stepz": ([*RING, "--d_stepz", "4"], "did you mean --d-steps?"),
    "nearest of none": (["wgan", "--xyzzy=4"], "there is no option --xyzzy. See"),
    "a keyword without its preset": (
        ["--lr", "1"],
        "--lr is a keyword of presets: name the preset",
    ),
    "a keyword on resume": (
        ["--resume", "nowhere", "--lr", "1"],
        "resumed with the keywords that it was begun with: leave out --lr",
    ),
    "a stray word": (["--data", "ring", "wgan"], "'wgan' was not expected here"),
    "preset": (["wgam"], "unknown preset 'wgam'; did you mean 'wgan'?"),
    "data": (["gan", "--data", "rinng"], "'rinng'; did you mean 'ring'?"),
    "size": (["dcgan", "--data", "digits", "--size", "4"], "8 pixels a side or more"),
    "size 0": (["dcgan", "--data", "digits", "--size", "0"], "size"),
    "divergence": (["fgan", "--data", "ring", "--divergence", "kk"], "unknown divergence 'kk'"),
    "network": (["gan", "--data", "digits", "--network", "cnn"], "unknown network 'cnn'"),
    "prior": (["gan", "--data", "ring", "--prior", "flat"], "unknown prior 'flat'"),
    "points for words": (
        ["seqgan", "--data", "ring"],
        "trained on sentences, and ring holds points",
    ),
    "words for images": (
        ["gan", "--data", "grammar"],
        "on images or points, and grammar holds sentences",
    ),
    "both ends": ([*RING, "--steps", "4", "--minutes", "1"], "give --steps or --minutes, not both"),
    "no steps": ([*RING, "--steps", "0"], "steps must be a number in [1, 1000000000]; got 0"),
    "no minutes": ([*RING, "--minutes", "-1"], "minutes must be a number in (0, 1000000]; got -1"),
    "val": ([*RING, "--val", "0.1"], "ring"),
    "micro": ([*RING, "--micro", "3", "--steps", "1"], "does not divide into 3 micro-batches"),
    "no run": (["--resume", "nowhere"], "nowhere is not a run"),
    "resume and preset": (
        ["wgan", "--resume", "nowhere"],
        "--resume takes no preset, since the run has one",
    ),
    "resume and seed": (["--resume", "nowhere", "--seed", "3"], "leave out --seed"),
    "resume and dry run": (["--resume", "nowhere", "--dry-run"], "leave out --dry-run"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_writes_nothing(
    name: str, refused: Command, tmp_path: Path
) -> None:
    words, hint = MISTAKES[name]
    assert hint in refused("train", *words)
    assert not list(tmp_path.iterdir())


def test_a_run_that_does_not_fit_is_refused_before_its_folder_is_made(
    refused: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["train", *RING, "--steps", "1", "--out", "run"]
    assert "does not divide into 3 micro-batches" in refused(*words, "--micro", "3")
    assert "did you mean 'energy'" in refused(*words, "--metrics", "enrgy")
    assert "unknown metric 'psnr'" in refused(*words, "--metrics", "psnr")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=1000))
    assert "MB are free; make room or choose another --out" in refused(*words)
    assert not list(tmp_path.iterdir())


def test_metrics_and_sheets_are_taken_as_often_as_wanted(said: Command) -> None:
    words = ["train", *RING, "--steps", "4", "--out", "run", "--sample-every", "2"]
    said(*words, "--metrics", "sliced,energy")
    lines = [json.loads(x) for x in Path("run/scores.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 2, 4]
    assert {line["metric"] for line in lines} == {"sliced W1"}
    assert list(lines[0]["numbers"]) == ["sliced", "energy"]
    assert json.loads(Path("run/config.json").read_text())["metrics"] == ["sliced", "energy"]


def test_a_value_of_the_wrong_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", *RING, "--steps", "many"])
    assert stop.value.code == 2
    assert "--steps" in capsys.readouterr().err


def test_a_run_s_folder_is_its_own(ring: Path, refused: Command) -> None:
    before = {path: path.stat().st_mtime_ns for path in ring.rglob("*")}
    line = refused("train", *RING, "--out", ring)
    assert f"already holds a run of 'wgan-gp': go on with it by `gansmith train --resume {ring}`" \
        in line  # fmt: skip
    assert "already holds a run of 'wgan-gp'" in refused(
        "train", "gan", "--data", "ring", "--out", ring, "--dry-run"
    )
    assert {path: path.stat().st_mtime_ns for path in ring.rglob("*")} == before
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    assert "is not empty and holds no run" in refused("train", *RING, "--out", "full")
    assert [path.name for path in Path("full").iterdir()] == ["mine.txt"]


def test_a_run_cannot_end_before_it_is(ring: Path, refused: Command) -> None:
    line = refused("train", "--resume", ring, "--steps", "3")
    assert "the run is at step 4 already: give --steps above that; got 3" in line
    assert "give --steps or --minutes, not both" in refused(
        "train", "--resume", ring, "--steps", "9", "--minutes", "9"
    )
    assert json.loads((ring / "config.json").read_text())["steps"] == 4


def test_a_folder_that_cannot_be_written_is_said(
    refused: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("file").write_text("a file")
    assert "file" in refused("train", *RING, "--steps", "1", "--out", "file/run")

    def mkdir(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    line = refused("train", *RING, "--steps", "1", "--out", "there/run")
    assert "cannot write in there/run: it is read-only; choose another folder with --out" in line


# Data of one's own.

SMALL = ["--width", "4", "--batch", "4", "--steps", "2"]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Pairs in `pairs`, halves in `halves`, images with captions in `captioned`."""
    for n in range(12):
        for place, size in (("pairs/condition", 16), ("pairs/real", 16), ("captioned", 16)):
            path = tmp_path / place / f"{n}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (size, size), 20 * n).save(path)
        (tmp_path / "halves").mkdir(exist_ok=True)
        Image.new("RGB", (32, 16), (20 * n, 0, 0)).save(tmp_path / "halves" / f"{n}.png")
    lines = [f"{n}.png\ta {'dark' if n < 6 else 'bright'} square" for n in range(12)]
    (tmp_path / "captioned" / "captions.tsv").write_text("\n".join(lines))
    return tmp_path


def test_mistakes_in_data_end_in_a_line_before_anything_is_written(
    own: Path, refused: Command
) -> None:
    (own / "pairs" / "condition" / "3.png").unlink()
    line = refused("train", "pix2pix", "--data", "pairs", *SMALL, lists=True)
    assert "real/3.png: has no partner in condition" in line
    line = refused("train", "pix2pix", "--data", "pairs:captioned", *SMALL, lists=True)
    assert "16x16 pixels are not two halves in a row" in line
    line = refused("train", "pix2pix", "--data", "captioned", *SMALL)
    assert "captioned has no paired images. Make them from any images, for example by" in line
    large = ["--patch-size", "70", *SMALL]
    line = refused("train", "pix2pix", "--data", "pairs:halves", *large)
    assert "patches of 70 pixels need images of 24 pixels or more; these have 16" in line
    line = refused("train", "gan-cls", "--data", "pairs:halves", *SMALL)
    assert "halves is conditioned on an image: use pix2pix" in line
    (own / "captioned" / "captions.tsv").write_text("0.png\ta square\n1.png\t\n")
    line = refused("train", "gan-cls", "--data", "captioned", *SMALL, lists=True)
    assert "1.png: has an empty caption in captions.tsv:2" in line
    assert "11.png: has no line in captions.tsv" in line
    assert not Path("runs").exists()


def test_bad_ones_may_be_left_out(own: Path, said: Command) -> None:
    (own / "pairs" / "condition" / "3.png").unlink()
    words = ["--patch-size", "7", "--skip-bad", *SMALL, "--out", "run"]
    text = said("train", "pix2pix", "--data", "pairs", *words)
    assert "left out 1 that could not be used, such as real/3.png: skipped.tsv" in text
    assert Path("run/skipped.tsv").read_text() == "real/3.png\thas no partner in condition\n"


def test_files_that_are_not_looked_at_are_counted(own: Path, said: Command) -> None:
    for name in ("one.heic", "two.psd"):
        (own / "pairs" / name).write_bytes(b"")
    text = said("train", "--data", "pairs", "--size", "8", "--dry-run")
    assert "2 other files not looked at, such as one.heic" in text
    assert "preset pix2pix: pairs of images" in text
