"""Spoilt images by hand, the same for everybody, anew in every batch."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import DataError, Dataset, open_data, open_source
from gansmith.data.build import image_dataset
from gansmith.data.transforms.degrade import (
    DEGRADATIONS,
    GREY,
    blur,
    cut_hole,
    degrade,
    downsample,
    edges,
    grey,
    hole,
    noise,
)


def random(n: int = 8, channels: int = 3, size: int = 16) -> Tensor:
    return Rng(1).integers(256, n, channels, size, size).to(torch.uint8)


OF_PICTURES = [name for name, how in DEGRADATIONS.items() if how.kind == "image"]


@cache
def images() -> Dataset:
    real = random(20)
    return image_dataset("toy", {"real": real[:16]}, {"real": real[16:]})


@pytest.mark.parametrize("name", OF_PICTURES)
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_left_has_the_shape_that_is_said(name: str, channels: int) -> None:
    real = random(channels=channels)
    dataset = degrade(name, image_dataset("toy", {"real": real[:6]}, {"real": real[6:]}))
    condition = dataset.spec.condition
    assert condition is not None
    given = open_source(dataset, 4, 0).at(0)["condition"]
    assert given.shape[1:] == condition.shape
    assert given.dtype == torch.uint8
    assert dataset.held_out["condition"].shape == (2, *condition.shape)
    assert dataset.spec.name == f"{name}:toy"
    assert "condition" not in dataset.train


@pytest.mark.parametrize("name", OF_PICTURES)
def test_a_batch_is_a_function_of_its_number_and_random_ones_differ(name: str) -> None:
    dataset = degrade(name, images())
    one, same = (open_source(dataset, 16, 0).at(3) for _ in range(2))
    assert one["condition"].equal(same["condition"])
    assert one["real"].equal(same["real"])
    first, second = (open_source(dataset, 16, 0).at(n) for n in (0, 1))  # an epoch each

    def by_picture(batch: dict[str, Tensor]) -> Tensor:
        return batch["condition"][batch["real"].flatten(1)[:, :9].double().sum(1).argsort()]

    is_random = name in ("noise", "hole")
    assert by_picture(first).equal(by_picture(second)) is not is_random
    assert not first["real"].equal(second["real"])


@pytest.mark.parametrize("name", ["noise", "hole"])
def test_what_is_random_is_drawn_anew_for_every_batch_and_seed(name: str) -> None:
    flat = image_dataset("flat", *({"real": torch.full((8, 1, 16, 16), 99).byte()} for _ in "ab"))
    dataset = degrade(name, flat)
    given = [
        open_source(dataset, 8, seed).at(n)["condition"] for seed, n in ((0, 0), (0, 1), (1, 0))
    ]
    assert not given[0].equal(given[1])
    assert not given[0].equal(given[2])


def test_the_fingerprint_knows_the_pictures_and_what_was_done_to_them() -> None:
    prints = {degrade(name, images()).spec.fingerprint for name in OF_PICTURES}
    assert len(prints | {images().spec.fingerprint}) == len(OF_PICTURES) + 1


def test_grey_is_the_luma() -> None:
    x = torch.tensor([255, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1)
    assert grey(x, Rng(0)).item() == 76  # .299 * 255


def test_edges_are_dark_where_brightness_changes_and_white_elsewhere() -> None:
    x = torch.full((1, 3, 8, 8), 50, dtype=torch.uint8)
    x[:, 1, :, 4:] = 90  # a step of 40 in one channel, which Sobel sees as 40
    found = edges(x, Rng(0))
    assert found.shape == (1, 1, 8, 8)
    assert found[0, 0, 3].tolist() == [255, 255, 255, 175, 175, 255, 255, 255]


def test_a_blur_keeps_the_mean_and_what_is_even() -> None:
    even = torch.full((1, 1, 20, 20), 77, dtype=torch.uint8)
    assert blur(even, Rng(0)).equal(even)
    for axis in (2, 3):
        line = torch.zeros(1, 1, 41, 41, dtype=torch.uint8)
        line.select(axis, 20).fill_(255)
        spread = blur(line, Rng(0)).double().sum(5 - axis).flatten()
        place = torch.arange(41.0).double() - 20
        variance = (spread * place.square()).sum() / spread.sum()
        assert float(variance.sqrt()) == pytest.approx(41 / 20, rel=0.05)


def test_squares_become_their_means() -> None:
    x = torch.tensor([[10, 20, 0, 0], [30, 40, 0, 2]], dtype=torch.uint8)[None, None]
    assert downsample(2)(x, Rng(0)).flatten().tolist() == [25, 0]


def test_noise_has_the_strength_that_is_said_and_another_for_each_picture() -> None:
    x = torch.full((200, 1, 32, 32), 128, dtype=torch.uint8)
    std = (noise(x, Rng(1)).double() - 128).flatten(1).std(1)
    assert 9 < std.min() < 15
    assert 52 < std.max() < 63
    assert float(std.mean()) == pytest.approx(34, abs=3)  # a little is cut off at 0 and 255


def test_holes_are_rectangles_of_a_quarter_to_a_half_of_each_side() -> None:
    x = random(300, 1, 20)
    given = hole(x, Rng(2))
    mask = given[:, 1] == 255
    assert ((given[:, 1] == 255) | (given[:, 1] == 0)).all()
    for image, spoilt, missing in zip(x[:, 0], given[:, 0], mask, strict=True):
        assert (spoilt[missing] == GREY).all()
        assert spoilt[~missing].equal(image[~missing])
        rows, columns = missing.any(1), missing.any(0)
        assert missing.equal(rows[:, None] & columns[None])
        for side in (rows, columns):
            assert 5 <= int(side.sum()) <= 10
            assert int(side.nonzero().max() - side.nonzero().min()) + 1 == int(side.sum())
    assert mask.any(0).all()  # every place is hidden some time


def test_a_hole_of_one_s_own() -> None:
    x = random(1)
    missing = torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    missing[..., 3, 5] = True
    given = cut_hole(x, missing)
    assert given.shape == (1, 4, 16, 16)
    assert given[0, :, 3, 5].tolist() == [GREY] * 3 + [255]
    assert given[0, 3].sum() == 255


def test_data_that_cannot_be_spoilt_are_refused() -> None:
    with pytest.raises(DataError, match="grey degrades data of kind image; ring holds points"):
        open_data("grey:ring")
    with pytest.raises(DataError, match=r"whose side 4 divides; toy has 14: give --size 12"):
        degrade(
            "down4",
            image_dataset("toy", {"real": random(4, size=14)}, {"real": random(2, size=14)}),
        )
    with pytest.raises(DataError, match="degradations are grey, edges, .*; got 'tear'"):
        degrade("tear", images())


def test_a_folder_of_one_s_own(tmp_path: Path) -> None:
    for n in range(12):
        Image.new("RGB", (20, 20), (n, 0, 0)).save(tmp_path / f"{n}.png")
    dataset = open_data(f"down2:{tmp_path}", size=12)
    assert dataset.spec.size == 12
    assert dataset.held_out["condition"].shape[1:] == (3, 6, 6)
    assert dataset.held_out["condition"][:, 0, 0, 0].equal(dataset.held_out["real"][:, 0, 0, 0])
