"""Sounds of one's own, answered stretch by stretch."""

import numpy as np
import pytest
import soundfile
import torch

from gansmith.api import plan
from gansmith.audio import read_sound, resample, sound_bytes, write_sound
from gansmith.core.rng import Rng
from gansmith.data import DataError
from gansmith.data.audio import sound_dataset
from gansmith.inference import audio as answering_sounds
from gansmith.inference.audio import Pace, answered_sound, write_sounds
from gansmith.networks.dcgan import normal_weights
from gansmith.runs.run import Run


@pytest.fixture(scope="module", params=["speech-enhancement", "segan"])
def run(request, tmp_path_factory) -> Run:
    """A run of two steps, with weights so large that it is no copy, and that it stays below 1."""
    out = tmp_path_factory.mktemp("runs") / "run"
    planned = plan(request.param, steps=2, batch=2, width=4, out=out)
    run = Run.begin(out, planned.config, planned.dataset).play()
    normal_weights(run.game.get_submodule("G"), {"segan": 0.06}.get(request.param, 0.2))
    return run


def sound(seconds: float, rate: int, channels: int = 1, seed: int = 1) -> torch.Tensor:
    count = int(seconds * rate)
    t = torch.arange(count) / rate
    tone = 0.3 * torch.sin(2 * torch.pi * 500 * t) * (torch.sin(7 * t) > 0)
    return (tone + 0.05 * Rng(seed).normal(channels, count)).clamp(-1, 1)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (16000, 1), (6000, 1)])
def test_stretches_leave_no_seams(run, rate, channels):
    wave = sound(14, rate, channels)
    whole = answered_sound(run, wave, rate, seconds=1000)
    parts = answered_sound(run, wave, rate, seconds=2)
    assert whole.shape == parts.shape == wave.shape
    assert (whole - parts).abs().max() < 1e-4
    assert (whole - wave).abs().max() > 0.01  # it is no copy


def test_without_the_margin_there_are_seams(run, monkeypatch):
    """The control: stretches that do not hear what is beside them part from the whole."""
    wave = sound(14, 8000)
    whole = answered_sound(run, wave, 8000, seconds=1000)
    real = Pace.of
    monkeypatch.setattr(Pace, "of", lambda *a: Pace(*[*vars(real(*a)).values()][:3], 0, 16384))
    assert (whole - answered_sound(run, wave, 8000)).abs().max() > 1e-3


def test_channels_are_answered_one_by_one(run):
    wave = sound(2, 8000, 2)
    both = answered_sound(run, wave, 8000)
    alone = answered_sound(run, wave[1:], 8000)
    assert (both[1] - alone[0]).abs().max() < 1e-5
    assert (both[0] - both[1]).abs().max() > 1e-4


@pytest.mark.parametrize(
    ("name", "width", "rate", "channels"),
    [
        ("a.wav", "PCM_24", 44100, 2),
        ("a.wav", "PCM_16", 8000, 1),
        ("a.wav", "FLOAT", 48000, 1),
        ("a.wav", "PCM_U8", 11025, 1),
        ("a.flac", "PCM_24", 16000, 2),
    ],
)
def test_the_answer_is_stored_as_what_was_given(run, name, width, rate, channels, tmp_path):
    write_sound(tmp_path / name, sound(1.5, rate, channels), rate, width)
    out = tmp_path / "out" / name
    assert write_sounds(run, tmp_path / name, out) == 1
    found = read_sound(out)
    assert (found.rate, found.width) == (rate, width)
    assert found.wave.shape == sound(1.5, rate, channels).shape
    want = answered_sound(run, read_sound(tmp_path / name).wave, rate)
    step = {"PCM_U8": 2**-7, "PCM_16": 2**-15}.get(width, 2**-22)
    assert (found.wave - want).abs().max() <= step


