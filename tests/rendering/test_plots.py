"""Plots of points, shares and curves."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.rendering.plots import curve, point_panels, points_over_real, shares

BLUE, ORANGE = (0, 2), (2, 0)  # the channels of most and least light in each of the colors


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def drawn(image: Image.Image, color: tuple[int, int]) -> tuple[float, float]:
    """The place (x, y) in the middle of what is drawn in a color, as a share of the image."""
    light = np.asarray(image).astype(int)
    strong = light[:, :, color[1]] - light[:, :, color[0]] > 40
    strong[:40] = False  # the legend
    y, x = strong.nonzero()
    assert len(x)
    return x.mean() / image.width, 1 - y.mean() / image.height


@pytest.mark.parametrize("dim", [1, 2])
def test_generated_points_are_drawn_beside_real_ones(dim: int) -> None:
    noise = torch.linspace(-0.3, 0.3, 99)[:, None].expand(-1, dim)
    image = opened(points_over_real(4 + noise, noise.clone().index_fill(0, torch.tensor([0]), 6.0)))
    assert image.size == (480, 480)
    real, generated = drawn(image, BLUE), drawn(image, ORANGE)
    assert generated[0] > real[0] + 0.2


def test_a_plot_has_the_same_bytes_again() -> None:
    points, real = torch.randn(50, 2), torch.randn(50, 2)
    assert points_over_real(points, real) == points_over_real(points, real)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_there_is_a_panel_for_each_name(dim: int) -> None:
    points = torch.randn(50, dim)
    one, three = (opened(point_panels(dict.fromkeys(names, points))) for names in ("a", "abc"))
    assert three.height == one.height
    assert three.width == pytest.approx(3 * one.width, abs=3)


def test_shares_and_curves_are_drawn() -> None:
    bars = opened(shares(["a", "b"], [0.9, 0.1], [0.5, 0.5], "images"))
    assert min(bars.size) > 200
    plain = curve([3.0, 2.0, 1.0], "loss", None, "")
    assert plain == curve([3.0, 2.0, 1.0], "loss", None, "")
    assert plain != curve([3.0, 2.0, 1.0], "loss", 1.5, "chance")
    assert min(opened(curve([1e4, 1.0, 0.1], "loss", None, "")).size) > 200
