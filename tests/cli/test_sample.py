"""gansmith sample: samples, prompts, interpolations."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PIL import Image

Command = Callable[..., str]
TINY = ["--width", "4", "--batch", "8"]


def test_sample_writes_where_it_says(ring: Path, said: Command) -> None:
    assert said("sample", ring, "-n", "5", "--out", "o") == (
        "wrote o-sheet.png, beside the samples in o\n"
    )
    assert Path("o/samples.npy").exists()
    assert f"wrote {ring}/generated-sheet.png" in said("sample", ring, "--n", "5")
    for which in ("latest", "4"):
        said("sample", ring, "--out", which, "--checkpoint", which)
    assert Path("latest/samples.npy").read_bytes() == Path("4/samples.npy").read_bytes()


def test_interpolate_writes_a_sheet(said: Command) -> None:
    said("train", "nsgan", "--data", "digits", *TINY, "--steps", "1", "--out", "run")
    text = said("sample", "run", "--interpolate", "-n", "8")
    assert text == "wrote run/generated-interpolation.png\n"
    assert Path("run/generated-interpolation.png").exists()
    for out, path in (("x.png", "x.png"), ("sheets/", "sheets/interpolation.png")):
        text = said("sample", "run", "--interpolate", "-n", "8", "--out", out)
        assert text == f"wrote {path}\n"
        assert Path(path).is_file()


def test_a_prompt_names_a_class(said: Command, refused: Command) -> None:
    small = [*TINY, "--latent", "4", "--embed-dim", "4", "--steps", "1"]
    said("train", "cgan", "--data", "digits", *small, "--out", "run")
    said("sample", "run", "-n", "3", "--prompt", "7", "-o", "o")
    assert Path("o-sheet.png").is_file()
    assert len(list(Path("o").glob("*.png"))) == 3
    for words, why in (
        (["--prompt", "seven"], "digits has nothing called 'seven'; there are 0, 1"),
        (["--prompt", " "], "--prompt is empty; leave it out"),
        (["--prompt", "7", "--interpolate"], "leave out --prompt"),
        (["--prompt", "7", "--audio", "x.wav"], "give --prompt or --audio, not both"),
        (["--gain", "3"], "--gain amplifies the file of --audio: give one"),
        (["--audio", "x.wav"], "it is conditioned on a class; use --prompt WORDS"),
    ):
        assert why in refused("sample", "run", *words)


def test_a_run_on_images_takes_no_prompt(refused: Command, said: Command) -> None:
    small = [*TINY, "--patch-size", "7", "--steps", "1"]
    said("train", "pix2pix", "--data", "edges:digits", *small, "--out", "run")
    line = refused("sample", "run", "--prompt", "7")
    assert "it is conditioned on an image; use gansmith translate RUN FILE" in line


def test_a_run_on_captions_takes_sentences(said: Command, refused: Command) -> None:
    Path("captioned").mkdir()
    for n in range(12):
        Image.new("L", (16, 16), 20 * n).save(f"captioned/{n}.png")
    lines = [f"{n}.png\ta {'dark' if n < 6 else 'bright'} square" for n in range(12)]
    Path("captioned/captions.tsv").write_text("\n".join(lines))
    words = ["--latent", "4", "--embed-dim", "4", *TINY, "--steps", "2", "--out", "run"]
    text = said("train", "gan-cls", "--data", "captioned", *words)
    assert re.search("next: .*gansmith evaluate run; .*gansmith sample run", text)
    said("sample", "run", "-n", "2", "--prompt", "A dark square.")
    assert len(list(Path("run/generated").glob("*.png"))) == 2
    line = refused("sample", "run", "--prompt", "a drak square")
    assert "captioned has no word 'drak' among its" in line
    assert "did you mean 'dark'" in line


def test_a_video_of_the_seeds_that_are_named(said: Command, refused: Command) -> None:
    tiny = ["--width", "4", "--latent", "4", "--batch", "8", "--steps", "1"]
    said("train", "nsgan", "--data", "digits", *tiny, "--out", "run")
    words = ["--video", "walk.gif", "--seeds", "3,7", "--frames", "6", "--truncation", "1"]
    assert "wrote walk.gif" in said("sample", "run", *words)
    with Image.open("walk.gif") as clip:
        assert clip.format == "GIF"
    for wrong, hint in (
        (["--video", "a.gif", "-n", "3"], "leave out -n: --video writes one clip, and that alone"),
        (["--video", "a.gif", "--interpolate"], "leave out --interpolate: --video writes"),
        (["--frames", "9"], "leave out --frames: it is of --video"),
        (["--video", "a.gif", "--seeds", "3,x"], "--seeds takes whole numbers, as 3,7,12"),
        (["--video", "a.gif", "--seeds", "3,-7"], "seed must be a number in"),
    ):
        assert hint in refused("sample", "run", *wrong)
    assert not Path("a.gif").exists()
