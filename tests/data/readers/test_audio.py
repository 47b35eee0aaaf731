"""Folders of sounds: rates, channels, rows, pairs, and what is wrong with them."""

from pathlib import Path

import pytest
import torch

from gansmith.audio import write_sound
from gansmith.core.rng import Rng
from gansmith.data import DataError, open_data


def wave(count: int, seed: int = 1, channels: int = 1) -> torch.Tensor:
    return (0.1 * Rng(seed).normal(channels, count)).clamp(-1, 1)


def filled(folder: Path, count: int = 6, length: int = 12_000, rate: int = 8000) -> Path:
    for number in range(count):
        write_sound(folder / f"{number}.wav", wave(length, number), rate, "FLOAT")
    return folder


def test_files_are_cut_into_rows(tmp_path):
    data = open_data(filled(tmp_path / "voices"))
    assert (data.spec.kind, data.spec.rate, data.spec.length) == ("sound", 8000, 8192)
    assert data.spec.name == "voices"
    assert (data.spec.train + data.spec.held, data.spec.condition) == (12, None)
    both = torch.cat([data.train["lengths"], data.held["lengths"]])
    assert sorted(both.tolist()) == [3808] * 6 + [8192] * 6
    first = data.train["real"][0]
    assert any(first.equal(wave(12_000, n)[0, :8192]) for n in range(6))


def test_no_file_is_on_both_sides(tmp_path):
    data = open_data(filled(tmp_path / "voices", 12), val=0.4)
    again = open_data(tmp_path / "voices", val=0.4)
    assert data.spec.fingerprint == again.spec.fingerprint
    assert data.spec.train % 2 == data.spec.held % 2 == 0
    assert data.spec.held >= 2


def test_a_size_can_be_asked_for_and_short_ends_are_left_out(tmp_path):
    data = open_data(filled(tmp_path / "voices"), size=4096)
    both = torch.cat([data.train["lengths"], data.held["lengths"]])
    assert sorted(both.tolist()) == [3808] * 6 + [4096] * 12
    short = open_data(tmp_path / "voices", size=11_000)
    assert short.spec.train + short.spec.held == 6
    with pytest.raises(DataError, match="leave out channels"):
        open_data(tmp_path / "voices", channels=1)


def test_stereo_and_several_rates_become_one_channel_at_the_lowest(tmp_path):
    filled(tmp_path / "x", 4)
    both = wave(24_000, 9, 2)
    write_sound(tmp_path / "x" / "stereo.flac", both, 16_000, "PCM_24")
    data = open_data(tmp_path / "x")
    assert data.spec.rate == 8000
    rows = torch.cat([data.train["real"], data.held["real"]])
    mean = both.mean(0)
    # what is left of white noise below 4 kHz has half of its power
    powers = [float(row.square().mean()) for row in rows]
    assert min(abs(p - float(mean.square().mean()) / 2) for p in powers) < 5e-4


def test_silence_is_left_out(tmp_path):
    filled(tmp_path / "x", 4, 4000)
    write_sound(tmp_path / "x" / "silent.wav", torch.zeros(1, 9000), 8000)
    data = open_data(tmp_path / "x")
    assert data.spec.train + data.spec.held == 4


def test_a_given_split_is_used(tmp_path):
    filled(tmp_path / "x" / "train", 3, 8192)
    filled(tmp_path / "x" / "test", 2, 8192)
    data = open_data(tmp_path / "x")
    assert (data.spec.train, data.spec.held) == (3, 2)
    with pytest.raises(DataError, match="split"):
        open_data(tmp_path / "x", val=0.5)


@pytest.mark.parametrize("split", [True, False])
def test_pairs(tmp_path, split):
    parts = [tmp_path / "x" / part for part in ("train", "val")] if split else [tmp_path / "x"]
    for part in parts:
        for number in range(4):
            write_sound(part / "clean" / f"{number}.wav", wave(8192, number), 8000, "FLOAT")
            write_sound(part / "noisy" / f"{number}.wav", -wave(8192, number), 8000, "FLOAT")
    data = open_data(tmp_path / "x")
    assert data.spec.condition is not None
    assert (data.spec.condition.kind, data.spec.condition.length) == ("wave", 8192)
    for part in (data.train, data.held):
        assert part["given"].equal(-part["real"])
    assert data.spec.train == (4 if split else 4 - data.spec.held)


def test_unequal_pairs_are_refused(tmp_path):
    filled(tmp_path / "clean", 3)
    filled(tmp_path / "noisy", 4)
    with pytest.raises(DataError, match="3.wav do not"):
        open_data(tmp_path)
    write_sound(tmp_path / "clean" / "3.wav", wave(100), 8000)
    with pytest.raises(DataError, match="100 samples clean and 12000 noisy"):
        open_data(tmp_path)


def test_bad_files_are_named_or_left_out(tmp_path):
    filled(tmp_path / "x", 4, 8192)
    (tmp_path / "x" / "broken.wav").write_text("words")
    with pytest.raises(DataError, match="(?s)broken.wav.*--skip-bad"):
        open_data(tmp_path / "x")
    data = open_data(tmp_path / "x", skip_bad=True)
    assert list(data.skipped) == ["broken.wav"]
    assert data.spec.train + data.spec.held == 4


def test_a_single_file_and_a_mixed_folder_are_refused(tmp_path):
    filled(tmp_path / "x", 2)
    with pytest.raises(DataError, match="a single sound"):
        open_data(tmp_path / "x" / "0.wav")
    (tmp_path / "x" / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match="2 sounds and 1 pictures"):
        open_data(tmp_path / "x")


def test_own_sounds_are_mixed_with_noise_at_8_khz(tmp_path):
    data = open_data(f"noisy:{filled(tmp_path / 'voices', rate=16_000)}")
    assert (data.spec.rate, data.spec.length, data.spec.name) == (8000, 8192, "noisy:voices")
    assert data.held["given"].shape == data.held["real"].shape
    assert data.degrade is not None
