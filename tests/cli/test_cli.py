import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from gansmith.cli import main
from gansmith.core.rng import Rng
from gansmith.presets import PRESETS
from gansmith.runs.checkpoint import newest_first, read

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


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GANSMITH_TRACE", raising=False)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ring") / "run"
    main(["train", *RING, "--steps", "4", "--out", str(out)])
    return out


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cycle")
    for domain in ("trainA", "trainB", "photos"):
        (folder / domain).mkdir()
        for n in range(60 if domain != "photos" else 30):
            picture = Rng(n).integers(256, 8, 8, 3).to(torch.uint8).numpy()
            Image.fromarray(picture).save(folder / domain / f"{n}.png")
    small = "--width 2 --blocks 1 --patch-width 2 --patch-layers 1 --pool 2 --batch 2"
    data = folder / "data"
    data.mkdir()
    for domain in ("trainA", "trainB"):
        (folder / domain).rename(data / domain)
    main(
        [
            "train",
            "cyclegan",
            "--data",
            str(data),
            *small.split(),
            "--steps",
            "1",
            "--val",
            ".3",
            "--out",
            str(folder / "run"),
        ]
    )
    return folder


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """The one line that a command ends in, with exit status 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    said = capsys.readouterr().err
    assert stop.value.code == 2, said
    assert said.startswith(f"gansmith {words[0]}: "), said
    assert said.count("\n") == 1, said
    assert "Traceback" not in said
    return said


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """What a command that succeeds says."""
    capsys.readouterr()
    main([str(word) for word in words])
    return capsys.readouterr().out


def helped(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([*words, "--help"])
    assert not stop.value.code
    return " ".join(capsys.readouterr().out.replace("│", " ").split())


# What each command writes, and that it says so.


def test_train_writes_a_run_and_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "train", *RING, "--steps", "4", "--out", "run")
    assert "wgan-gp on ring: 50000 examples, 10000 held out" in text
    for named in ("run/samples", "run/report.html"):
        assert named in text
        assert Path(named).exists()
    assert "gansmith evaluate run; gansmith sample run" in text
    config = json.loads(Path("run/config.json").read_text())
    assert config["keywords"]["width"] == 4
    assert config["keywords"]["lr"] == PRESETS["wgan-gp"].keywords({})["lr"]
    assert config["steps"] == 4
    assert newest_first(Path("run/checkpoints"))[0].stem == "00000004"


def test_train_finds_a_folder_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    for number in ("0000", "0001"):
        text = said(capsys, "train", *RING, "--steps", "1")
        assert f"runs/wgan-gp-ring-{number}" in text
        assert Path(f"runs/wgan-gp-ring-{number}/config.json").exists()
    assert "runs/wgan-gp-ring-0001" in said(capsys, "list", "runs")


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = said(capsys, "train", *RING, "--steps", "4", "--out", "run", "--dry-run")
    assert "ms a step" in text
    assert "MB in run" in text
    assert "nothing was written; it would go to run" in text
    assert not list(tmp_path.iterdir())


def test_minutes_end_a_run_and_fix_its_length(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "train", *RING, "--minutes", "0.0001", "--out", "run")
    assert "0.0001 min" in text
    config = json.loads(Path("run/config.json").read_text())
    assert config["minutes"] is None
    assert config["steps"] == int(newest_first(Path("run/checkpoints"))[0].stem) > 0


def test_sample_writes_where_it_says(ring: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "sample", ring, "-n", "5", "--out", "o") == "wrote o/samples.png\n"
    assert Path("o/samples.npy").exists()
    assert f"wrote {ring}/generated/samples.png" in said(capsys, "sample", ring, "--n", "5")
    for which in ("latest", "4"):
        said(capsys, "sample", ring, "--out", which, "--checkpoint", which)
    assert Path("latest/samples.npy").read_bytes() == Path("4/samples.npy").read_bytes()


def test_interpolate_writes_a_sheet(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "train", "nsgan", "--data", "digits", *TINY, "--steps", "1", "--out", "run")
    text = said(capsys, "sample", "run", "--interpolate", "-n", "8")
    assert text == "wrote run/generated-interpolation.png\n"
    assert Path("run/generated-interpolation.png").exists()


def test_evaluate_prints_and_writes_the_numbers(
    ring: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "evaluate", ring, "-n", "200")
    assert "generated" in text
    assert f"wrote {ring}/metrics.json" in text
    page = json.loads((ring / "metrics.json").read_text())
    assert all(number["name"] in " ".join(text.split()) for number in page["numbers"].values())


def test_translate_writes_every_picture(cycle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "translate", cycle / "run", cycle / "photos", "--to", "a", "--out", "o")
    assert text == "wrote 30 pictures to o\n"
    assert {path.name for path in Path("o").iterdir()} == {f"{n}.png" for n in range(30)}


def test_a_translator_is_measured_both_ways(
    cycle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "evaluate", cycle / "run")
    page = json.loads((cycle / "run" / "metrics.json").read_text())
    assert {name.rpartition("_")[2] for name in page["numbers"]} == {"ab", "ba"}


def test_too_little_data_to_measure_against_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pictures = Path("few")
    pictures.mkdir()
    for n in range(12):
        picture = Rng(n).integers(256, 8, 8).to(torch.uint8).numpy()
        Image.fromarray(picture).save(pictures / f"{n}.png")
    said(capsys, "train", "nsgan", "--data", "few", *TINY, "--steps", "1", "--out", "run")
    assert "larger --val" in refused(capsys, "evaluate", "run")


def test_export_and_report_name_their_files(ring: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "export", ring, "--out", "o")
    assert text == "wrote o/G.pt2\nwrote o/G.safetensors\nwrote o/G.json\n"
    assert all(Path(line.removeprefix("wrote ")).exists() for line in text.splitlines())
    assert said(capsys, "report", ring) == f"wrote {ring}/report.html\n"


# Going on, and beginning from another run.


def test_a_lengthened_run_is_the_longer_run_bit_for_bit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said(capsys, "train", *RING, "--steps", "3", "--out", "short")
    text = said(capsys, "train", "--resume", "short", "--steps", "7")
    assert "going on with short" in text
    assert "step 7" in text
    said(capsys, "train", *RING, "--steps", "7", "--out", "long")
    ends = [read(newest_first(Path(run) / "checkpoints")[0]) for run in ("short", "long")]
    assert ends[0][1]["step"] == ends[1][1]["step"] == 7
    assert ends[0][0].keys() == ends[1][0].keys()
    for name, tensor in ends[0][0].items():
        assert torch.equal(tensor, ends[1][0][name]), name


def test_from_begins_with_another_run_s_players(
    ring: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [*RING, "--lr", "0", "--steps", "1"]  # stands still, so that the start shows
    said(capsys, "train", *small, "--from", str(ring), "--out", "tuned")
    given, _ = read(ring / "checkpoints" / "best.safetensors")
    taken, _ = read(newest_first(Path("tuned/checkpoints"))[0])
    weights = [name for name in taken if name.startswith("game.")]
    assert weights
    for name in weights:
        assert torch.equal(taken[name], given[name])
    assert json.loads(Path("tuned/config.json").read_text())["began_from"] == str(ring)


def test_from_a_run_that_does_not_fit_is_refused(
    ring: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wide = ["wgan-gp", "--data", "ring", "--width", "5", "--steps", "1", "--out", "wide"]
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["train", *wide, "--from", str(ring)])
    assert stop.value.code == 2
    assert "do not fit this run; use the same preset, sizes" in capsys.readouterr().err
    line = refused(capsys, "train", *RING, "--from", "nowhere", "--out", "o")
    assert "nowhere is not a run" in line
    assert not list(tmp_path.iterdir())


# Presets of one's own.


@pytest.mark.parametrize("form", [[], ["--preset"]])
def test_a_preset_of_one_s_own(
    form: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Path("own.py").write_text(OWN)
    own = [*form, "own.py:mine", "--breadth", "4", "--data", "ring"]
    assert "step 2" in said(capsys, "train", *own, "--out", "run")
    config = json.loads(Path("run/config.json").read_text())
    assert config["preset"] == f"{tmp_path}/own.py:mine"
    assert config["keywords"] == {"breadth": 4, "batch": 8, "steps": 2}
    os.chdir("/")  # the run finds its preset from anywhere
    assert "step 3" in said(capsys, "train", "--resume", tmp_path / "run", "--steps", "3")


def test_the_preset_option_is_the_first_word(capsys: pytest.CaptureFixture[str]) -> None:
    tail = ["--data", "ring", *TINY, "--steps", "1", "--dry-run", "--out", "o"]
    assert "wgan-gp on ring" in said(capsys, "train", "--preset=wgan-gp", *tail)
    assert "wgan-gp on ring" in said(capsys, "train", *tail, "--preset", "wgan-gp")
    assert "one preset is trained at a time; got gan and wgan" in refused(
        capsys, "train", "gan", "--preset", "wgan"
    )
    assert "--preset wants a name" in refused(capsys, "train", "--preset")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("own.py:nine", "own.py defines no function 'nine'"),
        ("other.py:mine", "expected an existing Python file and a function"),
        ("own.py:clashing", "a keyword 'seed', which every preset has as an option already"),
        ("own.py:untyped", "'width' is not a keyword with a type and a default"),
    ],
)
def test_what_is_wrong_with_a_preset_is_said(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("own.py").write_text(OWN)
    assert hint in refused(capsys, "train", name, "--data", "ring")


# Mistakes: one clear line, exit status 2, nothing written.

MISTAKES = {
    "--stesp": (["wgan", "--data", "ring", "--stesp", "4"], "did you mean --steps?"),
    "--d_stepz": ([*RING, "--d_stepz", "4"], "did you mean --d-steps?"),
    "nearest of none": (["wgan", "--xyzzy=4"], "there is no option --xyzzy; See"),
    "a stray word": (["--data", "ring", "wgan"], "'wgan' was not expected here"),
    "preset": (["wgam"], "unknown preset 'wgam'; did you mean 'wgan'?"),
    "data": (["gan", "--data", "rinng"], "'rinng'; did you mean 'ring'?"),
    "size": (["dcgan", "--data", "digits", "--size", "4"], "side 8 or more"),
    "size 0": (["dcgan", "--data", "digits", "--size", "0"], "size"),
    "divergence": (["fgan", "--data", "ring", "--divergence", "kk"], "unknown divergence 'kk'"),
    "network": (["gan", "--data", "digits", "--network", "cnn"], "unknown network 'cnn'"),
    "prior": (["gan", "--data", "ring", "--prior", "flat"], "unknown prior 'flat'"),
    "points for words": (["seqgan", "--data", "ring"], "kind text; ring is points"),
    "words for pictures": (["gan", "--data", "grammar"], "image or points; grammar is text"),
    "both ends": ([*RING, "--steps", "4", "--minutes", "1"], "give one of them"),
    "no steps": ([*RING, "--steps", "0"], "steps must be above 0; got 0"),
    "no minutes": ([*RING, "--minutes", "-1"], "minutes must be above 0; got -1"),
    "val": ([*RING, "--val", "0.1"], "ring"),
    "micro": ([*RING, "--micro", "3", "--steps", "1"], "does not divide into 3 micro-batches"),
    "no run": (["--resume", "nowhere"], "nowhere is not a run"),
    "resume and preset": (["wgan", "--resume", "nowhere"], "give --resume RUN without a preset"),
    "resume and seed": (["--resume", "nowhere", "--seed", "3"], "leave out seed"),
    "resume and dry run": (["--resume", "nowhere", "--dry-run"], "leave out dry_run"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_writes_nothing(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words, hint = MISTAKES[name]
    assert hint in refused(capsys, "train", *words)
    assert not list(tmp_path.iterdir())


def test_a_value_of_the_wrong_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", *RING, "--steps", "many"])
    assert stop.value.code == 2
    assert "--steps" in capsys.readouterr().err


def test_an_unknown_command_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean 'sample'?" in refused(capsys, "smaple")
    assert "There are: train, sweep, sample" in refused(capsys, "xyzzy")


def test_a_run_s_folder_is_its_own(ring: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in ring.rglob("*")}
    line = refused(capsys, "train", *RING, "--out", ring)
    assert f"already holds a run of 'wgan-gp': go on with it by `gansmith train --resume {ring}`" \
        in line  # fmt: skip
    assert "already holds a run of 'wgan-gp'" in refused(
        capsys, "train", "gan", "--data", "ring", "--out", ring, "--dry-run"
    )
    assert {path: path.stat().st_mtime_ns for path in ring.rglob("*")} == before
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    assert "is not empty and holds no run" in refused(capsys, "train", *RING, "--out", "full")
    assert [path.name for path in Path("full").iterdir()] == ["mine.txt"]


def test_a_run_cannot_end_before_it_is(ring: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "train", "--resume", ring, "--steps", "3")
    assert "the run is at step 4 already; --steps 3 lies behind it" in line
    assert "give one of them" in refused(
        capsys, "train", "--resume", ring, "--steps", "9", "--minutes", "9"
    )
    assert json.loads((ring / "config.json").read_text())["steps"] == 4


def test_a_folder_that_cannot_be_written_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("file").write_text("a file")
    assert "file" in refused(capsys, "train", *RING, "--steps", "1", "--out", "file/run")

    def mkdir(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    line = refused(capsys, "train", *RING, "--steps", "1", "--out", "there/run")
    assert "cannot write in there/run: it is read-only; choose another folder with --out" in line


def test_what_a_run_cannot_do_is_said(
    ring: Path, cycle: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = cycle / "run"
    assert f"it translates: gansmith translate {run} FOLDER" in refused(capsys, "sample", run)
    assert "no pictures between codes" in refused(capsys, "sample", ring, "--interpolate")
    assert "wgan-gp does not translate" in refused(capsys, "translate", ring, tmp_path)
    assert "nowhere is no folder" in refused(capsys, "translate", run, "nowhere")
    assert "at least one sample is drawn" in refused(
        capsys, "sample", ring, "-n", "0", "--out", "o"
    )
    assert "no checkpoint '3'" in refused(capsys, "sample", ring, "--checkpoint", "3", "--out", "o")
    assert "-n 0" in refused(capsys, "evaluate", ring, "-n", "0")
    for command in (["sample"], ["evaluate"], ["export"], ["report"], ["translate", "x"]):
        assert "nowhere is not a run" in refused(capsys, command[0], "nowhere", *command[1:])
    assert not list(tmp_path.iterdir())


def test_the_trace_is_shown_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANSMITH_TRACE", "1")
    with pytest.raises(ValueError, match="unknown command"):
        main(["xyzzy"])


# Help.


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "--help")
    for command in ("train", "sample", "translate", "evaluate", "export", "report", "list"):
        assert f"gansmith {command}" in text
    assert said(capsys) == text
    assert said(capsys, "--version").startswith("gansmith 0.")


def test_help_of_a_preset_has_its_keywords_and_defaults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = helped(capsys, "train", "wgan-gp")
    assert "Wasserstein GAN with gradient penalty (arXiv:1704.00028, Algorithm 1)." in text
    assert "--weight FLOAT of the penalty (the paper's lambda). (default: 10.0)" in text
    assert "(default: 128)" in helped(capsys, "train", "wgan-gp", "--paper")
    for ugly in ("None", "{", "general options", "network: pair"):
        assert ugly not in text.replace("{float32,bfloat16}", "")


@pytest.mark.parametrize(
    "command", ["train", "sample", "translate", "evaluate", "export", "report", "list"]
)
def test_help_explains_every_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = helped(capsys, command)
    assert "None" not in text
    assert text.startswith(f"usage: gansmith {command}")


def test_help_does_not_wait_for_torch() -> None:
    script = (
        "import sys; from gansmith.cli import main\n"
        "for words in (['--help'], ['train', '--help'], ['sample', '--help'], ['list', '-h']):\n"
        "    try: main(words)\n"
        "    except SystemExit: pass\n"
        "print(sorted({'torch', 'numpy', 'matplotlib'} & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
    assert "gansmith sample" in done.stdout


def test_the_package_runs_as_a_module_and_stops_when_nobody_reads() -> None:
    command = [sys.executable, "-m", "gansmith", "--version"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "gansmith 0.1.0\n")
    end, gone = os.pipe()
    os.close(end)  # as `gansmith ... | head` does
    for words in (["list", "data"], ["sample", "--help"]):
        command[3:] = words
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (1, "")
    os.close(gone)
