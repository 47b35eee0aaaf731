"""Which preset data gets when none is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gansmith
from gansmith.data import Condition, DataError, DataSpec
from gansmith.presets import find_preset
from gansmith.presets.choose import AUGMENT, CHOICES, FEW, SMALL, choose_preset

IMAGES = DataSpec("image", "photos", size=16, channels=3, train=FEW, held_out=100)
TEXT = DataSpec("text", "lines", vocab=9, length=5, train=90, held_out=10)
AUDIO = DataSpec("audio", "voices", length=4096, rate=8000, train=90, held_out=10)
POINTS = DataSpec("points", "cloud", dim=2, train=90, held_out=10)
SENTENCE = Condition("sentence", vocab=8, length=4)
PICTURE = Condition("image", channels=3, height=16, width=16)


def domains(spec: DataSpec, count: int) -> DataSpec:
    return replace(spec, domains={f"d{k}": spec for k in range(count)})


@pytest.mark.parametrize(
    ("spec", "preset"),
    [
        (replace(IMAGES, classes=("a", "b")), "cgan"),
        (replace(IMAGES, condition=Condition("attributes", ("smile",))), "cgan"),
        (replace(IMAGES, condition=Condition("label-set", ("sun", "sea"))), "cgan"),
        (replace(IMAGES, condition=SENTENCE), "gan-cls"),
        (replace(IMAGES, condition=Condition("embedding", width=8)), "gan-cls"),
        (replace(IMAGES, condition=Condition("log-mel", height=64, width=64)), "cgan"),
        (replace(IMAGES, condition=PICTURE), "pix2pix"),
        (replace(IMAGES, condition=replace(PICTURE, kind="clip", frames=1)), "next-frame"),
        (replace(IMAGES, classes=("a", "b"), labelled=4), "classifier"),
        (domains(IMAGES, 2), "cyclegan"),
        (domains(IMAGES, 3), "stargan"),
        (POINTS, "r3gan"),
        (replace(POINTS, classes=("a", "b")), "r3gan"),
        (TEXT, "seqgan"),
        (replace(TEXT, classes=("a", "b")), "seqgan"),
        (replace(TEXT, condition=SENTENCE), "seq2seq"),
        (
            replace(AUDIO, condition=Condition("waveform", length=4096, rate=8000)),
            "speech-enhancement",
        ),
        (domains(AUDIO, 2), "cyclegan"),
        (DataSpec("labels", "tags", classes=("sun", "sea"), condition=PICTURE), "multi-label"),
    ],
)
def test_the_preset_fits_the_data(spec: DataSpec, preset: str) -> None:
    choice = choose_preset(spec)
    assert choice.preset == preset
    assert choice.because
    chosen = find_preset(choice.preset)
    assert chosen.build(spec, **chosen.keywords(dict(choice.keywords)))


def test_every_preset_of_the_table_is_there() -> None:
    for choice in CHOICES.values():
        find_preset(choice.preset).keywords(dict(choice.keywords))


@pytest.mark.parametrize("size", [28, 32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_alone_are_chosen_for_by_their_number(size: int, channels: int) -> None:
    spec = replace(IMAGES, size=size, channels=channels)
    for count, augmented in ((FEW - 1, True), (FEW, False)):
        choice = choose_preset(replace(spec, train=count))
        assert (dict(choice.keywords) == AUGMENT) == augmented
        assert f"{count:,} {'grey' if channels == 1 else 'color'} images" in choice.because
        small = channels == 1 and size < SMALL and not augmented
        assert choice.preset == ("ebgan" if small else "dcgan")
        find_preset(choice.preset).keywords(dict(choice.keywords))


@pytest.mark.parametrize(
    ("spec", "fits"),
    [
        (AUDIO, "speech-enhancement"),
        (replace(AUDIO, classes=("ann", "bob")), "domains:FOLDER, for cyclegan"),
        (domains(AUDIO, 3), "cyclegan"),
        (domains(TEXT, 2), "labelled:NAME"),
        (domains(POINTS, 2), "r3gan"),
    ],
)
def test_what_no_preset_takes_is_refused_and_told_what_would_fit(spec: DataSpec, fits: str) -> None:
    with pytest.raises(DataError, match=f"no preset suits {spec.name}, .*{fits}"):
        choose_preset(spec)


def test_train_without_a_preset_says_which_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = np.random.default_rng(0).normal(size=(60, 2))
    np.save(tmp_path / "cloud.npy", points)
    run = gansmith.train(data=tmp_path / "cloud.npy", width=4, steps=1, out=tmp_path / "run")
    assert run.config.preset == "r3gan"
    assert "preset r3gan: points" in capsys.readouterr().err
    run = gansmith.train("nsgan", data="ring", width=4, steps=1, out=tmp_path / "named")
    assert "preset" not in capsys.readouterr().err
