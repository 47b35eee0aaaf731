"""Sounds in files: every width and rate, and what cannot be used."""

import io

import numpy as np
import pytest
import soundfile
import torch

from gansmith.audio import AudioError, audio_bytes, read_audio, resample, to_mono, write_audio

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


def ogg(path):
    page = io.BytesIO()
    soundfile.write(page, tone().numpy(), 8000, format="OGG")
    path.write_bytes(page.getvalue())


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (empty, "no sample"),
        (cut, "cannot be read"),
        (words, "cannot be read"),
        (infinite, "not finite"),
        (loud, "values up to 1.5"),
        (ogg, "is OGG"),
        (lambda path: path.write_bytes(b""), "0 bytes"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: None, "no such file"),
    ],
    ids=["empty", "cut", "words", "infinite", "loud", "ogg", "bytes", "folder", "missing"],
)
def test_what_cannot_be_used_is_named(make, why, tmp_path):
    path = tmp_path / "x.wav"
    make(path)
    with pytest.raises(AudioError, match=f"x.wav.*{why}"):
        read_audio(path)


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
