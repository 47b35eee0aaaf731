"""Audio files as conditions: any rate and width, silence cut off, and what cannot be used."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from gansmith.api import train
from gansmith.audio import AudioError, resample, write_audio
from gansmith.cli import main
from gansmith.core.images import to_uint8
from gansmith.data import DataError, open_data
from gansmith.data.spec import DataSpec
from gansmith.inference.audio_prompt import read_prompt, write_images
from gansmith.runs.run import Run


@pytest.fixture(scope="module")
def spec() -> DataSpec:
    return open_data("spoken-pictures").spec


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    out = tmp_path_factory.mktemp("run") / "run"
    return train("sound-to-image", width=4, latent=4, embed_dim=4, batch=8, steps=1, out=out)


def tone(seconds=0.5, rate=8000, level=0.1):
    t = torch.arange(int(seconds * rate)) / rate
    return level * torch.sin(2 * torch.pi * 440 * t)


def test_rate_channels_silence_and_width_do_not_matter(tmp_path, spec):
    write_audio(tmp_path / "plain.wav", tone(), 8000, "FLOAT")
    wanted = read_prompt(tmp_path / "plain.wav", spec)
    assert (wanted.dtype, wanted.shape) == (torch.uint8, (1, 1, 32, 32))
    high = resample(tone(), 8000, 44100)
    silence = torch.zeros(44100)
    stereo = torch.cat([silence, high, silence]).expand(2, -1)
    write_audio(tmp_path / "other.flac", stereo, 44100, "PCM_24")
    found = read_prompt(tmp_path / "other.flac", spec)
    assert float((found.float() - wanted.float()).abs().mean()) < 2


def test_gain_is_in_decibels(tmp_path, spec):
    write_audio(tmp_path / "x.wav", tone(level=0.01), 8000, "FLOAT")
    write_audio(tmp_path / "louder.wav", tone(level=0.1), 8000, "FLOAT")
    found = read_prompt(tmp_path / "x.wav", spec, gain=20.0)
    assert (found.int() - read_prompt(tmp_path / "louder.wav", spec).int()).abs().max() <= 1
    assert found.float().mean() > read_prompt(tmp_path / "x.wav", spec).float().mean() + 5


def test_what_cannot_be_used_is_refused(tmp_path, spec):
    def wanted(name, wave, match, error=DataError, rate=8000):
        soundfile.write(tmp_path / name, wave, rate)
        with pytest.raises(error, match=match):
            read_prompt(tmp_path / name, spec)

    wanted(
        "long.wav",
        tone(1.5).numpy(),
        "1.5 seconds of sound; a condition of spoken-pictures has 1.02",
    )
    wanted("hours.wav", np.zeros(8000 * 61, np.int16), "more than 60 seconds: cut it")
    wanted("silent.wav", np.zeros(800), "silent")
    wanted("empty.wav", np.zeros(0), "empty", AudioError)
    with pytest.raises(AudioError, match="no such file"):
        read_prompt(tmp_path / "nothing.wav", spec)
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(AudioError, match="cannot be read"):
        read_prompt(tmp_path / "text.wav", spec)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("ring", "ring takes no --audio: it has no conditions"),
        ("digits", "it is conditioned on a class; use --prompt WORDS"),
        ("emoji-lines", "on an image; use gansmith translate RUN FILE"),
    ],
)
def test_other_data_take_no_audio(data, said, tmp_path):
    with pytest.raises(DataError, match=said):
        read_prompt(tmp_path / "x.wav", open_data(data).spec)


def test_a_log_mel_of_unknown_origin_cannot_be_made_from_a_file(tmp_path, spec):
    unknown = replace(spec, condition=replace(spec.condition, rate=0))
    with pytest.raises(DataError, match="does not record how its audio became spectrograms"):
        read_prompt(tmp_path / "x.wav", unknown)


def test_a_recording_is_a_prompt(run, tmp_path, capsys):
    write_audio(tmp_path / "x.wav", tone(), 8000)
    words = ["sample", str(run.folder), "-n", "3", "--audio", str(tmp_path / "x.wav")]
    main([*words, "--gain", "6", "--out", str(tmp_path / "out")])
    assert len(list((tmp_path / "out").glob("*.png"))) == 3
    for more, said in (
        (["--prompt", "3"], "--prompt or --audio"),
        (["--interpolate"], "leave out --audio"),
    ):
        with pytest.raises(SystemExit):
            main([*words, *more])
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["sample", str(run.folder), "--gain", "6"])
    assert "--gain amplifies the file of --audio: give one" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["sample", str(run.folder), "--prompt", "three"])
    assert "conditioned on audio; use --audio FILE" in capsys.readouterr().err


def test_every_recording_of_a_folder_becomes_an_image(run, tmp_path):
    write_audio(tmp_path / "in" / "a.wav", tone(), 8000)
    write_audio(tmp_path / "in" / "deep" / "b.flac", tone(0.3, 16000), 16000)
    done = write_images(run, tmp_path / "in", tmp_path / "out", gain=6.0)
    assert str(done) == f"wrote 2 images to {tmp_path / 'out'}"
    names = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.png")}
    assert names == {"a.png", "deep/b.png"}
    condition = read_prompt(tmp_path / "in" / "a.wav", run.spec, 6.0)
    with Image.open(tmp_path / "out" / "a.png") as made:
        want = to_uint8(run.sample(1, 0, condition))[0, 0]
        assert torch.from_numpy(np.array(made)).equal(want)
    main(["translate", str(run.folder), str(tmp_path / "in"), "-o", str(tmp_path / "loud"),
          "--gain", "6"])  # fmt: skip
    assert (tmp_path / "loud" / "a.png").read_bytes() == (tmp_path / "out" / "a.png").read_bytes()


def test_a_silent_recording_of_a_folder_is_named_and_nothing_is_written(run, tmp_path):
    write_audio(tmp_path / "in" / "a.wav", tone(), 8000)
    soundfile.write(tmp_path / "in" / "b.wav", np.zeros(800), 8000)
    with pytest.raises(DataError, match="b.wav is silent"):
        write_images(run, tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert write_images(run, tmp_path / "in", tmp_path / "out", skip_bad=True).count == 1


def test_sound_to_image_needs_audio_and_classes():
    with pytest.raises(DataError, match="needs sounds and classes"):
        train("sound-to-image", data="digits", steps=1)
