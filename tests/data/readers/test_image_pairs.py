"""Pairs of one's own: two folders, two halves, splits, and what has no partner is named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.data import DataError, Dataset, open_data
from gansmith.data.readers import image_pairs


def put(path: Path, value: int, mode: str = "L", size: tuple[int, int] = (8, 8)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value, 0, 0)).save(path)


def halves(path: Path, left: int, right: int, height: int = 8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = np.zeros((height, 16, 3), np.uint8)
    whole[:, :8, 0], whole[:, 8:, 1] = left, right
    Image.fromarray(whole).save(path)


def rows(dataset: Dataset) -> set[tuple[int, int]]:
    """(given, real) of every pair, by the first channel of the first pixel."""
    parts = (dataset.train, dataset.held_out)
    return {
        (int(given[0, 0, 0]), int(real[0, 0, 0]))
        for part in parts
        for given, real in zip(part["condition"], part["real"], strict=True)
    }


def test_two_folders_pair_by_name_whatever_the_extension(tmp_path: Path) -> None:
    for n in range(12):
        put(tmp_path / "condition" / f"{n}.png", n, size=(16, 16))
        put(tmp_path / "real" / f"{n}.bmp", 100 + n, "RGB")
    dataset = open_data(tmp_path)
    spec = dataset.spec
    assert (spec.kind, spec.size, spec.channels, spec.classes) == ("image", 8, 3, ())
    assert spec.condition is not None
    assert spec.condition.kind == "image"
    assert spec.condition.shape == (1, 8, 8)
    assert rows(dataset) == {(n, 100 + n) for n in range(12)}
    assert spec.held_out >= 1
    assert open_data(tmp_path, size=4).held_out["condition"].shape[1:] == (1, 4, 4)
    assert open_data(tmp_path, channels=1).spec.channels == 1
    assert open_data(tmp_path, val=0.5).spec.held_out > spec.held_out


@pytest.mark.parametrize("packed", [False, True])
def test_a_given_split_in_folder_and_zip(tmp_path: Path, packed: bool) -> None:
    root = tmp_path / "own"
    for n in range(4):
        for side, value in (("condition", n), ("real", 50 + n)):
            put(root / "train" / side / "deep" / f"{n}.png", value)
            put(root / "val" / side / f"{n}.png", 10 + value)
    path = root
    if packed:
        path = tmp_path / "own.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in root.rglob("*.png"):
                archive.write(file, Path("outer") / file.relative_to(root))
    dataset = open_data(path)
    assert (dataset.spec.train, dataset.spec.held_out, dataset.spec.name) == (4, 4, "own")
    assert sorted(dataset.held_out["condition"][:, 0, 0, 0].tolist()) == [10, 11, 12, 13]
    assert rows(dataset) == {(n, 50 + n) for n in (*range(4), *range(10, 14))}
    with pytest.raises(DataError, match="comes with its own split"):
        open_data(path, val=0.5)


def test_pictures_without_a_partner_are_named(tmp_path: Path) -> None:
    for n in range(4):
        put(tmp_path / "condition" / f"{n}.png", n)
        put(tmp_path / "real" / f"{n}.png", n)
    put(tmp_path / "condition" / "lonely.png", 9)
    put(tmp_path / "real" / "left.png", 9)
    put(tmp_path / "real" / "2.bmp", 9)
    with pytest.raises(DataError) as error:
        open_data(tmp_path)
    for line in (
        "condition/lonely.png: has no partner in real",
        "real/left.png: has no partner in condition",
        "real/2.png: has the name of real/2.bmp",
        "3 of 11 images cannot be used",
        "skip_bad=True",
    ):
        assert line in str(error.value)
    dataset = open_data(tmp_path, skip_bad=True)
    assert set(dataset.skipped) == {"condition/lonely.png", "real/left.png", "real/2.png"}
    assert dataset.spec.train + dataset.spec.held_out == 4


def test_pairs_of_other_proportions_are_named_and_a_pixel_is_forgiven(tmp_path: Path) -> None:
    for n in range(3):
        put(tmp_path / "condition" / f"{n}.png", n, size=(20, 13))
        put(tmp_path / "real" / f"{n}.png", n, size=(40, 27))
    assert open_data(tmp_path).spec.train == 2
    put(tmp_path / "condition" / "0.png", 0, size=(13, 20))
    with pytest.raises(DataError, match=r"condition/0.png: 13x20 pixels, and real/0.png has 40x27"):
        open_data(tmp_path)


def test_a_picture_on_its_side_is_measured_upright(tmp_path: Path) -> None:
    for n in range(3):
        put(tmp_path / "condition" / f"{n}.png", n, size=(16, 8))
        put(tmp_path / "real" / f"{n}.png", n, size=(16, 8))
    turned = Image.new("L", (8, 16), 5)
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "condition" / "0.png", exif=exif)
    assert open_data(tmp_path).spec.train == 2


def test_one_unreadable_side_leaves_out_the_pair(tmp_path: Path) -> None:
    for n in range(6):
        put(tmp_path / "condition" / f"{n}.png", n)
        put(tmp_path / "real" / f"{n}.png", 50 + n)
    whole = (tmp_path / "real" / "3.png").read_bytes()
    (tmp_path / "real" / "3.png").write_bytes(whole[:44])  # the header can still be read
    (tmp_path / "condition" / "4.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"condition/4.png: empty file"):
        open_data(tmp_path)
    dataset = open_data(tmp_path, skip_bad=True)
    assert set(dataset.skipped) == {"real/3.png", "condition/4.png"}
    assert rows(dataset) == {(n, 50 + n) for n in (0, 1, 2, 5)}


def test_folders_of_these_names_beside_others_are_classes(tmp_path: Path) -> None:
    for kind in ("condition", "real", "other"):
        for n in range(3):
            put(tmp_path / kind / f"{n}.png", n)
    assert open_data(tmp_path).spec.classes == ("condition", "other", "real")


@pytest.mark.parametrize("back", [False, True])
def test_two_halves(tmp_path: Path, back: bool) -> None:
    for n in range(6):
        halves(tmp_path / "train" / f"{n}.png", 1 + n, 100 + n)
    halves(tmp_path / "val" / "9.png", 50, 150)
    dataset = open_data(f"{'pairs-reversed' if back else 'pairs'}:{tmp_path}")
    left, right = ("real", "condition") if back else ("condition", "real")
    assert dataset.held_out[left][0, :, 0, 0].tolist() == [50, 0, 0]
    assert dataset.held_out[right][0, :, 0, 0].tolist() == [0, 150, 0]
    assert (dataset.spec.size, dataset.spec.train, dataset.spec.held_out) == (8, 6, 1)
    for one, other in zip(dataset.train[left], dataset.train[right], strict=True):
        assert int(other[1, 0, 0]) - int(one[0, 0, 0]) == 99


def test_pictures_that_have_no_halves_are_named(tmp_path: Path) -> None:
    halves(tmp_path / "0.png", 1, 2)
    halves(tmp_path / "1.png", 3, 4)
    put(tmp_path / "odd.png", 7, size=(17, 8))
    put(tmp_path / "square.png", 7, size=(8, 8))
    with pytest.raises(DataError) as error:
        open_data(f"pairs:{tmp_path}")
    assert "odd.png: 17x8 pixels are not two halves in a row" in str(error.value)
    assert "square.png: 8x8" in str(error.value)
    assert set(open_data(f"pairs:{tmp_path}", skip_bad=True).skipped) == {"odd.png", "square.png"}


def test_halves_of_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        open_data(f"pairs:{tmp_path}")
    with pytest.raises(DataError, match="no data set and no path"):
        open_data(f"pairs:{tmp_path / 'nowhere'}")


def test_pairs_too_large_for_memory_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        halves(tmp_path / f"{n}.png", n, n)
    monkeypatch.setattr(image_pairs, "MOST", 4 * 6 * 8 * 8 - 1)
    with pytest.raises(DataError, match="kept in memory.*--size"):
        open_data(f"pairs:{tmp_path}")
    assert open_data(f"pairs:{tmp_path}", size=4).held_out["condition"].shape[1:] == (3, 4, 4)


def test_palette_pictures_give_their_colours(tmp_path: Path) -> None:
    for n in range(3):
        label = Image.fromarray(np.full((8, 8), n, np.uint8), mode="P")
        label.putpalette([0, 0, 170, 0, 85, 255, 255, 0, 0])
        (tmp_path / "condition").mkdir(exist_ok=True)
        label.save(tmp_path / "condition" / f"{n}.png")
        put(tmp_path / "real" / f"{n}.png", n)
    dataset = open_data(tmp_path)
    seen = {tuple(x[:, 0, 0].tolist()) for x in torch.cat([p["condition"] for p in both(dataset)])}
    assert seen == {(0, 0, 170), (0, 85, 255), (255, 0, 0)}


def both(dataset: Dataset) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    return dataset.train, dataset.held_out
