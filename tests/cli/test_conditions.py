"""From one's own pairs and captions to answers, by the command line; mistakes are a line each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from gansmith.cli import main

TINY = ["--width", "4", "--batch", "4", "--steps", "2"]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pairs in `pairs`, halves in `halves`, captioned pictures in `told`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GANSMITH_TRACE", raising=False)
    for n in range(12):
        for place, size in (("pairs/given", 16), ("pairs/real", 16), ("told", 16)):
            path = tmp_path / place / f"{n}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (size, size), 20 * n).save(path)
        (tmp_path / "halves").mkdir(exist_ok=True)
        Image.new("RGB", (32, 16), (20 * n, 0, 0)).save(tmp_path / "halves" / f"{n}.png")
    lines = [f"{n}.png\ta {'dark' if n < 6 else 'bright'} square" for n in range(12)]
    (tmp_path / "told" / "captions.tsv").write_text("\n".join(lines))
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line that a mistake ends in; nothing was written."""
    with pytest.raises(SystemExit) as end:
        main([*words])
    assert end.value.code == 2
    assert not Path("runs").exists()
    return capsys.readouterr().err


def test_pairs_are_taught_and_answered(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for data in ("pairs", "pairs:halves", "pairs-back:halves"):
        out = own / f"run-{data.replace(':', '-')}"
        main(["train", "pix2pix", "--data", data, "--patch", "7", *TINY, "--out", str(out)])
        assert f"gansmith translate {out} FOLDER" in capsys.readouterr().out
        main(["translate", str(out), "pairs/given/3.png", "-o", str(out / "answer.png")])
        with Image.open(out / "answer.png") as answer:
            assert answer.size == (16, 16)
            assert answer.mode == ("L" if data == "pairs" else "RGB")


def test_captions_are_taught_and_asked(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--latent", "4", "--code", "4", *TINY, "--out", "run"]
    main(["train", "gan-cls", "--data", "told", *words])
    assert "next: gansmith evaluate run; gansmith sample run" in capsys.readouterr().out
    main(["sample", "run", "-n", "2", "--text", "A dark square."])
    assert len(list(Path("run/generated").glob("*.png"))) == 2
    with pytest.raises(SystemExit):
        main(["sample", "run", "--text", "a drak square"])
    assert "told has no word 'drak' among its" in capsys.readouterr().err


def test_mistakes_in_data_end_in_a_line_before_anything_is_written(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "pairs" / "given" / "3.png").unlink()
    said = refused(capsys, "train", "pix2pix", "--data", "pairs", *TINY)
    assert "real/3.png: has no partner in given" in said
    said = refused(capsys, "train", "pix2pix", "--data", "pairs:told", *TINY)
    assert "16x16 pixels are not two halves in a row" in said
    said = refused(capsys, "train", "pix2pix", "--data", "told", *TINY)
    assert "told has no pairs of pictures" in said
    said = refused(capsys, "train", "pix2pix", "--data", "pairs:halves", "--patch", "70", *TINY)
    assert re.search("patches of 70 want pictures of 24 pixels or more; these have 16", said)
    said = refused(capsys, "train", "gan-cls", "--data", "pairs:halves", *TINY)
    assert "halves asks by pictures: take pix2pix" in said
    (own / "told" / "captions.tsv").write_text("0.png\ta square\n1.png\t\n")
    said = refused(capsys, "train", "gan-cls", "--data", "told", *TINY)
    assert "1.png: has an empty caption in captions.tsv:2" in said
    assert "11.png: has no line in captions.tsv" in said


def test_bad_ones_may_be_left_out(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own / "pairs" / "given" / "3.png").unlink()
    words = ["--patch", "7", "--skip-bad", *TINY, "--out", "run"]
    main(["train", "pix2pix", "--data", "pairs", *words])
    assert "left out 1 files that could not be used" in capsys.readouterr().out
