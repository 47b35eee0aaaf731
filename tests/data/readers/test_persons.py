"""People in several images with landmark images: references, and who is held out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from gansmith.data import DataError, Dataset, open_data


def person(folder: Path, number: int, count: int, size: int = 16) -> None:
    """Faces of (number, image, 0) and landmark images of (number, image, 255)."""
    for side, blue in (("face", 0), ("landmarks", 255)):
        for image in range(count):
            path = folder / side / f"{image}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (size, size), (number, image, blue)).save(path)


def check(data: Dataset) -> None:
    """All images of a row are of one person, all differ, and landmarks go with their images."""
    assert data.spec.condition is not None
    count = data.spec.condition.references
    for part in (data.train, data.held_out):
        rows = torch.cat([part["condition"][:, :3], part["real"], part["condition"][:, 3:]], 1)
        frames = rows[:, :, 0, 0].unflatten(1, (-1, 3))  # landmarks, real, real, landmarks ...
        assert (frames[:, :, 0] == frames[:, :1, 0]).all()
        assert frames[:, 0, 1].equal(frames[:, 1, 1])  # the landmarks to follow are the image's
        assert frames[:, 2::2, 1].equal(frames[:, 3::2, 1])
        numbers = torch.cat([frames[:, :1, 1], frames[:, 2::2, 1]], 1)
        assert all(len(set(row.tolist())) == count + 1 for row in numbers)
        assert (frames[:, 2::2, 2] == 0).all()
        assert (frames[:, 3::2, 2] == 255).all()


def test_people_are_split_and_give_as_many_examples_as_they_have_images(tmp_path: Path) -> None:
    for number in range(6):
        person(tmp_path / f"p{number}", number, 7 if number == 2 else 3)
    data = open_data(tmp_path)
    condition = data.spec.condition
    assert condition is not None
    assert (condition.kind, condition.references, condition.shape) == (
        "references",
        2,
        (15, 16, 16),
    )
    check(data)
    people = [part["real"][:, 0, 0, 0] for part in (data.train, data.held_out)]
    assert not set(people[0].tolist()) & set(people[1].tolist())
    every = torch.cat(people)
    assert every.bincount().tolist() == [1, 1, 2, 1, 1, 1]
    ids = torch.cat([data.train["person"], data.held_out["person"]])
    assert len({(a, b) for a, b in zip(every.tolist(), ids.tolist(), strict=True)}) == 6
    assert int(data.train["person"].max()) < data.spec.train
    assert [tuple(x.shape[1:]) for x in condition.previews(data.train["condition"])] == [
        (3, 16, 16),
        (3, 16, 16),
    ]


def test_a_given_split_eight_references_at_most_and_a_size(tmp_path: Path) -> None:
    person(tmp_path / "train" / "ann", 1, 12)
    person(tmp_path / "val" / "bob", 2, 10)
    data = open_data(tmp_path, size=8)
    assert data.spec.condition is not None
    assert data.spec.condition.shape == (51, 8, 8)
    assert (data.spec.train, data.spec.held_out) == (1, 1)
    check(data)
    with pytest.raises(DataError, match="split"):
        open_data(tmp_path, val=0.5)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for number in range(4):
        person(tmp_path / f"p{number}", number, 3)
    (tmp_path / "p0" / "landmarks" / "1.png").unlink()
    (tmp_path / "p1" / "face" / "0.png").write_bytes(b"")
    for image in (0, 1):
        (tmp_path / "p2" / "face" / f"{image}.png").unlink()
    Image.new("RGB", (16, 16), (3, 2, 0)).save(tmp_path / "p3" / "face" / "2.bmp")
    with pytest.raises(DataError) as error:
        open_data(tmp_path)
    assert "p3/face/2.png: has the name of p3/face/2.bmp" in str(error.value)
    assert "p0/face/1.png: has no image of its name in landmarks" in str(error.value)
    assert "p1/face/0.png: empty file" in str(error.value)
    data = open_data(tmp_path, skip_bad=True)
    assert {"p0/face/1.png", "p1/face/0.png", "p2"} <= set(data.skipped)
    assert data.skipped["p2"] == "has 1 image, and 2 are needed"
    check(data)


def test_a_single_person_is_refused(tmp_path: Path) -> None:
    person(tmp_path / "ann", 1, 4)
    with pytest.raises(DataError, match="1 different examples; at least two are needed"):
        open_data(tmp_path)
