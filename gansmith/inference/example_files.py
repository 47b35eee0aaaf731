"""Files to try the commands on: `gansmith examples FOLDER`. All are shipped data or drawn."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch import Tensor

from gansmith.audio import write_audio
from gansmith.core.files import write_atomic
from gansmith.core.images import png_bytes
from gansmith.data import open_data
from gansmith.data.builtin.faces.drawing import draw_faces, draw_landmarks
from gansmith.data.builtin.faces.people import random_poses
from gansmith.data.builtin.faces.sets import random_faces
from gansmith.data.builtin.faces.shape import landmarks
from gansmith.inference.talking_head import FACES, LANDMARKS
from gansmith.inference.video import write_clip
from gansmith.rendering.grid import to_pil

DOG = 35  # of the held-out emoji
SHOWN = 8  # images of a person
EXAMPLE_PART = 4  # of the drawn faces: parts 0 to 3 are data sets
DRAWN = "made by Gansmith, CC0-1.0"
FASHION = "Fashion-MNIST, Copyright (c) 2017 Zalando SE, MIT"
NOTO = "Noto Emoji, Google LLC, Apache-2.0, made 32x32 on white"
TWEMOJI = "Twemoji, Copyright Twitter, Inc and other contributors, CC-BY-4.0, made 32x32 on white"
OPENMOJI = "OpenMoji, all emojis designed by OpenMoji, CC-BY-SA-4.0, made 32x32"
SPOKEN = "Free Spoken Digit Dataset, Zohar Jackson and other contributors, CC-BY-SA-4.0"
DIGITS = "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, CC-BY-4.0"
NOISE = (
    "with one of four noises: city (gezortenplotz, CC-BY), coffee_shop (stephan, public domain), "
    "running_tap (Speech Commands, CC-BY-4.0), train (SDLx, CC-BY-3.0)"
)
PAGE = """# Example files

Inputs for the commands of Gansmith's tour, written by `gansmith examples`. {count}
The texts of the licences are in licences/.

| file or folder | what it is, and what to try it with | from, and its licence |
| --- | --- | --- |
"""


class Example(NamedTuple):
    """A file or folder to write: what it is for, whose it is, and how it is made."""

    use: str
    credit: str
    write: Callable[[Path], None]


def write_examples(folder: Path) -> list[Path]:
    """Write every example, a README.md and the licences' texts. Returns what can be used.

    Raises FileExistsError where the folder holds anything.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} exists and is not empty; give a new folder")
    rows = []
    for name, example in EXAMPLES.items():
        example.write(folder / name)
        rows.append(f"| {name} | {example.use} | {example.credit} |\n")
    for text in (files("gansmith.data") / "files" / "licences").iterdir():
        write_atomic(folder / "licences" / text.name, text.read_bytes())
    page = PAGE.format(count=f"{len(EXAMPLES)} files and folders.") + "".join(rows)
    write_atomic(folder / "README.md", page.encode())
    return [folder / name for name in EXAMPLES]


def _images(name: str, count: int, field: str = "real") -> Callable[[Path], None]:
    """Some held-out images of a data set."""
    return lambda target: _save(_spread(open_data(name).held_out[field], count), target)


