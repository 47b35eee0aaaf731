"""Shipped sound: spoken digits, and recordings of noise to mix them with. 8 kHz, mono."""

from __future__ import annotations

import json
from functools import lru_cache

import torch
from torch import Tensor

from gansmith.audio import read_mono
from gansmith.data.audio import audio_dataset
from gansmith.data.build import with_factors
from gansmith.data.builtin.shipped import DIGITS, FILES
from gansmith.data.spec import Dataset

RATE = 8000
LENGTH = 8192  # samples of a clip, 1.024 s; 1 in 130 is longer and loses its end
HELD_OUT_TAKES = 5  # of each digit and speaker, the official test set
HELD_OUT_NOISES = ("city", "coffee_shop", "running_tap", "train")
SPOKEN = FILES / "spoken"


def open_spoken_digits() -> Dataset:
    """1,800 spoken digits of six speakers (Free Spoken Digit Dataset), 8 kHz, rows of 1.024 s.

    30 takes of each digit and speaker, of which the first five are held out, as in the official
    test set. Clips stand at the start of their row and are followed by zeros; `lengths` says from
    where on. The label is the digit; the factors are `speaker` and `digit`.
    """
    index = json.loads((SPOKEN / "digits.json").read_text("utf-8"))
    clips = read_mono(SPOKEN / "digits.flac")[0].split(index["lengths"])
    real = torch.zeros(len(clips), LENGTH)
    for row, clip in zip(real, clips, strict=True):
        row[: min(len(clip), LENGTH)] = clip[:LENGTH]
    fields = {
        "real": real,
        "lengths": torch.tensor(index["lengths"]).clamp(max=LENGTH),
        "label": torch.tensor(index["digits"]),
    }
    held_out = torch.tensor(index["takes"]) < HELD_OUT_TAKES
    dataset = audio_dataset(
        "spoken-digits",
        {key: value[~held_out] for key, value in fields.items()},
        {key: value[held_out] for key, value in fields.items()},
        RATE,
        classes=DIGITS,
        licence="CC-BY-SA-4.0",
        source="Free Spoken Digit Dataset (Jakobovski and others), 30 takes of 50",
    )
    columns = {"speaker": torch.tensor(index["speakers"]), "digit": fields["label"]}
    return with_factors(
        dataset,
        {"speaker": speakers(), "digit": DIGITS},
        {key: value[~held_out] for key, value in columns.items()},
        {key: value[held_out] for key, value in columns.items()},
    )


def speakers() -> tuple[str, ...]:
    """The names of the six speakers, in the order of the factor `speaker`."""
    return tuple(json.loads((SPOKEN / "digits.json").read_text("utf-8"))["names"])


@lru_cache(maxsize=1)
def recordings() -> dict[str, Tensor]:
    """The recordings of noise by name, float32 (T,) each, about ten seconds at 8 kHz."""
    index = json.loads((SPOKEN / "noises.json").read_text("utf-8"))
    pieces = read_mono(SPOKEN / "noises.flac")[0].split(index["lengths"])
    return dict(zip(index["names"], pieces, strict=True))


def noise_recordings(held_out: bool) -> list[Tensor]:
    """The recordings of noise that held-out sounds are mixed with, or those for training."""
    return [wave for name, wave in recordings().items() if (name in HELD_OUT_NOISES) == held_out]
