"""The command line as a whole: help, unknown commands, mistakes in a line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from gansmith.cli import COMMANDS, main

Command = Callable[..., str]


def test_an_unknown_command_suggests_the_nearest(refused: Command) -> None:
    assert "did you mean 'sample'?" in refused("smaple")
    assert "There are: train, sweep, sample" in refused("xyzzy")


def test_what_a_run_cannot_do_is_said(
    ring: Path, cycle: Path, refused: Command, tmp_path: Path
) -> None:
    run = cycle / "run"
    assert f"does not sample; use gansmith translate {run} FOLDER" in refused("sample", run)
    assert "cannot interpolate between images" in refused("sample", ring, "--interpolate")
    assert "wgan-gp generates without input files" in refused("translate", ring, tmp_path)
    assert "nowhere does not exist; give one image or a folder of them" in refused(
        "translate", run, "nowhere"
    )
    assert "n must be a number in [1," in refused("sample", ring, "-n", "0", "--out", "o")
    assert "no checkpoint '3'" in refused("sample", ring, "--checkpoint", "3", "--out", "o")
    assert "n must be a number in [1," in refused("evaluate", ring, "-n", "0")
    for command in (
        ["sample"],
        ["evaluate"],
        ["export"],
        ["report"],
        ["translate", "x"],
        ["encode", "x"],
        ["classify", "x"],
    ):
        assert "nowhere is not a run" in refused(command[0], "nowhere", *command[1:])
    assert not list(tmp_path.iterdir())


def test_every_command_takes_a_device(ring: Path, refused: Command, said: Command) -> None:
    for option in (["--device=tpu"], ["--device", "tpu"]):
        assert "cannot compute on 'tpu' here; --device is one of auto, cpu" in refused(
            "sample", ring, *option
        )
    assert "wrote made-sheet.png" in said("sample", ring, "-n", "8", "--device=cpu", "-o", "made")


def test_a_run_resumed_elsewhere_warns_in_one_sentence(
    ring: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "moved"
    shutil.copytree(ring, run)
    page = json.loads((run / "config.json").read_text("utf-8"))
    page["versions"]["processor"] = "riscv64 DEFAULT"
    (run / "config.json").write_text(json.dumps(page), "utf-8")
    main(["train", "--resume", str(run)])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gansmith: {run} is resumed elsewhere than it began, so the last bits")
    assert "processor riscv64 DEFAULT -> " in line


def test_the_trace_is_shown_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANSMITH_TRACE", "1")
    with pytest.raises(ValueError, match="unknown command"):
        main(["xyzzy"])


def test_help_names_every_command(said: Command) -> None:
    text = said("--help")
    for command in COMMANDS:
        assert f"gansmith {command}" in text
    assert said() == text
    assert said("--version").startswith("gansmith 0.")


def test_help_of_a_preset_has_its_keywords_and_defaults(helped: Command) -> None:
    text = helped("train", "wgan-gp")
    assert "Wasserstein GAN with gradient penalty (arXiv:1704.00028, Algorithm 1)." in text
    what = "weight of the gradient penalty (the paper's lambda)"
    assert f"--penalty-weight FLOAT {what}. (default: 10.0)" in text
    assert "(default: 128)" in helped("train", "wgan-gp", "--paper")
    for ugly in ("None", "{", "general options", "network: pair"):
        assert ugly not in text.replace("{float32,bfloat16}", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_every_option(command: str, helped: Command) -> None:
    text = helped(command)
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


def test_leaving_files_out_is_advised_only_where_it_can_be_done(
    ring: Path, refused: Command, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        Image.new("L", (8, 8)).save(tmp_path / f"{name}.png")
    (tmp_path / "c.png").write_bytes(b"x")
    advice = "Repair or remove them, or leave them out with --skip-bad"
    said = refused("train", "dcgan", "--data", tmp_path, lists=True)
    assert "1 of 3 images cannot be used" in said
    assert said.rstrip().endswith(advice)
    said = refused("evaluate", tmp_path, "--against", "digits", lists=True)
    assert said.rstrip().endswith("Repair or remove them")