def _spread(rows: Tensor, count: int) -> Tensor:
    return rows[:: len(rows) // count][:count]


def _save(images: Tensor, folder: Path) -> None:
    for number, image in enumerate(images):
        write_atomic(folder / f"{number:04d}.png", png_bytes(to_pil(image)))


def _drawing(target: Path) -> None:
    line_art = open_data("emoji-lines").held_out["condition"][DOG]
    write_atomic(target, png_bytes(to_pil(line_art)))


def _classes(target: Path) -> None:
    fashion = open_data("fashion")
    for name in ("trouser", "sneaker", "bag"):
        label = [x.lower() for x in fashion.spec.classes].index(name)
        _save(fashion.train["real"][fashion.train["label"] == label][:40], target / name)


def _domains(target: Path) -> None:
    styles = open_data("emoji:noto+twemoji")
    for part, rows, count in (("train", styles.train, 60), ("test", styles.held_out, 20)):
        for domain, name in zip("AB", styles.spec.domains, strict=True):
            _save(_spread(rows[name], count), target / f"{part}{domain}")


def _pairs(target: Path) -> None:
    lines = open_data("emoji-lines")
    for side, field in (("condition", "condition"), ("real", "real")):
        _save(_spread(lines.train[field], 60), target / side)


def _sound(name: str, field: str) -> Callable[[Path], None]:
    def write(target: Path) -> None:
        data = open_data(name)
        row, length = data.held_out[field][0], int(data.held_out["lengths"][0])
        write_audio(target, row[None, :length], data.spec.rate)

    return write


def _clip(target: Path) -> None:
    digits = open_data("moving-digits")
    assert digits.spec.condition is not None
    past = digits.held_out["condition"][0].unflatten(0, (digits.spec.condition.frames, -1))
    frames = [*past, digits.held_out["real"][0]]
    write_clip([to_pil(frame) for frame in frames], 100, target)


def _landmarks(target: Path) -> None:
    _save(_one_person()[1][SHOWN:], target)


def _person(target: Path) -> None:
    for name, images in zip((FACES, LANDMARKS), _one_person(), strict=True):
        _save(images[:SHOWN], target / name)


def _one_person() -> tuple[Tensor, Tensor]:
    """Images of a drawn person in several poses, and their landmark images."""
    people, _, draw = random_faces(1, EXAMPLE_PART)
    rows, poses = people.take(np.zeros(2 * SHOWN, int)), random_poses(2 * SHOWN, draw)
    return draw_faces(rows, poses), draw_landmarks(landmarks(rows, poses))


def _faces(target: Path) -> None:
    people, poses, _ = random_faces(500, EXAMPLE_PART)
    _save(draw_faces(people, poses), target)


def _questions(target: Path) -> None:
    data = open_data("number-words")
    _lines(data.condition_sentences(data.held_out["condition"][:20]), target)


def _sentences(target: Path) -> None:
    data = open_data("grammar")
    _lines(data.sentences(data.train["tokens"][:2000]), target)


def _lines(lines: list[str], target: Path) -> None:
    write_atomic(target, ("\n".join(lines) + "\n").encode())


def _points(target: Path) -> None:
    page = io.BytesIO()
    np.save(page, open_data("moons").train["real"][:5000].numpy())
    write_atomic(target, page.getvalue())


EXAMPLES: dict[str, Example] = {
    "drawing.png": Example("line art of an emoji: translate, by pix2pix", OPENMOJI, _drawing),
    "photos": Example(
        "emoji in one style: translate, by cyclegan and stargan", NOTO, _images("emoji:noto", 24)
    ),
    "garments": Example(
        "images: encode by vae, classify by classifier", FASHION, _images("fashion", 24)
    ),
    "collages": Example(
        "garments side by side: translate, by multi-label",
        FASHION,
        _images("collages", 24, "condition"),
    ),
    "noisy.wav": Example(
        "a spoken digit in noise: translate, by speech-enhancement",
        f"{SPOKEN}; {NOISE}",
        _sound("noisy:spoken-digits", "condition"),
    ),
    "voice.wav": Example(
        "a spoken digit: sample --audio, by sound-to-image", SPOKEN, _sound("spoken-digits", "real")
    ),
    "clip.gif": Example("five frames: translate, by next-frame", DIGITS, _clip),
    "landmarks": Example(
        "landmark images to follow: translate, by talking-head", DRAWN, _landmarks
    ),
    "person": Example("images of a person: translate --reference", DRAWN, _person),
    "questions.txt": Example("numbers in words: translate, by seq2seq", DRAWN, _questions),
    "pictures": Example("drawn faces: train --data pictures/", DRAWN, _faces),
    "classes": Example("a folder for each class: train --data classes/", FASHION, _classes),
    "pairs": Example("line art and colors: train --data pairs/", OPENMOJI, _pairs),
    "horses2zebras": Example(
        "trainA, trainB, testA, testB, of two styles of emoji: train --data horses2zebras/",
        f"A: {NOTO}; B: {TWEMOJI}",
        _domains,
    ),
    "sentences.txt": Example("a sentence per line: train --data sentences.txt", DRAWN, _sentences),
    "points.npy": Example("points in the plane: train --data points.npy", DRAWN, _points),
}
