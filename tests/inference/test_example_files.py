"""The files of `gansmith examples`: what the tour names is there, and the readers take it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from gansmith.cli import main
from gansmith.data import Condition, open_data
from gansmith.data.readers.image_folder import read_images
from gansmith.inference.audio_prompt import read_prompt
from gansmith.inference.example_files import EXAMPLES, write_examples
from gansmith.inference.images import find_images
from gansmith.inference.talking_head import _person
from gansmith.inference.video import _find, _read
from gansmith.presets.choose import choose_preset
from gansmith.sampling.prompts import parse_prompt

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples") / "ex"
    assert {path.name for path in write_examples(folder)} == set(EXAMPLES)
    return folder


def test_what_the_tour_reads_is_there(folder: Path) -> None:
    commands = re.findall(
        r"^gansmith (?:(?:translate|encode|classify) \S+ (\S+)|sample .*--audio (\S+)"
        r"|translate .*--reference (\S+)|train.* --data (\S+[./]\S*))",
        README,
        re.M,
    )
    named = {word.rstrip("/") for found in commands for word in found if word}
    assert {"drawing.png", "photos", "voice.wav", "points.npy"} <= named
    assert named <= set(EXAMPLES)
    assert all((folder / name).exists() for name in named)


def test_every_example_is_explained_with_its_licence(folder: Path) -> None:
    page = (folder / "README.md").read_text()
    licences = {path.stem for path in (folder / "licences").iterdir()}
    for name, example in EXAMPLES.items():
        assert f"| {name} |" in page
        assert re.search(r"(MIT|Apache-2\.0|CC-BY(-SA)?-[34]\.0|CC0-1\.0)", example.credit)
        for licence in re.findall(
            r"Apache-2\.0|CC-BY-SA-4\.0|CC-BY-[34]\.0|CC0-1\.0|MIT", example.credit
        ):
            assert licence in licences


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        ("pictures", "dcgan"),
        ("classes", "cgan"),
        ("pairs", "pix2pix"),
        ("horses2zebras", "cyclegan"),
        ("sentences.txt", "seqgan"),
        ("points.npy", "r3gan"),
    ],
)
def test_what_is_trained_on_is_read_and_gets_a_preset(folder: Path, name: str, preset: str) -> None:
    assert choose_preset(open_data(folder / name).spec).preset == preset


def test_what_is_translated_is_accepted_by_the_readers(folder: Path) -> None:
    for name, count in (("drawing.png", 1), ("photos", 24), ("garments", 24), ("collages", 24)):
        assert len(find_images(folder / name)) == count
    clip = Condition("clip", channels=4, height=32, width=32, frames=4)
    (item,) = _find(folder / "clip.gif")
    assert len(_read(item, clip).frames) == 5
    faces, marks = _person(folder / "person", 32, 3, False)
    assert len(faces) == len(marks) == len(read_images(folder / "landmarks", 32, 3, False)) == 8
    numbers = open_data("number-words")
    lines = (folder / "questions.txt").read_text().splitlines()
    assert len({tuple(parse_prompt(numbers, x, 1)[0].tolist()) for x in lines}) == len(lines) == 20
    heard = read_prompt(folder / "voice.wav", open_data("spoken-pictures").spec, 6.0)
    assert heard.float().std() > 1
    assert np.load(folder / "points.npy").shape == (5000, 2)


def test_a_folder_that_holds_something_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(SystemExit):
        main(["examples", str(folder)])
    assert "is not empty; give a new folder" in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before
