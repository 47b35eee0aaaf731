"""Audio files through a run, piece by piece."""

import numpy as np
import pytest
import soundfile
import torch

from gansmith.api import train
from gansmith.audio import audio_bytes, read_audio, resample, write_audio
from gansmith.core.rng import Rng
from gansmith.data import DataError
from gansmith.data.audio import audio_dataset
from gansmith.inference import audio
from gansmith.inference.audio import Cuts, generate_one, write_outputs, write_translations
from gansmith.networks.dcgan import init_normal
from gansmith.runs.plan import plan
from gansmith.runs.run import Run


@pytest.fixture(scope="module", params=["speech-enhancement", "segan"])
def run(request, tmp_path_factory) -> Run:
    """A run of two steps, with weights so large that it is no copy, and that it stays below 1."""
    out = tmp_path_factory.mktemp("runs") / "run"
    planned = plan(request.param, steps=2, batch=2, width=4, out=out)
    run = Run.begin(out, planned.config, planned.dataset).play()
    init_normal(run.game.get_submodule("G"), {"segan": 0.06}.get(request.param, 0.2))
    return run


def recording(seconds: float, rate: int, channels: int = 1, seed: int = 1) -> torch.Tensor:
    count = int(seconds * rate)
    t = torch.arange(count) / rate
    tone = 0.3 * torch.sin(2 * torch.pi * 500 * t) * (torch.sin(7 * t) > 0)
    return (tone + 0.05 * Rng(seed).normal(channels, count)).clamp(-1, 1)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (16000, 1), (6000, 1)])
def test_pieces_leave_no_seams(run, rate, channels):
    wave = recording(14, rate, channels)
    whole = generate_one(run, wave, rate, seconds=1000)
    parts = generate_one(run, wave, rate, seconds=2)
    assert whole.shape == parts.shape == wave.shape
    assert (whole - parts).abs().max() < 1e-4
    assert (whole - wave).abs().max() > 0.01  # it is no copy


def test_without_the_margin_there_are_seams(run, monkeypatch):
    """The control: pieces without their surroundings differ from the whole."""
    wave = recording(14, 8000)
    whole = generate_one(run, wave, 8000, seconds=1000)
    real = Cuts.of
    monkeypatch.setattr(Cuts, "of", lambda *a: Cuts(*[*vars(real(*a)).values()][:3], 0, 16384))
    assert (whole - generate_one(run, wave, 8000)).abs().max() > 1e-3


def test_channels_go_through_one_by_one(run):
    wave = recording(2, 8000, 2)
    both = generate_one(run, wave, 8000)
    alone = generate_one(run, wave[1:], 8000)
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
def test_the_output_is_stored_as_the_input_was(run, name, width, rate, channels, tmp_path):
    write_audio(tmp_path / name, recording(1.5, rate, channels), rate, width)
    out = tmp_path / "out" / name
    assert write_outputs(run, tmp_path / name, out).count == 1
    found = read_audio(out)
    assert (found.rate, found.subtype) == (rate, width)
    assert found.waveform.shape == recording(1.5, rate, channels).shape
    want = generate_one(run, read_audio(tmp_path / name).waveform, rate)
    step = {"PCM_U8": 2**-7, "PCM_16": 2**-15}.get(width, 2**-22)
    assert (found.waveform - want).abs().max() <= step


def test_memory_does_not_grow_with_the_length(run, tmp_path, monkeypatch):
    """Of ten minutes never more than a piece and its margins is read or written."""
    soundfile.write(tmp_path / "long.wav", np.tile(recording(1, 8000)[0].numpy(), 600), 8000)
    lengths = []

    def resampled(*arguments, **more):
        lengths.append(arguments[0].shape[-1])
        return resample(*arguments, **more)

    monkeypatch.setattr(audio, "resample", resampled)
    monkeypatch.setattr(run.game.G, "forward", lambda z, c: c)  # the length is the point, not G
    write_outputs(run, tmp_path / "long.wav", tmp_path / "out.wav")
    assert soundfile.info(tmp_path / "out.wav").frames == 600 * 8000
    cuts = Cuts.of(run.game.G, 8000, 8000)
    assert max(lengths) <= cuts.piece + 2 * cuts.margin < 30 * 8000
    assert len(lengths) > 40


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 44101])
def test_both_rates_fall_on_whole_samples_where_a_piece_begins(run, rate):
    cuts = Cuts.of(run.game.G, 8000, rate)
    for samples in (cuts.step, cuts.margin, cuts.piece):
        assert samples % cuts.step == 0
        assert samples * 8000 % rate == 0
        assert samples * 8000 // rate % run.game.G.block == 0
    assert cuts.margin * 8000 / rate > run.game.G.reach


def test_a_folder_is_converted_name_by_name(run, tmp_path):
    given = tmp_path / "given"
    write_audio(given / "a.wav", recording(0.5, 8000), 8000)
    write_audio(given / "deep" / "b.flac", recording(0.5, 16000), 16000)
    (given / "notes.txt").write_text("no audio")
    assert write_outputs(run, given, tmp_path / "out").count == 2
    assert read_audio(tmp_path / "out" / "a.wav").rate == 8000
    assert read_audio(tmp_path / "out" / "deep" / "b.flac").rate == 16000
    with pytest.raises(ValueError, match="overwrite"):
        write_outputs(run, given, given)


