"""A path of the user's own becomes a Dataset: what it holds decides which reader is called."""

from __future__ import annotations

from pathlib import Path

from gansmith.audio import EXTENSIONS as SOUNDS
from gansmith.data.readers.audio import holds_sounds, read_sounds
from gansmith.data.readers.folders import read_folder, read_zip
from gansmith.data.readers.npz_idx import idx_files, read_idx_file, read_idx_folder, read_npz
from gansmith.data.readers.options import LARGE, Wishes
from gansmith.data.readers.pairs import read_halves
from gansmith.data.readers.pictures import EXTENSIONS
from gansmith.data.readers.text import SUFFIXES, read_text
from gansmith.data.spec import DataError, Dataset

FORMS = (
    "a folder of pictures, of class folders, of train and val, of given and real, or of trainA and "
    "trainB; a zip of the same; a folder of WAV or FLAC files; "
    ".npz or .npy; IDX files or a folder of them; .txt or .txt.gz with a sentence per line"
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
    """Read the user's own data. DataError says what is wrong with it; see `Wishes` for the options.

    A folder is read as IDX when it has files of MNIST's names, as text when it has train.txt[.gz],
    as sounds when it has WAV or FLAC files, else as pictures.
    """
    wishes = Wishes(size=size, channels=channels, val=val, skip_bad=skip_bad, large=large)
    path = Path(path).expanduser()
    if path.is_dir():
        return _folder(path, wishes)
    if not path.is_file():
        raise DataError(f"{path} does not exist; data is {FORMS}")
    name = path.name.lower()
    if name.endswith(".zip"):
        return read_zip(path, wishes)
    if name.endswith((".npz", ".npy")):
        return read_npz(path, wishes)
    if name.endswith(SUFFIXES):
        return read_text(path, wishes)
    if "-ubyte" in name or name.endswith((".idx", ".idx.gz")):
        return read_idx_file(path, wishes)
    if name.endswith(EXTENSIONS):
        raise DataError(f"{path} is a single picture; give the folder that it lies in")
    if name.endswith(SOUNDS):
        raise DataError(f"{path} is a single sound; give the folder that it lies in")
    raise DataError(f"{path} is of no known form; data is {FORMS}")


def read_pairs(
    path: str | Path,
    *,
    back: bool = False,
    size: int | None = None,
    channels: int | None = None,
    val: float | None = None,
    skip_bad: bool = False,
) -> Dataset:
    """Read pictures with two halves side by side, in a folder or a zip, as pairs.

    back: what is given is on the right. DataError says what is wrong with them.
    """
    path = Path(path).expanduser()
    if not path.is_dir() and not path.name.lower().endswith(".zip"):
        raise DataError(f"{path} is no folder and no zip of pictures with two halves")
    wishes = Wishes(size=size, channels=channels, val=val, skip_bad=skip_bad)
    return read_halves(path, wishes, back=back)


def _folder(path: Path, wishes: Wishes) -> Dataset:
    if idx_files(path):
        return read_idx_folder(path, wishes)
    for suffix in SUFFIXES:
        if (path / f"train{suffix}").is_file():
            return read_text(path / f"train{suffix}", wishes)
    if holds_sounds(path):
        return read_sounds(path, wishes)
    return read_folder(path, wishes)
