"""A run folder is enough to use a run: the data may be gone, the folder may have moved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from gansmith.api import train
from gansmith.cli import main
from gansmith.core.rng import Rng
from gansmith.data import DataError
from gansmith.runs.plan import plan
from gansmith.runs.run import Run

SENTENCES = ["the cat sees a dog", "a dog likes the cat", "the dog sees the dog"]


def image(path: Path, seed: int, size: int = 16) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(Rng(seed).integers(256, size, size, 3).to(torch.uint8).numpy()).save(path)


def write_sentences(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "lines.txt").write_text("\n".join(f"{SENTENCES[n % 3]} {n % 7}" for n in range(60)))
    return folder / "lines.txt"


def write_pairs(folder: Path) -> Path:
    folder.mkdir(parents=True)
    lines = [f"{SENTENCES[n % 3]} {n % 7}\t{n % 7} {n % 3}" for n in range(60)]
    (folder / "pairs.tsv").write_text("\n".join(lines))
    return folder / "pairs.tsv"


def write_captions(folder: Path) -> Path:
    for n in range(24):
        image(folder / f"{n}.png", n)
    lines = [f"{n}.png\t{SENTENCES[n % 3]}" for n in range(24)]
    (folder / "captions.tsv").write_text("\n".join(lines))
    return folder


def write_domains(folder: Path) -> Path:
    for domain in ("trainA", "trainB"):
        for n in range(12):
            image(folder / domain / f"{n}.png", n + len(domain))
    return folder


CASES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "seqgan": (
        write_sentences,
        dict(hidden_dim=6, embed_dim=6, filters=4, rollouts=1, batch=4, mle_steps=1,
             d_pretrain_steps=0),
        "",
    ),
    "gan-cls": (write_captions, dict(width=4, latent=4, embed_dim=4, batch=4), "the cat sees"),
    "seq2seq": (write_pairs, dict(hidden_dim=6, embed_dim=6, batch=4), "the cat sees a dog 3"),
    "cyclegan": (
        write_domains,
        dict(width=2, blocks=1, d_width=2, d_layers=1, pool_size=2, batch=2),
        "",
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES)
def moved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, dict[str, Tensor]]:
    """A run in another folder, whose data is gone, and what it generated before."""
    home = tmp_path_factory.mktemp("home")
    write, keywords, prompt = CASES[request.param]
    data = write(home / "data")
    run = train(request.param, data=data, steps=1, out=home / "run", **keywords).choose("latest")
    before = {}
    if request.param != "cyclegan":
        before["samples"] = run.sample(4)
    if prompt:
        before[prompt] = run.sample(2, condition=prompt)
    before["sentences"] = run.dataset.vocabulary  # type: ignore[assignment]
    shutil.rmtree(home / "data")
    (home / "run").rename(home / "elsewhere")
    return Run.open(home / "elsewhere").choose("latest"), before


def test_the_data_is_gone(moved: tuple[Run, Any]) -> None:
    with pytest.raises((DataError, OSError)):
        _ = moved[0].dataset


def test_samples_and_prompts_are_the_same(moved: tuple[Run, Any], tmp_path: Path) -> None:
    run, before = moved
    if run.spec.domains:
        image(tmp_path / "in" / "x.png", 1)
        words = ["translate", str(run.folder), str(tmp_path / "in"), "-o", str(tmp_path / "out")]
        main([*words, "--to", "a"])
        assert (tmp_path / "out" / "x.png").is_file()
        return
    assert run.sample(4).equal(before["samples"])
    words = ["sample", str(run.folder), "-n", "2", "--checkpoint", "latest", "--out"]
    main([*words, str(tmp_path / "made")])
    assert list(tmp_path.glob("made-sheet.*"))
    for prompt in before.keys() - {"samples", "sentences"}:
        assert run.sample(2, condition=prompt).equal(before[prompt])
        main([*words, str(tmp_path / "prompted"), "--prompt", prompt])
        assert list((tmp_path / "prompted").iterdir())


def test_it_is_exported_with_its_vocabulary(moved: tuple[Run, Any], tmp_path: Path) -> None:
    run, before = moved
    main(["export", str(run.folder), "--out", str(tmp_path)])
    name = "Gab" if run.spec.domains else "G"
    card = json.loads((tmp_path / f"{name}.json").read_text())
    assert tuple(card["vocabulary"]) == before["sentences"]
    asked = run.config.preset in ("gan-cls", "seq2seq")
    assert ("cat" in card["condition_vocabulary"]) == asked


def test_a_report_is_written(moved: tuple[Run, Any]) -> None:
    main(["report", str(moved[0].folder)])
    page = (moved[0].folder / "report.html").read_text()
    use = "translate" if moved[0].spec.domains else "sample"
    assert f"gansmith {use} elsewhere" in page


# Paths are stored whole, so that a run can be resumed from any folder.


def test_paths_behind_wrappers_are_stored_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    for n in range(16):
        image(home / "mine" / f"{n}.png", n)
    rows = [f"{n}.png\t{n % 2}\t{n // 8}" for n in range(16)]
    (home / "mine" / "labels.tsv").write_text("\n".join(["name\teven\tlate", *rows]))
    for clip in "abcdef":
        for t in range(5):
            image(home / "clips" / clip / f"{t}.png", ord(clip) + t)
    monkeypatch.chdir(home)
    tagger = plan("multi-label", data="to-labels:mine", width=2, batch=4, steps=1)
    assert tagger.config.data == f"to-labels:{home / 'mine'}"
    grey = plan("regression", data="grey:video:clips", width=4, batch=4, steps=1)
    assert grey.config.data == f"grey:video:{home / 'clips'}"
    assert plan("regression", data="grey:digits", width=4).config.data == "grey:digits"
    for number, run in enumerate((tagger, grey)):
        Run.begin(home / f"run{number}", run.config, run.dataset).play()
    monkeypatch.chdir(tmp_path)
    for number in range(2):
        run = Run.open(Path("home") / f"run{number}").resume(steps=2)
        assert run.choose("latest").step == 2
