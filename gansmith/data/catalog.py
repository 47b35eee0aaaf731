"""The data sets with a name: those that ship, are generated, or are on this machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from gansmith.data.builtin.collages import open_collages
from gansmith.data.builtin.facades import open_facades
from gansmith.data.builtin.faces.sets import open_captioned_faces, open_faces, open_talking_faces
from gansmith.data.builtin.generated import open_generated
from gansmith.data.builtin.grammar import open_grammar
from gansmith.data.builtin.mnist import open_local
from gansmith.data.builtin.number_words import open_number_words
from gansmith.data.builtin.shipped import (
    open_captions,
    open_digits,
    open_emoji,
    open_emoji_lines,
    open_emoji_names,
    open_fashion,
)
from gansmith.data.builtin.spoken_digits import open_spoken_digits
from gansmith.data.builtin.spoken_pictures import open_spoken_pictures
from gansmith.data.builtin.video import open_animated_emoji, open_moving_digits, open_turning_shapes
from gansmith.data.hub_name import HUB
from gansmith.data.spec import Dataset

STYLED = "emoji:"  # before the styles of emoji, joined by +


class Entry(NamedTuple):
    """A named data set: the function that opens it, one line on it, and its licence (SPDX)."""

    open: Callable[[], Dataset]
    about: str
    licence: str


EMOJI_LICENCE = "Apache-2.0 AND CC-BY-4.0 AND CC-BY-SA-4.0 AND MIT"

DATA: dict[str, Entry] = {
    "fashion": Entry(
        open_fashion, "24,000 garments of Fashion-MNIST, 28x28 grey, 10 classes", "MIT"
    ),
    "digits": Entry(open_digits, "1797 handwritten digits, 8x8 grey, 10 classes", "CC-BY-4.0"),
    "emoji": Entry(
        open_emoji,
        "1599 emoji in 4 styles, 32x32 RGB; as emoji:noto+twemoji the styles are domains",
        EMOJI_LICENCE,
    ),
    "emoji:noto": Entry(partial(open_emoji, "noto"), "1599 emoji in Google's style", "Apache-2.0"),
    "emoji:twemoji": Entry(
        partial(open_emoji, "twemoji"), "1599 emoji in Twitter's style", "CC-BY-4.0"
    ),
    "emoji:openmoji": Entry(
        partial(open_emoji, "openmoji"), "1599 emoji in OpenMoji's outlined style", "CC-BY-SA-4.0"
    ),
    "emoji:fluent3d": Entry(
        partial(open_emoji, "fluent3d"), "1599 emoji in Microsoft's shaded style", "MIT"
    ),
    "emoji-lines": Entry(
        open_emoji_lines, "1599 emoji with their line art, 32x32: pairs", "CC-BY-SA-4.0"
    ),
    "emoji-names": Entry(
        open_emoji_names,
        "emoji in 4 styles with their names and keywords, 32x32 RGB",
        EMOJI_LICENCE,
    ),
    "moving-digits": Entry(
        open_moving_digits,
        "900 clips of two digits that bounce, 32x32 grey, 12 frames",
        "CC-BY-4.0",
    ),
    "turning-shapes": Entry(
        open_turning_shapes, "900 clips of a shape that turns left or right by chance", "CC0-1.0"
    ),
    "animated-emoji": Entry(
        open_animated_emoji, "182 animated emoji of 16 frames, 32x32 RGB: clips", "MIT"
    ),
    "faces": Entry(open_faces, "9,000 drawn faces conditioned on attributes, 32x32 RGB", "CC0-1.0"),
    "faces-captioned": Entry(
        open_captioned_faces, "the same faces conditioned on sentences", "CC0-1.0"
    ),
    "talking-faces": Entry(
        open_talking_faces,
        "1,120 drawn people, 9 images of each, with landmark images",
        "CC0-1.0",
    ),
    "collages": Entry(
        open_collages,
        "8,000 noisy images of several garments, and which they are: label sets",
        "MIT",
    ),
    "spoken-digits": Entry(
        open_spoken_digits, "1800 spoken digits of six speakers, 8 kHz, 10 classes", "CC-BY-SA-4.0"
    ),
    "spoken-pictures": Entry(
        open_spoken_pictures,
        "4200 handwritten digits conditioned on spoken ones, the louder the larger, 32x32 grey",
        "CC-BY-SA-4.0 AND CC-BY-4.0",
    ),
    "captions": Entry(open_captions, "14,129 COCO captions of up to 20 words", "CC-BY-4.0"),
    "number-words": Entry(
        open_number_words, "numbers below 10,000 in words, to be written in digits", "CC0-1.0"
    ),
    "grammar": Entry(
        open_grammar, "sentences of a toy grammar that can be checked exactly", "CC0-1.0"
    ),
    "ring": Entry(partial(open_generated, "ring"), "8 Gaussians on the unit circle", "CC0-1.0"),
    "grid": Entry(partial(open_generated, "grid"), "25 Gaussians on a 5x5 grid", "CC0-1.0"),
    "moons": Entry(partial(open_generated, "moons"), "two interleaving half circles", "CC0-1.0"),
    "swiss-roll": Entry(partial(open_generated, "swiss-roll"), "a spiral in the plane", "CC0-1.0"),
    "mixture-1d": Entry(
        partial(open_generated, "mixture-1d"), "two unequal Gaussians on the line", "CC0-1.0"
    ),
    "fashion-mnist": Entry(
        partial(open_local, "fashion-mnist"),
        "the whole of Fashion-MNIST, if on this machine",
        "MIT",
    ),
    "mnist": Entry(
        partial(open_local, "mnist"), "the whole of MNIST, if on this machine", "CC-BY-SA-3.0"
    ),
    "facades": Entry(
        open_facades,
        "506 facades, 128x128, labels to photographs: pairs, if on this machine",
        "research only",
    ),
}


def is_named(name: str) -> bool:
    """Whether a name is that of a data set, here or on the hub, and not a path."""
    return name in DATA or name.startswith((STYLED, HUB))


def open_named(name: str) -> Dataset:
    """The data set of a name in DATA, or emoji:STYLE+STYLE. Raises DataError for other styles."""
    entry = DATA.get(name)
    return entry.open() if entry else open_emoji(name.removeprefix(STYLED))
