"""Images with a sound each: `heart.png` and `heart.wav`, in one folder or in two.

Sounds lie beside the images, or below a folder `audio` as the images do below `images`. Each image
is conditioned on the log-mel spectrogram of its sound; class folders give labels.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.audio import AudioError, log_mel, read_mono, resample
from gansmith.data.build import with_condition
from gansmith.data.condition import Condition
from gansmith.data.readers.decode_cache import BadFiles
from gansmith.data.readers.file_list import AUDIO, IMAGES, DataFile
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.image_folder import read_image_files
from gansmith.data.readers.options import ReadOptions
from gansmith.data.spec import DataError, Dataset

FOLDERS = ("audio", "images")  # where sounds and images may lie apart
BANDS, FRAMES = 64, 64  # of a spectrogram
FASTEST = 16_000  # samples a second that sounds are brought to at most
LONGEST = 4.0  # seconds of a sound that count, from its beginning


@dataclass(frozen=True)
class Sounds:
    """The waveforms of images, (T,) each at one rate, by the names of the images."""

    waveforms: dict[str, Tensor]
    rate: int
    bad: BadFiles

    def missing(self, files: Sequence[DataFile]) -> BadFiles:
        """The images without a sound."""
        known = self.waveforms.keys() | self.bad.keys()
        return {file.name: "has no sound of its name" for file in files if file.name not in known}

    def add_to(self, dataset: Dataset, train: Sequence[str], held_out: Sequence[str]) -> Dataset:
        """The images with the log-mel spectrograms of their sounds.

        All sounds are brought to the length of the longest, 4 seconds at most, by silence behind
        them.
        """
        longest = max(len(self.waveforms[name]) for name in [*train, *held_out])
        length = max(FRAMES, min(longest, round(LONGEST * self.rate)))
        condition = Condition(
            "log-mel", length=length, rate=self.rate, channels=1, height=BANDS, width=FRAMES
        )
        one, other = (self._spectrograms(part, length) for part in (train, held_out))
        return with_condition(dataset, condition, one, other)

    def _spectrograms(self, names: Sequence[str], length: int) -> Tensor:
        made = []
        for start in range(0, len(names), 256):
            rows = [self.waveforms[name][:length] for name in names[start : start + 256]]
            padded = torch.stack([F.pad(row, (0, length - len(row))) for row in rows])
            made.append(log_mel(padded, self.rate, BANDS, FRAMES))
        return torch.cat(made)


def read_sound_images(files: Sequence[DataFile], path: Path, options: ReadOptions) -> Dataset:
    """The images among files, each conditioned on the sound of its name.

    Raises DataError naming images without a sound, sounds without an image, and files that cannot
    be read, unless options.skip_bad.
    """
    images: dict[str, DataFile] = {}
    bad: BadFiles = {}
    for file in files:
        if IMAGES.holds(file):
            first = images.setdefault(_key(file), file)
            if first is not file:
                bad[file.name] = f"has the name of {first.name}"
    found: dict[str, tuple[Tensor, int]] = {}
    sounds = [file for file in files if AUDIO.holds(file)]
    if not images.keys() & {_key(file) for file in sounds}:
        raise DataError(
            f"{path} holds {len(sounds)} sounds and {len(images)} images of other names: give each "
            "image a sound of its name, or keep one kind"
        )
    for file in sounds:
        image = images.get(_key(file))
        if image is None:
            bad[file.name] = "has no image of its name"
            continue
        if image.name in found:
            bad[file.name] = f"is a second sound of {image.name}"
            continue
        try:
            found[image.name] = read_mono(io.BytesIO(file.read()), LONGEST)
        except (AudioError, UnreadableError) as error:
            bad[image.name] = f"the sound {file.name}: {error}"
    rate = min([FASTEST, *(own for _, own in found.values())])
    waveforms = {name: resample(x, own, rate).clamp(-1, 1) for name, (x, own) in found.items()}
    return read_image_files(files, path, options, Sounds(waveforms, rate, bad))


def _key(file: DataFile) -> str:
    """The name without its ending, and without the folder of sounds or of images."""
    parts = list(PurePosixPath(file.name).with_suffix("").parts)
    for folder in FOLDERS:
        if folder in parts[:-1]:
            parts.remove(folder)
            break
    return str(PurePosixPath(*parts))