def test_bad_files_are_named_and_nothing_is_written(run, tmp_path):
    given, out = tmp_path / "given", tmp_path / "out"
    write_audio(given / "good.wav", recording(0.5, 8000), 8000)
    soundfile.write(given / "empty.wav", np.zeros((0, 1)), 8000)
    soundfile.write(given / "bad.wav", np.array([0.0, np.nan]), 8000, subtype="FLOAT")
    with pytest.raises(DataError, match="bad.wav.*not finite.*empty.wav.*no sample"):
        write_outputs(run, given, out)
    assert not out.exists()
    assert write_outputs(run, given, out, skip_bad=True).count == 1
    assert [path.name for path in out.iterdir()] == ["good.wav"]
    with pytest.raises(DataError, match="does not exist"):
        write_outputs(run, tmp_path / "none.wav", out)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DataError, match="holds no audio files"):
        write_outputs(run, tmp_path / "nothing", out)


def test_files_without_a_length_and_lossy_ones_are_converted(run, tmp_path):
    """A FLAC out of a pipe as if it said its length; what is only read becomes a WAV."""
    given, raw = tmp_path / "given", audio_bytes(recording(20, 8000), 8000, ".flac")
    given.mkdir()
    (given / "whole.flac").write_bytes(raw)
    piped = raw[:21] + bytes([raw[21] & 0xF0, 0, 0, 0, 0]) + raw[26:]
    (given / "piped.flac").write_bytes(piped)
    (given / "cut.flac").write_bytes(piped[: len(raw) // 2])
    soundfile.write(given / "a.mp3", recording(0.5, 8000)[0].numpy(), 8000, format="MP3")
    with pytest.raises(DataError, match="^[^;]*cut.flac is damaged or cut: after [^;]*$"):
        write_outputs(run, given, tmp_path / "out")
    assert write_outputs(run, given, tmp_path / "out", skip_bad=True).count == 3
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "a.wav",
        "piped.flac",
        "whole.flac",
    }
    one, other = (read_audio(tmp_path / "out" / f"{x}.flac").waveform for x in ("whole", "piped"))
    assert torch.equal(one, other)
    assert read_audio(tmp_path / "out" / "a.wav").subtype == "PCM_16"


def test_clipped_recordings_are_converted_and_reported(run, tmp_path):
    loud = (8 * recording(1, 8000)).clamp(-1, 1)
    (tmp_path / "loud.wav").write_bytes(audio_bytes(loud, 8000))
    write_audio(tmp_path / "soft.wav", recording(1, 8000), 8000)
    said = []
    for name in ("loud", "soft"):
        write_outputs(run, tmp_path / f"{name}.wav", tmp_path / "out", say=said.append)
    assert len(said) == 1
    assert "loud.wav is clipped" in said[0]
    assert read_audio(tmp_path / "out" / "loud.wav").waveform.isfinite().all()


def test_other_endings_are_refused(run, tmp_path):
    write_audio(tmp_path / "a.wav", recording(0.5, 8000), 8000)
    with pytest.raises(ValueError, match="audio files are written as .wav or .flac; got 'a.mp3'"):
        write_outputs(run, tmp_path / "a.wav", tmp_path / "a.mp3")


def test_a_run_on_other_rates_has_its_own(tmp_path):
    """Presets take the rate of the data: windows of 32 ms."""
    real = recording(1, 16000, 4)
    given = (real + 0.05 * Rng(3).normal(*real.shape)).clamp(-1, 1)
    from gansmith.data import Condition
    from gansmith.data.build import with_condition
    from gansmith.presets import PRESETS

    data = with_condition(
        audio_dataset("x", {"real": real}, {"real": real}, 16000),
        Condition("waveform", length=16000),
        given,
        given,
    )
    game = PRESETS["speech-enhancement"].build(data.spec, width=4).game
    assert (game.G.size, game.G.hop) == (512, 128)


# Two domains of audio.


@pytest.fixture(scope="module")
def voices(tmp_path_factory) -> Run:
    """CycleGAN between low and high tones, hardly trained, with weights that change the sound."""
    home = tmp_path_factory.mktemp("voices")
    t = torch.arange(8192) / 8000
    for name, hertz in (("high", 1200), ("low", 300)):
        for n in range(12):
            tone = 0.3 * torch.sin(2 * torch.pi * (hertz + 20 * n) * t)[None]
            write_audio(home / "data" / name / f"{n}.wav", tone, 8000)
    run = train("cyclegan", data=f"domains:{home / 'data'}", width=2, d_width=2, d_layers=1,
                pool_size=2, batch=2, steps=1, out=home / "run")  # fmt: skip
    for name in ("Gab", "Gba"):
        init_normal(run.game.get_submodule(name), 0.2)
    return run


def test_a_recording_is_translated_piece_by_piece_to_each_domain(voices, tmp_path, monkeypatch):
    assert list(voices.spec.domains) == ["high", "low"]
    wave = recording(3, 16000, 2)
    write_audio(tmp_path / "in" / "a.flac", wave, 16000, "PCM_24")
    found = {}
    for to, origin in (("low", "high"), ("high", "low")):
        out = tmp_path / to
        done = write_translations(voices, tmp_path / "in", out, to=to, origin=origin)
        assert str(done) == f"wrote 1 audio file to {out}"
        found[to] = read_audio(out / "a.flac")
        assert (found[to].rate, found[to].waveform.shape) == (16000, wave.shape)
    assert (found["low"].waveform - found["high"].waveform).abs().max() > 1e-3
    real = Cuts.of
    monkeypatch.setattr(Cuts, "of", lambda G, net, rate, seconds: real(G, net, rate, 0.5))
    assert Cuts.of(voices.game.Gab, 8000, 16000, 16.0).piece < 3 * 16000 / 2
    write_translations(voices, tmp_path / "in", tmp_path / "cut", to="low", origin="high")
    cut = read_audio(tmp_path / "cut" / "a.flac").waveform
    assert (cut - found["low"].waveform).abs().max() < 1e-3
