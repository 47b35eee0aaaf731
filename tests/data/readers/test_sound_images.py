"""Images with a sound of their name: log-mel conditions, labels, and what has no partner."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from gansmith.audio import log_mel, write_audio
from gansmith.data import DataError, open_data
from gansmith.data.readers.sound_images import BANDS, FRAMES


def tone(number: int, count: int = 4000, rate: int = 8000) -> torch.Tensor:
    t = torch.arange(count) / rate
    return 0.5 * torch.sin(2 * torch.pi * (300 + 200 * number) * t)[None]


def put(
    folder: Path, numbers: range, sounds: str = "", images: str = "", count: int = 4000
) -> None:
    for n in numbers:
        write_audio(folder / sounds / f"{n}.wav", tone(n, count), 8000, "FLOAT")
        (folder / images).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (10 * n, 0, 0)).save(folder / images / f"{n}.png")


@pytest.mark.parametrize(("sounds", "images"), [("", ""), ("audio", "images")])
def test_each_image_has_the_spectrogram_of_its_sound(
    tmp_path: Path, sounds: str, images: str
) -> None:
    put(tmp_path, range(6), sounds, images)
    data = open_data(tmp_path)
    condition = data.spec.condition
    assert condition is not None
    assert (data.spec.kind, condition.kind) == ("image", "log-mel")
    assert (condition.rate, condition.length, condition.shape) == (8000, 4000, (1, BANDS, FRAMES))
    for part in (data.train, data.held_out):
        for real, found in zip(part["real"], part["condition"], strict=True):
            assert found.equal(log_mel(tone(int(real[0, 0, 0]) // 10), 8000, BANDS, FRAMES)[0])


def test_a_second_sound_of_an_image_is_named(tmp_path: Path) -> None:
    put(tmp_path, range(4))
    write_audio(tmp_path / "2.flac", tone(9), 8000)
    with pytest.raises(DataError, match="2.wav: is a second sound of 2.png"):
        open_data(tmp_path)
    assert list(open_data(tmp_path, skip_bad=True).skipped) == ["2.wav"]


def test_class_folders_a_given_split_and_several_lengths(tmp_path: Path) -> None:
    put(tmp_path / "train" / "cat", range(3))
    put(tmp_path / "train" / "dog", range(3, 6), count=2000)
    put(tmp_path / "val" / "cat", range(6, 7))
    put(tmp_path / "val" / "dog", range(7, 8), count=60_000)
    data = open_data(tmp_path)
    assert data.spec.classes == ("cat", "dog")
    assert data.train["label"].tolist() == [0, 0, 0, 1, 1, 1]
    assert data.spec.condition is not None
    assert data.spec.condition.length == 32_000  # four seconds are heard
    padded = torch.nn.functional.pad(tone(3, 2000), (0, 30_000))
    assert data.train["condition"][3].equal(log_mel(padded, 8000, BANDS, FRAMES)[0])


def test_what_has_no_partner_or_cannot_be_read_is_named(tmp_path: Path) -> None:
    put(tmp_path, range(5))
    (tmp_path / "0.png").unlink()
    (tmp_path / "1.wav").unlink()
    (tmp_path / "2.wav").write_text("words")
    Image.new("RGB", (16, 16)).save(tmp_path / "3.jpg")
    with pytest.raises(DataError) as error:
        open_data(tmp_path)
    for why in (
        "0.wav: has no image of its name",
        "1.png: has no sound of its name",
        "2.png: the sound 2.wav: ",
        "3.png: has the name of 3.jpg",
        "skip_bad=True",
    ):
        assert why in str(error.value)
    data = open_data(tmp_path, skip_bad=True)
    assert data.spec.train + data.spec.held_out == 2
    assert set(data.skipped) == {"0.wav", "1.png", "2.png", "3.png"}


def test_other_names_throughout_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "x", range(3))
    for n in range(3):
        (tmp_path / "x" / f"{n}.wav").rename(tmp_path / "x" / f"sound {n}.wav")
    with pytest.raises(DataError, match="3 sounds and 3 images of other names"):
        open_data(tmp_path)
