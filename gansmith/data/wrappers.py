"""What may stand before the name of data: `grey:` degrades it, `video:` reads clips, and so on.

WRAPPERS has a row for each. A `Transform` makes data from data; a `Reader` reads a path that holds
files of another form than those which `readers.read` knows by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from gansmith.data.domains import classes_as_domains, domains_as_classes
from gansmith.data.readers.options import ReadOptions
from gansmith.data.spec import Dataset
from gansmith.data.transforms.degrade import DEGRADATIONS, degrade
from gansmith.data.transforms.embed_text import embed_text
from gansmith.data.transforms.swap_labels import swap_labels


class Transform(NamedTuple):
    """A wrapper that makes data from data: `apply(dataset, argument)`.

    argument: a pattern of what may stand behind its name, as the speaker of domains-speaker.
    each_domain: whether data with domains is transformed domain by domain.
    """

    apply: Callable[[Dataset, str], Dataset]
    argument: str = ""
    each_domain: bool = True


class Reader(NamedTuple):
    """A wrapper that reads a path: `read(path, argument, options)`; argument as of a Transform."""

    read: Callable[[Path, str, ReadOptions], Dataset]
    argument: str = ""


Wrapper = Transform | Reader


def _pairs(path: Path, argument: str, options: ReadOptions, *, reverse: bool = False) -> Dataset:
    from gansmith.data.readers.image_pairs import read_side_by_side

    return read_side_by_side(path, options, reverse=reverse)


def _video(path: Path, argument: str, options: ReadOptions) -> Dataset:
    from gansmith.data.readers.video_folder import read_videos

    return read_videos(path, argument, options)


def _film_audio(path: Path, argument: str, options: ReadOptions) -> Dataset:
    from gansmith.data.readers.film_audio import read_film_audio

    return read_film_audio(path, argument, options)


def _degrade(name: str, dataset: Dataset, argument: str) -> Dataset:
    return degrade(name, dataset)


def _embed_text(dataset: Dataset, argument: str) -> Dataset:
    return embed_text(dataset)


def _to_labels(dataset: Dataset, argument: str) -> Dataset:
    return swap_labels(dataset)


def _labelled(dataset: Dataset, argument: str) -> Dataset:
    return domains_as_classes(dataset)


def _domains(dataset: Dataset, argument: str) -> Dataset:
    return classes_as_domains(dataset, argument.removeprefix("-") or "label")


WRAPPERS: dict[str, Wrapper] = {
    **{name: Transform(partial(_degrade, name)) for name in DEGRADATIONS},
    "embed-text": Transform(_embed_text),
    "to-labels": Transform(_to_labels),
    "domains": Transform(_domains, r"(-\w+)?", each_domain=False),
    "labelled": Transform(_labelled, each_domain=False),
    "pairs": Reader(_pairs),
    "pairs-reversed": Reader(partial(_pairs, reverse=True)),
    "video": Reader(_video, r"\d*"),
    "film-audio": Reader(_film_audio, r"\d*"),
}


def find_wrapper(prefix: str) -> tuple[Wrapper, str] | None:
    """The wrapper of a prefix such as video8, and its argument, "8"; None where it is none."""
    for name, wrapper in WRAPPERS.items():
        match = re.fullmatch(f"{re.escape(name)}({wrapper.argument})", prefix)
        if match:
            return wrapper, match[1]
    return None
