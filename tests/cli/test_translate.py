"""gansmith translate: images in another domain, and what was learnt from pairs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

Command = Callable[..., str]
TINY = ["--width", "4", "--batch", "4", "--steps", "2"]


def test_every_image_is_written(cycle: Path, said: Command) -> None:
    text = said("translate", cycle / "run", cycle / "photos", "--to", "a", "--out", "o")
    assert text == "wrote 30 images to o\n"
    assert {path.name for path in Path("o").iterdir()} == {f"{n}.png" for n in range(30)}


def test_the_default_is_a_folder_in_the_run(cycle: Path, said: Command) -> None:
    run = cycle / "run"
    assert said("translate", run, cycle / "photos") == f"wrote 30 images to {run}/translated\n"


def test_a_run_on_pairs_is_trained_and_used(said: Command) -> None:
    for n in range(12):
        for place in ("pairs/condition", "pairs/real"):
            Path(place).mkdir(parents=True, exist_ok=True)
            Image.new("L", (16, 16), 20 * n).save(f"{place}/{n}.png")
        Path("halves").mkdir(exist_ok=True)
        Image.new("RGB", (32, 16), (20 * n, 0, 0)).save(f"halves/{n}.png")
    for data in ("pairs", "pairs:halves", "pairs-reversed:halves"):
        out = f"run-{data.replace(':', '-')}"
        text = said("train", "pix2pix", "--data", data, "--patch-size", "7", *TINY, "--out", out)
        assert f"gansmith translate {out} FOLDER" in text
        said("translate", out, "pairs/condition/3.png", "-o", f"{out}/output.png")
        with Image.open(f"{out}/output.png") as image:
            assert image.size == (16, 16)
            assert image.mode == ("L" if data == "pairs" else "RGB")


def test_what_a_run_does_not_take_is_refused(
    cycle: Path, ring: Path, refused: Command, tmp_path: Path
) -> None:
    words = ["translate", cycle / "run", cycle / "photos", "-o", "o"]
    assert "unknown domain 'c'" in refused(*words, "--to", "c")
    assert "goes to another domain; got a to a" in refused(*words, "--to", "a", "--from", "a")
    assert "cyclegan takes no --frames: leave it out" in refused(*words, "--frames", "3")
    assert "cyclegan takes no --reference" in refused(*words, "--reference", ".")
    assert "wgan-gp generates without input files: use" in refused("translate", ring, ".")
    assert not list(tmp_path.iterdir())


def test_classes_and_codes_of_images(said: Command, tmp_path: Path) -> None:
    Path("in").mkdir()
    Image.new("L", (8, 8), 99).save("in/a.png")
    said("train", "classifier", "--data", "digits", *TINY, "--out", "c")
    assert said("classify", "c", "in") == "wrote 1 row to c/classes.tsv\n"
    said("train", "vae", "--data", "digits", *TINY, "--out", "v")
    assert said("encode", "v", "in") == "wrote 1 code to v/codes.npy\n"
    assert Path("c/classes.tsv").is_file()
    assert Path("v/codes.txt").read_text() == "a.png\n"
