"""Sheets, scatter plots and pages of sentences, down to the pixel."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.testing import assert_close

from gansmith.core.game import Batch
from gansmith.data import build
from gansmith.modalities.sheets import GAP, scatter, tile, to_uint8, translations, write_sheet


def pixels(image):
    return np.asarray(image)


def opened(content):
    return Image.open(io.BytesIO(content)).convert("RGB")


def flat(values, channels, side=100):
    """Pictures of one value each; at this side `tile` does not enlarge."""
    return torch.tensor(values, dtype=torch.uint8)[:, None, None, None].expand(
        -1, channels, side, side
    )


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_to_uint8_undoes_what_players_are_fed(layout):
    every = torch.arange(256, dtype=torch.uint8).view(4, 1, 8, 8).expand(4, 3, 8, 8)
    fed = Batch(real=every).to(torch.device("cpu"), layout).real
    assert (fed.dtype, fed.min().item(), fed.max().item()) == (torch.float32, -1.0, 1.0)
    back = to_uint8(fed)
    assert back.dtype == torch.uint8
    assert_close(back, every, rtol=0, atol=0)


def test_to_uint8_rounds_and_clamps():
    values = torch.tensor([-1.5, -1.0, -0.998, 0.0, 0.0040, 1.0, 7.0])
    assert to_uint8(values).tolist() == [0, 0, 0, 128, 128, 255, 255]


def test_tile_fills_rows_with_gaps_on_white():
    sheet = pixels(tile(flat([10, 20, 30, 40, 50], 3, 200), 3))
    assert sheet.shape == (2 * 200 + GAP, 3 * 200 + 2 * GAP, 3)
    for place, value in enumerate([10, 20, 30, 40, 50]):
        y, x = place // 3 * (200 + GAP), place % 3 * (200 + GAP)
        assert (sheet[y : y + 200, x : x + 200] == value).all()
    gaps = [sheet[200 : 200 + GAP], sheet[:, 200 : 200 + GAP], sheet[:, 400 + GAP : 400 + 2 * GAP]]
    assert all((gap == 255).all() for gap in gaps)
    assert (sheet[200 + GAP :, 2 * (200 + GAP) :] == 255).all()


def test_tile_keeps_colours_and_makes_grey_of_one_channel():
    colour = torch.tensor([9, 99, 199], dtype=torch.uint8)[None, :, None, None]
    assert pixels(tile(colour.expand(1, 3, 300, 300), 1))[5, 5].tolist() == [9, 99, 199]
    assert pixels(tile(flat([77], 1, 300), 1))[5, 5].tolist() == [77, 77, 77]


def test_tile_enlarges_small_pictures_in_whole_pixels():
    pictures = torch.arange(64, dtype=torch.uint8).view(1, 1, 8, 8)
    sheet = pixels(tile(pictures, 1))
    assert sheet.shape == (512, 512, 3)
    assert (sheet[:, :, 0] == np.kron(np.arange(64).reshape(8, 8), np.ones((64, 64)))).all()


BLUE, ORANGE = (0, 2), (2, 0)  # the channels of most and least light in each of the colours


def drawn(image, colour):
    """The place (x, y) in the middle of what is drawn in a colour, as a share of the picture."""
    light = pixels(image).astype(int)
    strong = light[:, :, colour[1]] - light[:, :, colour[0]] > 40
    strong[:80, 330:] = False  # the legend
    y, x = strong.nonzero()
    assert len(x)
    return x.mean() / image.width, 1 - y.mean() / image.height


@pytest.mark.parametrize("dim", [1, 2])
def test_scatter_draws_generated_points_beside_real_ones(dim):
    noise = torch.linspace(-0.3, 0.3, 99)[:, None].expand(-1, dim)
    image = opened(scatter(4 + noise, noise.clone().index_fill(0, torch.tensor([0]), 6.0)))
    assert image.size == (480, 480)
    real, generated = drawn(image, BLUE), drawn(image, ORANGE)
    assert generated[0] > real[0] + 0.2


def test_scatter_has_the_same_bytes_again():
    points, real = torch.randn(50, 2), torch.randn(50, 2)
    assert scatter(points, real) == scatter(points, real)


class Painter(nn.Module):
    """Samples out of the given stream, through one weight; translates by turning light to dark."""

    def __init__(self, *shape):
        super().__init__()
        self.shape = shape
        self.weight = nn.Parameter(torch.tensor(0.5))

    def sample(self, n, rng):
        return (self.weight * rng.normal(n, *self.shape)).detach()

    def translate(self, pictures, to):
        return (-pictures if to == "b" else pictures * 0).detach()


class Writer(nn.Module):
    def sample(self, n, rng):
        return rng.integers(3, n, 4)


def images(n, value=0, channels=1):
    fields = {"real": flat([value] * n, channels, 8).contiguous()}
    return build.image_dataset("tiny", fields, fields)


CASES = {
    "image": (Painter(1, 8, 8), images(4), ".png"),
    "colour": (Painter(3, 8, 8), images(4, channels=3), ".png"),
    "points": (Painter(2), build.points_dataset("p", torch.rand(9, 2), torch.rand(9, 2)), ".png"),
    "line": (Painter(1), build.points_dataset("p", torch.rand(9, 1), torch.rand(9, 1)), ".png"),
    "unpaired": (Painter(), build.unpaired("u", images(9, 30), images(9, 200)), ".png"),
    "text": (
        Writer(),
        build.text_dataset(
            "t",
            *[{"tokens": torch.ones(2, 4, dtype=torch.int16), "lengths": torch.tensor([4, 4])}] * 2,
            vocabulary=("", "yes", "no"),
        ),
        ".txt",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_one_state_gives_one_sheet(tmp_path, kind):
    game, dataset, suffix = CASES[kind]
    first = write_sheet(tmp_path / "one", 250, game, dataset, seed=3)
    assert first == tmp_path / "one" / f"00000250{suffix}"
    torch.randn(5)  # the global stream has no say
    second = write_sheet(tmp_path / "two", 500, game, dataset, seed=3)
    assert first.read_bytes() == second.read_bytes()
    if kind != "unpaired":
        other = write_sheet(tmp_path / "two", 750, game, dataset, seed=4)
        assert first.read_bytes() != other.read_bytes()


def test_a_sheet_of_pictures_has_eight_rows_of_eight(tmp_path):
    game, dataset, _ = CASES["image"]
    with Image.open(write_sheet(tmp_path, 0, game, dataset, seed=0)) as image:
        side = 8 * 8 + 7 * GAP
        assert image.size == (512 // side * side,) * 2


def test_a_sheet_of_sentences_has_a_line_for_each(tmp_path):
    game, dataset, _ = CASES["text"]
    text = write_sheet(tmp_path, 0, game, dataset, seed=0).read_text()
    assert text.endswith("\n")
    assert len(text.splitlines()) == 64
    assert set(text.split()) == {"yes", "no"}


@pytest.mark.parametrize(("left", "right"), [(9, 9), (3, 20), (20, 3)])
def test_translations_stand_under_their_pictures(left, right):
    columns = min(left, right)
    data = build.unpaired("u", images(left, 30), images(right, 200))
    sheet = pixels(translations(Painter(), data))[:, :, 0]
    scale = sheet.shape[1] // (columns * (8 + GAP) - GAP)
    assert sheet.shape[0] == scale * (4 * (8 + GAP) - GAP)
    middles = sheet[4 * scale :: (8 + GAP) * scale, 4 * scale :: (8 + GAP) * scale]
    assert middles.tolist() == [[value] * columns for value in (30, 225, 200, 128)]


def test_translations_show_twelve_at_most():
    data = build.unpaired("u", images(40), images(40))
    sheet = translations(Painter(), data)
    assert sheet.width % (12 * (8 + GAP) - GAP) == 0
