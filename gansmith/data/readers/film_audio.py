"""`film-audio:FOLDER`: frames of films, each conditioned on the second of sound around it.

Films are decoded by ffmpeg, which comes with the extra `video`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.audio import log_mel
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.condition import Condition
from gansmith.data.readers.image_file import FILTER, UnreadableError, crop_and_resize
from gansmith.data.readers.image_size import unusable_files
from gansmith.data.readers.options import ReadOptions
from gansmith.data.readers.split import HELD_OUT, refuse_val
from gansmith.data.readers.video_file import FILMS, film_audio, film_frames
from gansmith.data.readers.video_folder import held_out_clips, size_of_clips, split_clips
from gansmith.data.spec import DataError, Dataset

PER_SECOND = 4  # frames of a film that are taken
RATE = 16_000  # samples a second of the sound; a condition is one second of it
BANDS, FRAMES = 64, 64  # of its spectrogram


@dataclass(frozen=True)
class Scene:
    """Frames uint8 (N, C, H, W), and the spectrograms of the sound around them (N, 1, 64, 64)."""

    frames: Tensor
    spectrograms: Tensor

    def part(self, start: int, stop: int) -> Scene:
        """The frames from `start` on, `stop` excluded."""
        return Scene(self.frames[start:stop], self.spectrograms[start:stop])


def read_film_audio(path: Path, per_second: str, options: ReadOptions) -> Dataset:
    """The films below a folder; a film is trained on or held out as a whole.

    per_second: frames of every second that are taken, 1 to 30; "" is PER_SECOND. Where they would
    take more than options.large bytes, every second one is left out, or more.
    `train` and `val` (valid, validation, test) are a given split; otherwise a tenth of the films is
    held out, by their names, or the last tenth of a single film, without the second before it.
    Raises DataError naming the films that cannot be read or have no sound, unless they are to be
    skipped.
    """
    rate = int(per_second or PER_SECOND)
    if not 1 <= rate <= 30:
        raise DataError(f"1 to 30 frames of every second are taken; got {rate}")
    if path.is_file():
        raise DataError(f"{path} is a single file; give the folder that the films lie in")
    clips, split = split_clips(path)
    films = [clip for clip in clips if clip.files[0].suffix.lower() in FILMS]
    if not films:
        raise DataError(f"{path} holds no films: bring {' '.join(FILMS)}")
    bad: dict[str, str] = {}
    size = options.size or size_of_clips(films, path, bad)
    how = partial(crop_and_resize, size=size, channels=options.channels or 3)
    scenes: dict[str, Scene] = {}
    for film in films:
        if film.name in bad:
            continue
        try:
            frames = torch.from_numpy(film_frames(film.files[0], how, rate).frames)
            sound = torch.from_numpy(film_audio(film.files[0], RATE).copy())
            scenes[film.name] = Scene(frames, around(sound, len(frames), rate))
        except UnreadableError as error:
            bad[film.name] = str(error)
    if not scenes or (bad and not options.skip_bad):
        raise unusable_files(bad, [film.name for film in films], path, "films")
    parts = _split(scenes, split, rate, path, options)
    count = sum(len(scene.frames) for part in parts for scene in part)
    step = max(1, math.ceil(count * parts[0][0].frames[0].numel() / options.large))
    real, conditions = (
        [torch.cat([getattr(x, field)[::step] for x in part]) for part in parts]
        for field in ("frames", "spectrograms")
    )
    dataset = image_dataset(
        path.stem,
        *({"real": rows} for rows in real),
        source=str(path),
        filter=f"centre crop, {FILTER}",
    )
    condition = Condition("log-mel", length=RATE, rate=RATE, channels=1, height=BANDS, width=FRAMES)
    return replace(with_condition(dataset, condition, conditions[0], conditions[1]), skipped=bad)


def around(sound: Tensor, count: int, per_second: int) -> Tensor:
    """The spectrograms of the second around each of `count` frames, uint8 (count, 1, 64, 64).

    sound: (T,) from the first frame on. Silence stands before its beginning and after its end.
    """
    needed = RATE + math.ceil(count * RATE / per_second)
    padded = F.pad(sound, (RATE // 2, max(0, needed - len(sound))))
    starts = [round(frame * RATE / per_second) for frame in range(count)]
    made = [
        log_mel(torch.stack([padded[x : x + RATE] for x in starts[first : first + 256]]),
                RATE, BANDS, FRAMES)
        for first in range(0, count, 256)
    ]  # fmt: skip
    return torch.cat(made)


def _split(
    scenes: dict[str, Scene],
    split: set[str] | None,
    per_second: int,
    path: Path,
    options: ReadOptions,
) -> list[list[Scene]]:
    """What to train on, and what to hold out."""
    if split is None and len(scenes) == 1:
        (film,) = scenes.values()
        count = len(film.frames)
        cut = math.ceil(count * (1 - (options.val or HELD_OUT)))
        if cut <= per_second or cut >= count:
            raise DataError(f"{path}: one film of {count} frames is too short to hold out a part")
        return [[film.part(0, cut - per_second)], [film.part(cut, count)]]
    if split is not None:
        refuse_val(options.val, str(path))
    held_out = split if split is not None else held_out_clips(list(scenes), options.val, path)
    parts = [[x for n, x in scenes.items() if (n in held_out) == out] for out in (False, True)]
    if not all(parts):
        raise DataError(f"{path}: a part of it has no film that can be read")
    return parts
