"""Clips in files: animated images, films, and folders of numbered frames.

Animated GIF, WebP and PNG are read by Pillow; films (MP4 and so on) by ffmpeg, which comes with
the extra `video`. A frame becomes what an image becomes (`images`).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from gansmith.core.extras import install
from gansmith.core.files import distinct_names
from gansmith.data.readers.file_list import check_file, list_files, read_bytes
from gansmith.data.readers.image_file import (
    EXTENSIONS,
    UnreadableError,
    check_frames,
    check_size,
    count_frames,
    frames_of,
    read_header,
)
from gansmith.data.spec import DataError

ANIMATED = (".gif", ".webp", ".png", ".apng")
FILMS = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
FRAME_MS = 100  # milliseconds of a frame, where the file has no rate
MOST = 100_000  # frames of a clip

Read = Callable[[Image.Image], np.ndarray]


class Video(NamedTuple):
    """The frames of a clip, uint8 (T, C, H, W), and the milliseconds that each is shown."""

    frames: np.ndarray
    frame_ms: int


@dataclass(frozen=True)
class Clip:
    """Where a clip lies: one file, or several of which each is a frame; its name and its home.

    name: below the folder that was searched; without the suffix of a file, unless there is a
        second of that name.
    """

    name: str
    files: tuple[Path, ...]

    def read(self, how: Read) -> Video:
        """The frames, each through `how`, all of one shape. Raises UnreadableError."""
        if self.files[0].suffix.lower() in FILMS:
            return film_frames(self.files[0], how)
        parts = [frames_of(read_bytes(file), how) for file in self.files]
        frames = [frame for part, _ in parts for frame in part]
        if len({frame.shape for frame in frames}) > 1:
            raise UnreadableError("its frames are of different sizes")
        return Video(np.stack(frames), parts[0][1] or FRAME_MS)

    def side(self) -> int:
        """The shorter side of the first frame. Raises UnreadableError."""
        if self.files[0].suffix.lower() in FILMS:
            reader, facts = _opened(self.files[0])
            reader.close()
            return int(min(facts["size"]))
        return min(read_header(read_bytes(file)).side for file in self.files)


def find_clips(root: Path) -> list[Clip]:
    """The clips below a folder, or the one in a file, by name.

    Every film and every animated image is a clip; the still images of a folder, in the order of
    the numbers in their names, are one clip together. Raises DataError when there is none.
    """
    if not root.is_dir():
        if not root.exists():
            raise DataError(f"{root} does not exist; give a clip, or a folder of clips")
        return [Clip(root.stem, (root,))]
    folders: dict[PurePosixPath, list[tuple[PurePosixPath, Path]]] = {}
    for name, file in list_files(root):
        inside = PurePosixPath(name)
        folders.setdefault(inside.parent, []).append((inside, file))
    found: list[Clip] = []
    for folder, files in sorted(folders.items()):
        still = []
        for inside, file in files:
            suffix = inside.suffix.lower()
            if suffix in FILMS or (suffix in ANIMATED and _moves(file)):
                found.append(Clip(str(inside), (file,)))
            elif suffix in EXTENSIONS:
                still.append(file)
        if still:
            name = f"{folder.as_posix()}/"
            found.append(Clip(name, tuple(sorted(still, key=_numbered))))
    if not found:
        raise DataError(
            f"{root} holds no clips: bring {' '.join((*ANIMATED, *FILMS))}, or a folder of "
            "numbered images for each clip"
        )
    return _named(found, root)


def _named(clips: list[Clip], root: Path) -> list[Clip]:
    """Clips that are called by their files or "FOLDER/", without endings where that is clear."""
    short = {
        clip.name: root.name if clip.name == "./"
        else clip.name.removesuffix("/" if clip.name[-1] == "/" else clip.files[0].suffix)
        for clip in clips
    }  # fmt: skip
    names = distinct_names(short, {clip.name: clip.name.removesuffix("/") for clip in clips})
    return [Clip(names[clip.name], clip.files) for clip in clips]


def write_film(frames: Sequence[Image.Image], frame_ms: int, file: Path) -> None:
    """Images of one size as a film. Raises DataError without imageio-ffmpeg.

    H.264 needs even sides, so an odd one repeats its last row.
    """
    width, height = frames[0].size
    even = (width + width % 2, height + height % 2)
    writer = import_ffmpeg().write_frames(
        str(file), even, fps=1000 / frame_ms, quality=8, macro_block_size=2, codec="libx264"
    )
    writer.send(None)
    for frame in frames:
        values = np.asarray(frame.convert("RGB"))
        pad = ((0, even[1] - height), (0, even[0] - width), (0, 0))
        writer.send(np.ascontiguousarray(np.pad(values, pad, "edge")))
    writer.close()


def import_ffmpeg() -> Any:
    """imageio_ffmpeg. Raises DataError where it is not installed."""
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise DataError(
            f"films are read and written by ffmpeg: {install('video')}; or use GIF, WebP or PNG"
        ) from error
    return imageio_ffmpeg


def _opened(file: Path, options: Sequence[str] = ()) -> tuple[Any, dict[str, Any]]:
    """The frames of a film as bytes, and its facts. Raises UnreadableError."""
    check_file(file)
    reader = import_ffmpeg().read_frames(str(file), output_params=list(options))
    try:
        return reader, next(reader)
    except (OSError, RuntimeError, StopIteration, ValueError, KeyError) as error:
        last = (str(error).strip().splitlines() or ["no frames"])[-1]
        raise UnreadableError(f"no film that ffmpeg can read: {last}") from error


def film_frames(file: Path, how: Read, per_second: int = 0) -> Video:
    """The frames of a film, each through `how`; per_second: so many of every second, 0 for all.

    Raises UnreadableError with the reason.
    """
    reader, facts = _opened(file, ["-vf", f"fps={per_second}"] if per_second else [])
    width, height = facts["size"]
    check_size(facts["size"])
    frames: list[np.ndarray] = []
    for raw in reader:
        frames.append(how(Image.fromarray(np.frombuffer(raw, np.uint8).reshape(height, width, 3))))
        check_frames(frames)
        if len(frames) > MOST:
            raise UnreadableError(f"more than {MOST} frames")
    if not frames:
        raise UnreadableError("no frames")
    rate = per_second or facts.get("fps") or 10
    return Video(np.stack(frames), max(1, round(1000 / rate)))


def film_audio(file: Path, rate: int) -> np.ndarray:
    """The sound of a film, mixed to one channel, float32 (T,) in [-1, 1], `rate` samples a second.

    Raises UnreadableError for a film without sound.
    """
    command = [import_ffmpeg().get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(file)]
    command += ["-vn", "-ac", "1", "-ar", str(rate), "-f", "s16le", "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode or not done.stdout:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no sound"])[-1]
        raise UnreadableError(f"no sound that ffmpeg can read: {last}")
    return np.frombuffer(done.stdout, "<i2").astype(np.float32) / 32768


def _moves(file: Path) -> bool:
    """Whether an image has frames; what cannot be read is left to be named later, as a clip."""
    try:
        return count_frames(read_bytes(file)) > 1
    except UnreadableError:
        return True


def _numbered(file: Path) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", file.stem)], file.name
