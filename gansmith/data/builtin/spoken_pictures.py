"""`spoken-pictures`: handwritten digits conditioned on spoken ones, the louder the larger.

A spoken digit is scaled to a loudness that is drawn, and the image is a handwritten digit of the
same class whose side grows with it. Only the sound carries its loudness: the log-mel
image has an absolute level. Two of the six speakers, and every loudness outside a middle range,
occur only in the held-out part.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gansmith.audio import log_mel
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.builtin.shipped import DIGITS, open_digits
from gansmith.data.builtin.spoken_digits import LENGTH, RATE, open_spoken_digits
from gansmith.data.condition import Condition
from gansmith.data.spec import Dataset, Fields

SEED = 2019
SIZE, BANDS, FRAMES = 32, 32, 32
HELD_OUT_SPEAKERS = (1, 4)
LEVELS = (-46.0, -16.0)  # decibels of the mean power, of full scale, of held-out sounds
KNOWN = (-40.0, -22.0)  # of those that are trained on
SIDES = (10, 30)  # pixels of a digit at the lowest and at the highest level
DRAWN = (3, 1)  # times that each clip is drawn, to train on and held out


def side_at(level: Tensor) -> Tensor:
    """The side of a digit in pixels at a level in decibels, (N,) int64: a straight line."""
    share = (level - LEVELS[0]) / (LEVELS[1] - LEVELS[0])
    return (SIDES[0] + (SIDES[1] - SIDES[0]) * share).round().long().clamp(*SIDES)


def open_spoken_pictures() -> Dataset:
    """Digits of 32x32 grey pixels, bright on black, each with a spoken digit.

    Beside `label` there is `level`, float32 (N,), the loudness in decibels of full scale.
    3,600 are trained on, four speakers three times over; 600 of two other speakers are held out.
    """
    spoken, written = open_spoken_digits(), open_digits()
    every = {
        key: torch.cat([spoken.train[key], spoken.held_out[key]])
        for key in ("real", "lengths", "label", "factor_speaker")
    }
    held_out = (every["factor_speaker"][:, None] == torch.tensor(HELD_OUT_SPEAKERS)).any(1)
    parts, conditions = [], []
    for place, (rows, shapes, levels) in enumerate(
        ((~held_out, written.train, KNOWN), (held_out, written.held_out, LEVELS))
    ):
        draw = np.random.Generator(np.random.PCG64([SEED, place]))
        chosen = {k: v[rows].repeat_interleave(DRAWN[place], 0) for k, v in every.items()}
        level = torch.from_numpy(draw.uniform(*levels, len(chosen["label"]))).float()
        conditions.append(_sounds(chosen, level))
        real = _images(chosen["label"], side_at(level), shapes, draw)
        parts.append({"real": real, "label": chosen["label"], "level": level})
    condition = Condition(
        "log-mel", length=LENGTH, rate=RATE, channels=1, height=BANDS, width=FRAMES
    )
    images = image_dataset(
        "spoken-pictures",
        *parts,
        classes=DIGITS,
        licence="CC-BY-SA-4.0 AND CC-BY-4.0",
        source=f"{spoken.spec.source}; {written.spec.source}",
        filter="8 to 10 .. 30 pixels, bicubic",
    )
    return with_condition(images, condition, conditions[0], conditions[1])


def _sounds(chosen: Fields, level: Tensor) -> Tensor:
    """The log-mel images of clips whose mean power is brought to a level in decibels."""
    made = []
    for wave, length, db in zip(
        chosen["real"].split(256), chosen["lengths"].split(256), level.split(256), strict=True
    ):
        power = wave.square().sum(1) / length
        made.append(log_mel(wave * (10 ** (db / 20) / power.sqrt())[:, None], RATE, BANDS, FRAMES))
    return torch.cat(made)


def _images(label: Tensor, side: Tensor, shapes: Fields, draw: np.random.Generator) -> Tensor:
    """A digit of each class and side, in the middle of black, uint8 (N, 1, SIZE, SIZE)."""
    of = [(shapes["label"] == k).nonzero().squeeze(1).numpy() for k in range(len(DIGITS))]
    small = shapes["real"][:, 0].numpy()
    pages = np.zeros((len(label), 1, SIZE, SIZE), np.uint8)
    for page, kind, pixels in zip(pages[:, 0], label.tolist(), side.tolist(), strict=True):
        digit = small[of[kind][draw.integers(len(of[kind]))]]
        drawn = Image.fromarray(digit).resize((pixels, pixels), Image.Resampling.BICUBIC)
        start = (SIZE - pixels) // 2
        page[start : start + pixels, start : start + pixels] = _sharp(np.asarray(drawn))
    return torch.from_numpy(pages)


def _sharp(pixels: np.ndarray) -> np.ndarray:
    """Twice the contrast around the middle grey, so that an enlarged stroke keeps its edge."""
    return np.clip(2 * pixels.astype(np.int16) - 128, 0, 255).astype(np.uint8)
