"""Sounds in files: every width and rate, and what cannot be used."""

import io
import os

import numpy as np
import pytest
import soundfile
import torch

from gansmith.audio import (
    AudioError,
    audio_bytes,
    read_audio,
    read_mono,
    resample,
    resample_blocks,
    to_mono,
    write_audio,
)

WIDTHS = {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 24, "FLOAT": 24, "DOUBLE": 24}


def tone(rate: int = 8000, seconds: float = 0.1, hertz: float = 440.0) -> torch.Tensor:
    t = torch.arange(int(rate * seconds), dtype=torch.float64) / rate
    return (0.5 * torch.sin(2 * torch.pi * hertz * t)).float()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("rate", [8000, 11025, 44100, 96000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_of_any_width_comes_back(width, rate, channels, tmp_path):
    wave = torch.stack([tone(rate), -0.5 * tone(rate)])[:channels]
    write_audio(tmp_path / "x.wav", wave, rate, width)
    found = read_audio(tmp_path / "x.wav")
    assert (found.rate, found.subtype, found.waveform.dtype) == (rate, width, torch.float32)
    assert found.waveform.shape == wave.shape
    assert (found.waveform - wave).abs().max() <= 2.0 ** -(WIDTHS[width] - 1)


@pytest.mark.parametrize(("asked", "stored"), [("PCM_24", "PCM_24"), ("FLOAT", "PCM_24")])
def test_flac_keeps_24_bits(asked, stored, tmp_path):
    write_audio(tmp_path / "x.flac", tone(), 8000, asked)
    found = read_audio(tmp_path / "x.flac")
    assert found.subtype == stored
    assert (found.waveform[0] - tone()).abs().max() <= 2.0**-23


def test_stereo_becomes_the_mean_of_its_channels():
    assert to_mono(torch.tensor([[1.0, 0.0], [0.0, 0.5]])).tolist() == [0.5, 0.25]


def noise(size: int = 30000) -> torch.Tensor:
    return 0.1 * torch.randn(size, generator=torch.Generator().manual_seed(0)).clamp(-3, 3)


def without_length(flac: bytes) -> bytes:
    """As it is written to a pipe: the header says 0 samples, which is unknown."""
    return flac[:21] + bytes([flac[21] & 0xF0, 0, 0, 0, 0]) + flac[26:]


def empty(path):
    soundfile.write(path, np.zeros((0, 1)), 8000)


def cut(path):
    path.write_bytes(audio_bytes(tone(), 8000)[:20])


def words(path):
    path.write_text("not a sound at all, but words")


def infinite(path):
    soundfile.write(path, np.array([0.0, np.inf, 0.0]), 8000, subtype="FLOAT")


def loud(path):
    soundfile.write(path, np.array([0.0, 1.5]), 8000, subtype="FLOAT")


def aiff(path):
    page = io.BytesIO()
    soundfile.write(page, tone().numpy(), 8000, format="AIFF")
    path.write_bytes(page.getvalue())


def shorter(path):
    path.write_bytes(audio_bytes(tone(), 8000)[:-200])


def cut_flac(path):
    raw = audio_bytes(noise(), 8000, ".flac")
    path.write_bytes(raw[: len(raw) // 2])


def damaged_flac(path):
    raw = bytearray(audio_bytes(noise(), 8000, ".flac"))
    raw[len(raw) // 2] ^= 4
    path.write_bytes(raw)


def cut_mp3(path):
    page = io.BytesIO()
    soundfile.write(page, noise().numpy(), 48000, format="MP3")
    path.write_bytes(page.getvalue()[: len(page.getvalue()) // 2])


def slow(path):
    soundfile.write(path, tone().numpy(), 8)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (empty, "no sample"),
        (cut, "cannot be read"),
        (words, "cannot be read"),
        (infinite, "not finite"),
        (loud, "values up to 1.5"),
        (aiff, "is AIFF; audio is read from .wav .flac .mp3 .ogg .opus"),
        (shorter, "was cut: it has 1400 of the 1600 bytes"),
        (cut_flac, "damaged or cut: after .* samples"),
        (damaged_flac, "damaged or cut: after .* samples"),
        (cut_mp3, "was cut: it ends after .* of 30000 samples"),
        (slow, "has 8 samples a second; rates go from 1000"),
        (lambda path: path.write_bytes(b""), "0 bytes"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: None, "no such file"),
    ],
    ids=[
        "empty",
        "cut",
        "words",
        "infinite",
        "loud",
        "aiff",
        "shorter",
        "cut-flac",
        "damaged-flac",
        "cut-mp3",
        "slow",
        "bytes",
        "folder",
        "missing",
    ],
)
def test_what_cannot_be_used_is_named(make, why, tmp_path):
    path = tmp_path / "x.wav"
    make(path)
    with pytest.raises(AudioError, match=f"x.wav.*{why}"):
        read_audio(path)


def test_files_that_went_to_a_pipe_are_read_to_their_end(tmp_path):
    """The header of a FLAC announces nothing then, that of a WAV more than there is."""
    (tmp_path / "x.flac").write_bytes(without_length(audio_bytes(noise(), 8000, ".flac")))
    wav = audio_bytes(noise(), 8000)
    (tmp_path / "x.wav").write_bytes(wav[:40] + b"\xff\xff\xff\xff" + wav[44:])
    for path in tmp_path.iterdir():
        assert (read_audio(path).waveform[0] - noise()).abs().max() <= 2.0**-15


@pytest.mark.parametrize(
    ("format_", "subtype"), [("MP3", None), ("OGG", "VORBIS"), ("OGG", "OPUS")]
)
def test_lossy_formats_are_read_and_clipped(format_, subtype, tmp_path):
    loud = torch.sin(torch.arange(48000) / 9)
    soundfile.write(tmp_path / "x", loud.numpy(), 48000, format=format_, subtype=subtype)
    assert np.abs(soundfile.read(tmp_path / "x")[0]).max() > 1  # what they make of it
    found = read_audio(tmp_path / "x").waveform[0]
    assert found.shape == loud.shape
    assert found.abs().max() == 1
    assert (found - loud).abs()[4000:44000].mean() < 0.05


def test_mono_is_the_mean_of_the_channels_and_ends_where_asked(tmp_path):
    wave = torch.stack([tone(seconds=2), -0.5 * tone(seconds=2)])
    write_audio(tmp_path / "x.wav", wave, 8000, "FLOAT")
    whole, rate = read_mono(tmp_path / "x.wav")
    assert rate == 8000
    assert torch.allclose(whole, wave.mean(0))
    assert torch.equal(read_mono(tmp_path / "x.wav", 0.5)[0], whole[:4000])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "x.wav")
    with pytest.raises(AudioError, match=r"x.wav cannot be read as audio: it is a pipe"):
        read_audio(tmp_path / "x.wav")


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(AudioError, match=".wav or .flac; got '.mp3'"):
        write_audio(tmp_path / "x.mp3", tone(), 8000)
    with pytest.raises(AudioError, match="not finite"):
        write_audio(tmp_path / "x.wav", tone() / 0, 8000)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("to", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("rate", [8000, 16000, 22050])
def test_resampling_keeps_time_and_has_the_exact_length(rate, to):
    """A tone below both half rates is the tone at the other rate; there and back is as long."""
    made = resample(tone(rate, 0.2), rate, to)
    assert len(made) == -(-int(0.2 * rate) * to // rate)
    middle = slice(len(made) // 4, -len(made) // 4)
    assert (made - tone(to, 0.2)[: len(made)])[middle].abs().max() < 2e-3
    back = resample(made, to, rate, int(0.2 * rate))
    assert len(back) == int(0.2 * rate)
    quarter = slice(len(back) // 4, -len(back) // 4)
    assert (back - tone(rate, 0.2))[quarter].abs().max() < 2e-3


@pytest.mark.parametrize(
    ("rate", "to"),
    [(16000, 8000), (44100, 16000), (16000, 44100), (1501, 1500), (9000, 9000)],
)
@pytest.mark.parametrize("block", [700, 50_000])
def test_resampling_in_pieces_is_bit_equal_to_the_whole(rate, to, block, monkeypatch):
    monkeypatch.setattr("gansmith.audio.rates.PIECE", 1000)
    for length in (9000, 8820, 37, 1):  # of any length, of whole pieces, of less than one
        made = list(resample_blocks(noise(length).split(block), rate, to))
        assert torch.cat(made).equal(resample(noise(length), rate, to))
    assert not list(resample_blocks([], rate, to))


def test_what_the_lower_rate_cannot_hold_is_gone():
    """3 kHz at 16 kHz survives at 8 kHz; 5 kHz, which would fold to 3 kHz, does not."""
    kept, gone = (resample(tone(16000, 0.2, f), 16000, 8000)[200:-200] for f in (3000.0, 5000.0))
    assert kept.square().mean() > 0.1
    assert gone.square().mean() < 1e-5


def test_a_length_that_does_not_fit_is_refused():
    with pytest.raises(AudioError, match="not 90"):
        resample(tone(8000, 0.1), 8000, 16000, 90)
    with pytest.raises(AudioError, match="1 sample a second"):
        resample(tone(), 8000, 0)
