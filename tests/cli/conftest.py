"""What the tests of all commands share: what a command says, and two small runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

from gansmith.cli import main
from gansmith.core.rng import Rng
from gansmith.modalities import MODALITIES

TINY = ["--width", "4", "--batch", "8"]
RING = ["wgan-gp", "--data", "ring", "--d-steps", "1", *TINY]

Command = Callable[..., str]


@pytest.fixture(autouse=True, scope="module")
def _few_samples() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for modality in MODALITIES.values():
            patch.setattr(type(modality), "score_count", 64)
        yield


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GANSMITH_TRACE", raising=False)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command that succeeds; what it says."""

    def run(*words: str | Path) -> str:
        capsys.readouterr()
        main([str(word) for word in words])
        return capsys.readouterr().out

    return run


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command that is refused; the one line that it ends in, with exit status 2.

    lists: whether more lines may follow, one for each bad file.
    """

    def run(*words: str | Path, lists: bool = False) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(word) for word in words])
        line = capsys.readouterr().err
        assert stop.value.code == 2, line
        assert line.startswith(f"gansmith {words[0]}: "), line
        assert line.count("\n") == 1 or lists, line
        assert "Traceback" not in line
        return line

    return run


@pytest.fixture
def helped(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command with --help; what it says, in one line."""

    def run(*words: str) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([*words, "--help"])
        assert not stop.value.code
        return " ".join(capsys.readouterr().out.replace("│", " ").split())

    return run


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four steps on points."""
    out = tmp_path_factory.mktemp("ring") / "run"
    main(["train", *RING, "--steps", "4", "--out", str(out)])
    return out


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of CycleGAN in `run`, and images in `photos`."""
    folder = tmp_path_factory.mktemp("cycle")
    for domain in ("data/trainA", "data/trainB", "photos"):
        (folder / domain).mkdir(parents=True)
        for n in range(60 if domain != "photos" else 30):
            pixels = Rng(n).integers(256, 8, 8, 3).to(torch.uint8).numpy()
            Image.fromarray(pixels).save(folder / domain / f"{n}.png")
    small = "--width 2 --blocks 1 --d-width 2 --d-layers 1 --pool-size 2 --batch 2 --val .3"
    words = ["train", "cyclegan", "--data", str(folder / "data"), *small.split()]
    main([*words, "--steps", "1", "--out", str(folder / "run")])
    return folder
