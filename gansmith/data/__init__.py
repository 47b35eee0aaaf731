"""Data sets by name or path: `open_data("fashion")`, `open_data("pictures/", size=64)`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from gansmith.core.suggest import nearest
from gansmith.data.builtin.collages import open_collages
from gansmith.data.builtin.facades import open_facades
from gansmith.data.builtin.faces.sets import open_faces, open_faces_told, open_talking_faces
from gansmith.data.builtin.generated import modes, open_generated
from gansmith.data.builtin.grammar import accepts, open_grammar
from gansmith.data.builtin.mnist import open_found
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
from gansmith.data.condition import Condition
from gansmith.data.readers.options import Wishes
from gansmith.data.readers.split import refuse_val
from gansmith.data.source import Join, Source, open_source
from gansmith.data.spec import DataError, Dataset, DataSpec, Fields
from gansmith.data.transforms.degrade import DEGRADATIONS, HALVES, degraded, split_name
from gansmith.data.transforms.embed_text import MEANING, by_meaning
from gansmith.data.transforms.resize import conformed
from gansmith.data.transforms.swap_labels import PREFIX, turned
from gansmith.data.transforms.windows import clip_name

__all__ = [
    "DATA",
    "DEGRADATIONS",
    "Condition",
    "DataError",
    "DataSpec",
    "Dataset",
    "Fields",
    "Join",
    "Source",
    "accepts",
    "modes",
    "open_data",
    "open_source",
]


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
        "1599 emoji in 4 styles, 32x32 RGB; emoji:noto+twemoji etc.: unpaired",
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
        open_emoji_names, "emoji in 4 styles with their names and keywords, 32x32", EMOJI_LICENCE
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
    "faces": Entry(open_faces, "9,000 drawn faces asked by attributes, 32x32 RGB", "CC0-1.0"),
    "faces-told": Entry(open_faces_told, "the same faces asked by sentences", "CC0-1.0"),
    "talking-faces": Entry(
        open_talking_faces,
        "1,120 drawn people, 9 pictures of each, with landmark pictures",
        "CC0-1.0",
    ),
    "collages": Entry(
        open_collages, "8,000 noisy pictures of several garments and which they are: labels", "MIT"
    ),
    "spoken-digits": Entry(
        open_spoken_digits, "1800 spoken digits of six speakers, 8 kHz, 10 classes", "CC-BY-SA-4.0"
    ),
    "spoken-pictures": Entry(
        open_spoken_pictures,
        "4200 handwritten digits asked by voices, the louder the larger, 32x32 grey",
        "CC-BY-SA-4.0 AND CC-BY-4.0",
    ),
    "captions": Entry(open_captions, "14,129 COCO captions of up to 20 words", "CC-BY-4.0"),
    "grammar": Entry(
        open_grammar, "sentences of a toy grammar that can be checked exactly", "CC0-1.0"
    ),
    "ring": Entry(partial(open_generated, "ring"), "8 Gaussians on the unit circle", "CC0-1.0"),
    "grid": Entry(partial(open_generated, "grid"), "25 Gaussians on a 5x5 grid", "CC0-1.0"),
    "moons": Entry(partial(open_generated, "moons"), "two half circles that embrace", "CC0-1.0"),
    "swiss-roll": Entry(partial(open_generated, "swiss-roll"), "a spiral in the plane", "CC0-1.0"),
    "mixture-1d": Entry(
        partial(open_generated, "mixture-1d"), "two unequal Gaussians on the line", "CC0-1.0"
    ),
    "fashion-mnist": Entry(
        partial(open_found, "fashion-mnist"),
        "the whole of Fashion-MNIST, if on this machine",
        "MIT",
    ),
    "mnist": Entry(
        partial(open_found, "mnist"), "the whole of MNIST, if on this machine", "CC-BY-SA-3.0"
    ),
    "facades": Entry(
        open_facades,
        "506 facades, 128x128, labels to photographs: pairs, if on this machine",
        "research only",
    ),
}


def open_data(
    name_or_path: str | Path,
    *,
    size: int | None = None,
    channels: int | None = None,
    val: float | None = None,
    skip_bad: bool = False,
) -> Dataset:
    """A data set by its name in DATA, as emoji:STYLE+STYLE, or by the path of the user's own files.

    grey:NAME, and so on for every name in DEGRADATIONS, asks for each picture by what the
    degradation leaves of it; NAME may be a path. pairs:PATH has pictures with two halves, left
    what is given and right the answer; pairs-back:PATH the other way round. meaning:NAME asks by
    what an encoder from elsewhere understands of the data's sentences. labels:PATH asks for the
    labels of each picture. video:PATH reads clips, each of whose frames is asked for by the 4
    before it; video8:PATH by 8.

    size, channels: what pictures are brought to; None keeps them as they are
    val: the part of the user's own data to hold out; named data sets have a split of their own
    skip_bad: leave out those of the user's files that cannot be read, instead of refusing all
    Raises DataError when there is no such name or path, or the data cannot be used.
    """
    name = str(name_or_path)
    spoilt, rest = split_name(name)
    if spoilt in HALVES:
        from gansmith.data.readers.read import read_pairs

        return read_pairs(
            rest,
            back=spoilt == "pairs-back",
            size=size,
            channels=channels,
            val=val,
            skip_bad=skip_bad,
        )
    if spoilt:
        inner = open_data(rest, size=size, channels=channels, val=val, skip_bad=skip_bad)
        return by_meaning(inner) if spoilt == MEANING else degraded(spoilt, inner)
    if name.startswith(PREFIX):
        rest = name.removeprefix(PREFIX)
        return turned(open_data(rest, size=size, channels=channels, val=val, skip_bad=skip_bad))
    opener = DATA[name].open if name in DATA else None
    if opener is None and name.startswith("emoji:"):
        opener = partial(open_emoji, name.removeprefix("emoji:"))
    if opener is not None:
        refuse_val(val, name)
        return conformed(opener(), size, channels)
    frames, rest = clip_name(name)
    path = Path(rest).expanduser()
    if not path.exists():
        raise DataError(_unknown(name))
    from gansmith.data.readers.read import read_path  # only here: names need no readers

    if frames:
        from gansmith.data.readers.video_folder import read_clips

        return read_clips(path, frames, Wishes(size, channels, val, skip_bad))
    return read_path(path, size=size, channels=channels, val=val, skip_bad=skip_bad)


def _unknown(name: str) -> str:
    meant = nearest(name.lower(), DATA)
    hint = f"did you mean {meant!r}? " if meant else ""
    return f"no data set and no path is called {name!r}; {hint}Data sets are {', '.join(DATA)}"
