"""Talking heads from folders of images: gansmith translate RUN landmarks/ --reference person/."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import gansmith
from gansmith.cli import main
from gansmith.data import DataError
from gansmith.data.builtin.faces.drawing import draw_faces, draw_landmarks
from gansmith.data.builtin.faces.sets import random_faces
from gansmith.data.builtin.faces.shape import landmarks
from gansmith.inference.talking_head import write_faces
from gansmith.runs.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two steps of a tiny talking head on the shipped faces."""
    out = tmp_path_factory.mktemp("heads") / "run"
    return gansmith.train("talking-head", steps=2, width=4, embed_dim=6, shots=1, batch=2, out=out)


@pytest.fixture
def person(tmp_path: Path) -> Path:
    people, poses, _ = random_faces(3, 99)
    save(tmp_path / "person" / "face", draw_faces(people, poses))
    save(tmp_path / "person" / "landmarks", draw_landmarks(landmarks(people, poses)))
    save(tmp_path / "poses", draw_landmarks(landmarks(people, poses)[:2]))
    return tmp_path / "person"


def save(folder: Path, images: Tensor) -> None:
    folder.mkdir(parents=True)
    for place, image in enumerate(images):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(folder / f"{place}.png")


def read(path: Path) -> Tensor:
    return torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1)


def test_every_landmark_image_is_followed_under_its_own_name(
    run: Run, person: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poses, out = person.parent / "poses", person.parent / "out"
    words = ["translate", str(run.folder), str(poses), "--reference", str(person), "-o", str(out)]
    main(words)
    assert "wrote 2 images to" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == ["0.png", "1.png"]
    first = [read(out / f"{n}.png") for n in (0, 1)]
    assert first[0].shape == (3, 32, 32)
    assert not first[0].equal(first[1])
    main([*words, "--finetune", "2"])
    assert not read(out / "0.png").equal(first[0])


def test_a_single_landmark_image_is_taken_as_help_says(run: Run, person: Path) -> None:
    pose, out = person.parent / "poses" / "1.png", person.parent / "out"
    assert write_faces(run, pose, out, reference=person).count == 1
    assert [path.name for path in out.iterdir()] == ["1.png"]
    write_faces(run, pose, person.parent / "one.png", reference=person)
    assert read(person.parent / "one.png").equal(read(out / "1.png"))


def test_images_of_one_name_are_all_answered_and_none_of_a_person_is_lost(
    run: Run, person: Path
) -> None:
    poses, out = person.parent / "poses", person.parent / "out"
    (poses / "1.png").rename(poses / "0.bmp")
    assert write_faces(run, poses, out, reference=person).count == 2
    assert sorted(path.name for path in out.iterdir()) == ["0.bmp.png", "0.png.png"]
    (person / "face" / "1.png").rename(person / "face" / "0.bmp")
    with pytest.raises(DataError, match="face has several images called 0: keep one of them"):
        write_faces(run, poses, out, reference=person)


def test_the_run_is_measured_as_faces_are(run: Run) -> None:
    numbers = run.evaluate(n=20)
    assert {"landmarks", "identity", "l1"} <= set(numbers)
    assert numbers["landmarks"].real is not None
    assert numbers["landmarks"].value > 2 * numbers["landmarks"].real  # it is hardly trained


def test_an_image_without_its_landmarks_is_named(run: Run, person: Path) -> None:
    (person / "landmarks" / "1.png").unlink()
    with pytest.raises(DataError, match="landmarks/; 1 has none"):
        write_faces(run, person.parent / "poses", person.parent / "out", reference=person)
    assert not (person.parent / "out").exists()


def test_folders_that_are_not_there_are_named(run: Run, person: Path) -> None:
    poses, out = person.parent / "poses", person.parent / "out"
    with pytest.raises(
        DataError, match="face holds no person: give a folder with face/ and landmarks/"
    ):
        write_faces(run, poses, out, reference=person / "face")
    with pytest.raises(ValueError, match="0 steps or more; got -1"):
        write_faces(run, poses, out, reference=person, finetune=-1)
    with pytest.raises(ValueError, match="overwrite"):
        write_faces(run, poses, poses, reference=person)


@pytest.mark.parametrize("words", [[], ["--finetune", "3"]])
def test_a_person_is_needed(
    run: Run, person: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["translate", str(run.folder), str(person.parent / "poses"), *words])
    said = capsys.readouterr().err
    assert "talking-head needs a person: give a folder with face/ and landmarks/" in said
    assert "by --reference" in said
