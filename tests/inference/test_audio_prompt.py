"""Sounds of one's own: any rate and width, silence cut off, and what cannot be used."""

import numpy as np
import pytest
import soundfile
import torch

from gansmith.api import train
from gansmith.audio import SoundError, resample, write_sound
from gansmith.cli import main
from gansmith.data import DataError, open_data
from gansmith.data.spec import DataSpec
from gansmith.inference.audio_prompt import heard
from gansmith.runs.run import Run


@pytest.fixture(scope="module")
def spec() -> DataSpec:
    return open_data("spoken-pictures").spec


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    out = tmp_path_factory.mktemp("heard") / "run"
    return train("sound-to-image", width=4, latent=4, code=4, batch=8, steps=1, out=out)


def tone(seconds=0.5, rate=8000, level=0.1):
    t = torch.arange(int(seconds * rate)) / rate
    return level * torch.sin(2 * torch.pi * 440 * t)


def test_rate_channels_silence_and_width_do_not_matter(tmp_path, spec):
    write_sound(tmp_path / "plain.wav", tone(), 8000, "FLOAT")
    wanted = heard(tmp_path / "plain.wav", spec)
    assert (wanted.dtype, wanted.shape) == (torch.uint8, (1, 1, 32, 32))
    high = resample(tone(), 8000, 44100)
    silence = torch.zeros(44100)
    stereo = torch.cat([silence, high, silence]).expand(2, -1)
    write_sound(tmp_path / "other.flac", stereo, 44100, "PCM_24")
    found = heard(tmp_path / "other.flac", spec)
    assert float((found.float() - wanted.float()).abs().mean()) < 2


def test_gain_is_told_in_decibels(tmp_path, spec):
    write_sound(tmp_path / "x.wav", tone(level=0.01), 8000, "FLOAT")
    write_sound(tmp_path / "louder.wav", tone(level=0.1), 8000, "FLOAT")
    found = heard(tmp_path / "x.wav", spec, gain=20.0)
    assert (found.int() - heard(tmp_path / "louder.wav", spec).int()).abs().max() <= 1
    assert found.float().mean() > heard(tmp_path / "x.wav", spec).float().mean() + 5


def test_what_cannot_be_heard_is_refused(tmp_path, spec):
    def wanted(name, wave, match, error=DataError, rate=8000):
        soundfile.write(tmp_path / name, wave, rate)
        with pytest.raises(error, match=match):
            heard(tmp_path / name, spec)

    wanted("long.wav", tone(1.5).numpy(), "1.5 seconds of sound; spoken-pictures is asked by 1.02")
    wanted("hours.wav", np.zeros(8000 * 61, np.int16), "61 seconds: cut it")
    wanted("silent.wav", np.zeros(800), "silent")
    wanted("empty.wav", np.zeros(0), "empty", SoundError)
    with pytest.raises(SoundError, match="no such file"):
        heard(tmp_path / "nothing.wav", spec)
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(SoundError, match="cannot be read"):
        heard(tmp_path / "text.wav", spec)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("ring", "nothing"),
        ("digits", "by a class: say it by --text"),
        ("emoji-lines", "gansmith translate"),
    ],
)
def test_other_data_say_how_they_are_asked(data, said, tmp_path):
    with pytest.raises(DataError, match=said):
        heard(tmp_path / "x.wav", open_data(data).spec)


def test_a_run_is_asked_by_a_file(run, tmp_path, capsys):
    write_sound(tmp_path / "x.wav", tone(), 8000)
    words = ["sample", str(run.folder), "-n", "3", "--like", str(tmp_path / "x.wav")]
    main([*words, "--gain", "6", "--out", str(tmp_path / "out")])
    assert len(list((tmp_path / "out").glob("*.png"))) == 3
    for more, said in (
        (["--text", "3"], "--text or --like"),
        (["--interpolate"], "leave out --like"),
    ):
        with pytest.raises(SystemExit):
            main([*words, *more])
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["sample", str(run.folder), "--gain", "6"])
    assert "--gain is of a sound" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["sample", str(run.folder), "--text", "three"])
    assert "a sound: --like FILE" in capsys.readouterr().err


def test_sound_to_image_wants_sounds_and_classes():
    with pytest.raises(DataError, match="asked by sounds and guesses classes"):
        train("sound-to-image", data="digits", steps=1)
