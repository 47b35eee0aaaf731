"""Codes of examples and of images in files, by runs with an encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.api import train
from gansmith.cli import main
from gansmith.core.rng import Rng
from gansmith.data import DataError
from gansmith.inference.encode import write_codes
from gansmith.runs.run import Run

TINY = dict(width=4, batch=8, latent=3, steps=1)


@pytest.fixture(scope="module", params=["vae", "autoencoder"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(request.param, data="digits", out=tmp_path_factory.mktemp("runs") / "r", **TINY)


def image(path: Path, seed: int) -> torch.Tensor:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = Rng(seed).integers(256, 8, 8).to(torch.uint8)
    Image.fromarray(pixels.numpy()).save(path)
    return pixels[None]


def test_examples_have_codes_as_bytes_and_as_floats(run: Run) -> None:
    real = run.dataset.held_out["real"][:5]
    codes = run.encode(real)
    assert (codes.shape, codes.dtype) == ((5, 3), torch.float32)
    torch.testing.assert_close(run.encode(real.float() / 127.5 - 1), codes)
    torch.testing.assert_close(run.encode(real[1:3]), codes[1:3])
    assert codes.std(0).min() > 0
    assert run.game.decode(codes).shape == (5, 1, 8, 8)  # type: ignore[operator]


def test_a_folder_of_images_becomes_an_array_and_a_list_of_names(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = torch.stack([image(tmp_path / "in" / f"{n:02d}.png", n) for n in range(70)])
    image(tmp_path / "in" / "z" / "deep.png", 99)
    main(["encode", str(run.folder), str(tmp_path / "in"), "-o", str(tmp_path / "out")])
    path = tmp_path / "out" / "codes.npy"
    assert capsys.readouterr().out == f"wrote 71 codes to {path}\n"
    codes = np.load(path)
    assert (codes.shape, codes.dtype) == ((71, 3), np.float32)
    torch.testing.assert_close(torch.from_numpy(codes[:70]), run.encode(images))
    names = (tmp_path / "out" / "codes.txt").read_text().splitlines()
    assert names == [*(f"{n:02d}.png" for n in range(70)), "z/deep.png"]


def test_the_default_is_a_file_in_the_run_and_a_name_may_be_given(run: Run, tmp_path: Path) -> None:
    image(tmp_path / "a.png", 1)
    main(["encode", str(run.folder), str(tmp_path / "a.png")])
    done = write_codes(run, tmp_path / "a.png", tmp_path / "one.npy")
    assert str(done) == f"wrote 1 code to {tmp_path / 'one.npy'}"
    assert (tmp_path / "one.txt").read_text() == "a.png\n"
    assert (run.folder / "codes.npy").read_bytes() == (tmp_path / "one.npy").read_bytes()


def test_bad_images_are_named_or_left_out(run: Run, tmp_path: Path) -> None:
    image(tmp_path / "in" / "a.png", 1)
    (tmp_path / "in" / "bad.png").write_bytes(b"no image")
    with pytest.raises(DataError, match="bad.png cannot be read: not an image"):
        write_codes(run, tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert write_codes(run, tmp_path / "in", tmp_path / "out", skip_bad=True).count == 1


def test_runs_without_an_encoder_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = train("nsgan", data="digits", out=tmp_path / "run", **TINY)
    with pytest.raises(TypeError, match="nsgan has no encoder; vae and autoencoder have one"):
        other.encode(torch.zeros(1, 1, 8, 8))
    image(tmp_path / "a.png", 1)
    with pytest.raises(SystemExit):
        main(["encode", str(other.folder), str(tmp_path / "a.png")])
    assert "gansmith encode: nsgan has no encoder; vae and auto" in capsys.readouterr().err
    points = train("vae", data="ring", out=tmp_path / "points", width=4, batch=8, steps=1)
    assert points.encode(torch.zeros(3, 2)).shape[0] == 3
    with pytest.raises(TypeError, match="vae has no encoder"):
        write_codes(points, tmp_path / "a.png", tmp_path / "out")


def test_a_file_of_another_kind_is_refused(run: Run, tmp_path: Path) -> None:
    image(tmp_path / "a.png", 1)
    with pytest.raises(ValueError, match=r"name it \.npy, not codes\.csv"):
        write_codes(run, tmp_path / "a.png", tmp_path / "codes.csv")
    assert not (tmp_path / "codes.csv").exists()
