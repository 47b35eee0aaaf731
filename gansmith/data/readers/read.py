"""A path of the user's own becomes a Dataset: what it holds decides which reader is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gansmith.core.files import user_path
from gansmith.data.readers.array_file import mnist_files, read_idx_file, read_idx_folder, read_npz
from gansmith.data.readers.audio_folder import read_audio_files
from gansmith.data.readers.file_list import AUDIO, IMAGES, DataFile, open_listing, other_files
from gansmith.data.readers.image_folder import read_image_files
from gansmith.data.readers.options import LARGE, ReadOptions
from gansmith.data.readers.persons import holds_persons, read_persons
from gansmith.data.readers.sound_images import read_sound_images
from gansmith.data.readers.text_file import (
    SUFFIXES,
    is_parallel,
    read_parallel,
    read_text,
    read_text_folder,
    text_files,
)
from gansmith.data.spec import DataError, Dataset

FORMS = (
    "a folder of images, of class folders, of train and val, of condition and real, or of trainA "
    "and trainB; a zip of the same; sounds (WAV, FLAC, MP3, Ogg) in the same ways; images and "
    "sounds of the same names; .npz or .npy; IDX files or a folder of them; .txt or .txt.gz with a "
    "sentence per line, .tsv with a pair of sentences, or a folder of text files"
)


def read_path(
    path: str | Path,
    *,
    size: int | None = None,
    channels: int | None = None,
    val: float | None = None,
    skip_bad: bool = False,
    large: int = LARGE,
) -> Dataset:
    """Read the user's own data. DataError says what is wrong with it; see `ReadOptions`.

    A folder is read as IDX when it has files of MNIST's names, as text when it has train.txt,
    source.txt and target.txt, or text files only; otherwise by the images and sounds in it.
    """
    options = ReadOptions(size=size, channels=channels, val=val, skip_bad=skip_bad, large=large)
    path = user_path(path)
    if path.is_dir():
        return _folder(path, options)
    if not path.is_file():
        what = "is a pipe or a device" if path.exists() else "does not exist"
        raise DataError(f"{path} {what}; data is {FORMS}")
    name = path.name.lower()
    if name.endswith(".zip"):
        with open_listing(path) as files:
            return _files(files, path, options)
    if name.endswith((".npz", ".npy")):
        return read_npz(path, options)
    if name.endswith(SUFFIXES):
        return read_text(path, options)
    if "-ubyte" in name or name.endswith((".idx", ".idx.gz")):
        return read_idx_file(path, options)
    for media in (IMAGES, AUDIO):
        if name.endswith(media.suffixes):
            what = media.noun.removesuffix("s")
            raise DataError(f"{path} is a single {what}: give a folder of {media.noun}")
    raise DataError(f"{path} is in no format that Gansmith reads; data is {FORMS}")


def _folder(path: Path, options: ReadOptions) -> Dataset:
    if mnist_files(path):
        return read_idx_folder(path, options)
    for suffix in SUFFIXES:
        if (path / f"train{suffix}").is_file():
            return read_text(path / f"train{suffix}", options)
    if is_parallel(path):
        return read_parallel(path, options)
    with open_listing(path) as files:
        if any(media.holds(file) for file in files for media in (IMAGES, AUDIO)):
            return _files(files, path, options)
        texts = text_files(path)
        if len(texts) == 1:
            return read_text(texts[0], options)
        return read_text_folder(path, options) if texts else _files(files, path, options)


def _files(files: Sequence[DataFile], path: Path, options: ReadOptions) -> Dataset:
    """The images and sounds of a folder or a zip; its other files are named in the data set."""
    return replace(_media(files, path, options), others=other_files(path))


def _media(files: Sequence[DataFile], path: Path, options: ReadOptions) -> Dataset:
    images = [file for file in files if IMAGES.holds(file)]
    sounds = [file for file in files if AUDIO.holds(file)]
    if sounds and images:
        return read_sound_images(files, path, options)
    if sounds:
        return read_audio_files(files, path, options)
    if holds_persons(files):
        return read_persons(files, path, options)
    return read_image_files(files, path, options)