def test_memory_does_not_grow_with_the_length(run, tmp_path, monkeypatch):
    """Of ten minutes never more than a stretch and its margins is asked for, nor answered."""
    monkeypatch.setattr(answering_sounds, "STRETCH", 4.0)
    soundfile.write(tmp_path / "long.wav", np.tile(sound(1, 8000)[0].numpy(), 600), 8000)
    seen = []

    def pieces(*arguments, **more):
        seen.append(arguments[0].shape[-1])
        return resample(*arguments, **more)

    monkeypatch.setattr(answering_sounds, "resample", pieces)
    monkeypatch.setattr(run.game.G, "forward", lambda z, c: c)  # the length is the point, not G
    write_sounds(run, tmp_path / "long.wav", tmp_path / "out.wav")
    assert soundfile.info(tmp_path / "out.wav").frames == 600 * 8000
    pace = Pace.of(run.game.G, 8000, 8000, 16.0)
    assert max(seen) <= pace.stretch + 2 * pace.margin < 30 * 8000
    assert len(seen) > 40


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 44101])
def test_both_rates_stand_on_whole_samples_where_a_stretch_begins(run, rate):
    pace = Pace.of(run.game.G, 8000, rate)
    for samples in (pace.step, pace.margin, pace.stretch):
        assert samples % pace.step == 0
        assert samples * 8000 % rate == 0
        assert samples * 8000 // rate % run.game.G.block == 0
    assert pace.margin * 8000 / rate > run.game.G.reach


def test_a_folder_is_answered_name_by_name(run, tmp_path):
    given = tmp_path / "given"
    write_sound(given / "a.wav", sound(0.5, 8000), 8000)
    write_sound(given / "deep" / "b.flac", sound(0.5, 16000), 16000)
    (given / "notes.txt").write_text("not a sound")
    assert write_sounds(run, given, tmp_path / "out") == 2
    assert read_sound(tmp_path / "out" / "a.wav").rate == 8000
    assert read_sound(tmp_path / "out" / "deep" / "b.flac").rate == 16000
    with pytest.raises(ValueError, match="overwrite"):
        write_sounds(run, given, given)


def test_bad_files_are_named_and_nothing_is_written(run, tmp_path):
    given, out = tmp_path / "given", tmp_path / "out"
    write_sound(given / "good.wav", sound(0.5, 8000), 8000)
    soundfile.write(given / "empty.wav", np.zeros((0, 1)), 8000)
    soundfile.write(given / "bad.wav", np.array([0.0, np.nan]), 8000, subtype="FLOAT")
    with pytest.raises(DataError, match="bad.wav.*not finite.*empty.wav.*no sample"):
        write_sounds(run, given, out)
    assert not out.exists()
    assert write_sounds(run, given, out, skip_bad=True) == 1
    assert [path.name for path in out.iterdir()] == ["good.wav"]
    with pytest.raises(DataError, match="does not exist"):
        write_sounds(run, tmp_path / "none.wav", out)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DataError, match="holds no sounds"):
        write_sounds(run, tmp_path / "nothing", out)


def test_clipped_sounds_are_answered_and_told_of(run, tmp_path):
    loud = (8 * sound(1, 8000)).clamp(-1, 1)
    (tmp_path / "loud.wav").write_bytes(sound_bytes(loud, 8000))
    write_sound(tmp_path / "soft.wav", sound(1, 8000), 8000)
    told = []
    for name in ("loud", "soft"):
        write_sounds(run, tmp_path / f"{name}.wav", tmp_path / "out", say=told.append)
    assert len(told) == 1
    assert "loud.wav is clipped" in told[0]
    assert read_sound(tmp_path / "out" / "loud.wav").wave.isfinite().all()


def test_other_endings_and_other_runs_are_refused(run, tmp_path):
    write_sound(tmp_path / "a.wav", sound(0.5, 8000), 8000)
    with pytest.raises(ValueError, match="WAV or FLAC"):
        write_sounds(run, tmp_path / "a.wav", tmp_path / "a.mp3")
    other = plan("gan", data="ring", steps=1, out=tmp_path / "gan")
    other.__dict__["game"] = other.recipe().game
    with pytest.raises(TypeError, match="not asked by sounds"):
        write_sounds(other, tmp_path / "a.wav", tmp_path / "b.wav")


def test_a_run_on_other_rates_has_its_own(tmp_path):
    """Presets take the rate of the data: windows of 32 ms."""
    real = sound(1, 16000, 4)
    given = (real + 0.05 * Rng(3).normal(*real.shape)).clamp(-1, 1)
    from gansmith.data import Condition
    from gansmith.data.build import conditioned
    from gansmith.presets import PRESETS

    data = conditioned(
        sound_dataset("x", {"real": real}, {"real": real}, 16000),
        Condition("wave", length=16000),
        given,
        given,
    )
    game = PRESETS["speech-enhancement"].build(data.spec, width=4).game
    assert (game.G.size, game.G.hop) == (512, 128)
