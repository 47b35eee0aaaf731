"""Data sets of the Hugging Face hub, or folders of that form, by the library `datasets`.

The columns are found by their types: an Image or Audio column is what is generated, or else the
column of strings; a ClassLabel is the class; beside images and sounds without one, the column of
strings called caption, text, sentence, prompt or description is the caption, and a list of strings
is several.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import fsspec

from gansmith.core.extras import install
from gansmith.data.hub_name import HubName, parse_hub_name
from gansmith.data.readers.audio_folder import read_audio_files
from gansmith.data.readers.file_list import DataFile
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.image_folder import read_image_files
from gansmith.data.readers.layout import HELD_OUT_NAMES
from gansmith.data.readers.options import ReadOptions
from gansmith.data.readers.text_file import Corpus, Line, corpus_dataset
from gansmith.data.spec import DataError, Dataset

CAPTIONS = ("caption", "captions", "text", "sentence", "prompt", "description")
STARTS = {b"RIFF": ".wav", b"fLaC": ".flac", b"OggS": ".ogg"}


class Columns(NamedTuple):
    """The names of the columns that are used; "" for none. kind: image, audio or text."""

    kind: str
    main: str
    label: str
    caption: str


def read_hub(name: str, options: ReadOptions) -> Dataset:
    """A data set by its name, `hf:...`; the images and sounds are read by the rules of folders.

    Without a split: `train`, and held out the first of val, valid, validation and test that is
    there, or a tenth. With one: that split, of which a tenth is held out. The first rows of a split
    (`[:1000]`) are streamed, so that no more than these is downloaded.
    Raises DataError for a name that is not found, a hub that cannot be reached, and a data set
    without a column that can be used; RuntimeError without the library.
    """
    hub_name = parse_hub_name(name)
    splits = _load(hub_name)
    features = splits["train"].features
    if features is None:
        raise DataError(f"{name} does not say what its columns are, so none can be chosen")
    columns = find_columns(features, name)
    if columns.kind == "text":
        dataset = _sentences(hub_name, splits, columns, features, options)
    else:
        files = [
            file
            for split, rows in splits.items()
            for file in _files(split, rows, columns, features, options)
        ]
        read = read_image_files if columns.kind == "image" else read_audio_files
        dataset = read(files, Path(hub_name.place), options)
    used = ", ".join(x for x in columns[1:] if x)
    licence = splits["train"].info.license or ""
    spec = replace(dataset.spec, source=f"{hub_name.placeless()} ({used})", licence=licence)
    return replace(dataset, spec=spec)


def find_columns(features: Any, where: str) -> Columns:
    """The columns to use. Raises DataError where there is none, or it is unclear which."""
    from datasets import Audio, ClassLabel, Image

    def named(kind: type) -> list[str]:
        return [name for name, feature in features.items() if isinstance(feature, kind)]

    strings = [name for name, feature in features.items() if _is_strings(feature)]
    label = next(iter(named(ClassLabel)), "")
    for kind, main in (("image", named(Image)), ("audio", named(Audio))):
        if main:
            caption = "" if label else next((x for x in CAPTIONS if x in strings), "")
            return Columns(kind, main[0], label, caption)
    plain = [name for name in strings if getattr(features[name], "dtype", "") == "string"]
    known = [name for name in CAPTIONS if name in plain] or plain
    if len(known) == 1 or (known and known[0] in CAPTIONS):
        return Columns("text", known[0], label, "")
    there = ", ".join(f"{name} ({feature})" for name, feature in features.items())
    raise DataError(
        f"{where} has no column of images, sounds or sentences that can be used"
        + f": of {', '.join(plain)} none is called {', '.join(CAPTIONS)}" * bool(plain)
        + f". Its columns are {there}"
    )


def _is_strings(feature: Any) -> bool:
    """Whether a column holds a string, or a list of them, in each row."""
    inner = getattr(feature, "feature", feature)
    return getattr(inner, "dtype", "") == "string"


def _load(name: HubName) -> dict[str, Any]:
    """The rows to train on, and those held out where they have a split of their own."""
    try:
        import datasets
    except ImportError as error:
        raise RuntimeError(f"data of the hub needs datasets: {install('datasets')}") from error
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    place = name.absolute().place
    if name.is_folder and not Path(place).exists():
        raise DataError(f"there is no folder {place}, which {name} names")
    saved = (Path(place, "state.json").exists(), Path(place, "dataset_dict.json").exists())
    try:
        if any(saved):
            loaded = datasets.load_from_disk(place)
            loaded = {"train": loaded} if saved[0] else loaded
        else:
            loaded = datasets.load_dataset(
                place,
                name.configuration or None,
                split=name.split or None,
                streaming=bool(name.rows),
            )
            loaded = {name.split: loaded} if name.split else loaded
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise DataError(f"{name} cannot be loaded: {error}. {_advice(error)}") from error
    split = name.split or "train"
    if split not in loaded:
        raise DataError(
            f"{name} has no split {split}; name one of {', '.join(loaded)}: hf:NAME:SPLIT"
        )
    if name.split:
        return {"train": loaded[split].take(name.rows) if name.rows else loaded[split]}
    held_out = next((split for split in HELD_OUT_NAMES if split in loaded), None)
    return {"train": loaded[split]} | ({"test": loaded[held_out]} if held_out else {})


def _advice(error: Exception) -> str:
    if isinstance(error, ConnectionError):
        return "Check the name and the network; what was loaded once is kept and needs none"
    return "`hf:NAME:SPLIT` and `hf:NAME:CONFIGURATION:SPLIT` name a part of a data set"


def _files(
    split: str, rows: Any, columns: Columns, features: Any, options: ReadOptions
) -> Iterator[DataFile]:
    """The rows of a split as files in folders of their classes, or with a table of captions.

    Rows of a data set on the disk are read when they are needed; streamed ones are kept.
    """
    import datasets

    undecoded = {"image": datasets.Image, "audio": datasets.Audio}[columns.kind](decode=False)
    rows = rows.select_columns([x for x in columns[1:] if x]).cast_column(columns.main, undecoded)
    if isinstance(rows, datasets.IterableDataset):
        rows = list(rows)
    names = features[columns.label].names if columns.label else []
    captions = []
    for number, row in enumerate(rows):
        folder = split
        if names:
            label = row[columns.label]
            if label is None or label < 0:
                if options.skip_bad:
                    continue
                raise DataError(
                    f"row {number} of {split} has no {columns.label}; give another split, or pass "
                    "--skip-bad to leave such rows out"
                )
            folder += "/" + re.sub(r"[/\\]", "-", names[label])
        try:
            raw = _raw(rows, columns.main, number)
        except UnreadableError:  # raised again, and told with the name, when the row is decoded
            raw = b""
        name = f"{number:08d}{_suffix(raw, columns)}"
        stamp = hashlib.sha256(raw).hexdigest()
        yield DataFile(
            f"{folder}/{name}", len(raw), stamp, partial(_raw, rows, columns.main, number)
        )
        for text in _texts(row, columns.caption):
            captions.append(f"{name}\t{text}\n")
    if columns.caption:
        table = "".join(captions).encode()
        yield DataFile(f"{split}/captions.tsv", len(table), "", lambda: table)


def _raw(rows: Any, column: str, number: int) -> bytes:
    """The bytes of a picture or sound, which stand in its row or in a file that it names."""
    value = rows[number][column]
    if value is None:
        return b""
    if value["bytes"] is not None:
        return bytes(value["bytes"])
    try:
        with fsspec.open(value["path"], "rb") as file:
            return bytes(file.read())
    except OSError as error:
        raise UnreadableError(f"{value['path']}: {error}") from error


def _suffix(raw: bytes, columns: Columns) -> str:
    return ".png" if columns.kind == "image" else STARTS.get(raw[:4], ".mp3")


def _texts(row: dict[str, Any], column: str) -> list[str]:
    """The captions of a row, each on one line."""
    found = row[column] if column else []
    return [" ".join(x.split()) for x in ([found] if isinstance(found, str) else found or [])]


def _sentences(
    name: HubName, splits: dict[str, Any], columns: Columns, features: Any, options: ReadOptions
) -> Dataset:
    """Sentences, with their classes where they have some."""
    used: list[int] = []
    if columns.label:
        every = (row[columns.label] for rows in splits.values() for row in rows)
        used = sorted({label for label in every if label is not None and label >= 0})
    corpus = Corpus(options)
    for split, rows in splits.items():
        for number, row in enumerate(rows):
            for text in filter(None, _texts(row, columns.main)):
                if not used:
                    label = 0
                elif row[columns.label] in used:
                    label = used.index(row[columns.label])
                else:
                    continue
                line = iter([Line(number, text)])
                corpus.add(Path(split), line, label, held_out=split != "train")
    classes = [features[columns.label].names[label] for label in used]
    path = Path(name.place)
    return corpus_dataset(path.name, corpus, len(splits) > 1, classes, path, options)
