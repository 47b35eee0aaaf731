"""Data of your own, as functions: points, and images with labels.

Train on them with `gansmith train wgan-gp --latent 8 --penalty-weight 1 --data
docs/examples/my_data.py:moons --steps 500`.
"""

from __future__ import annotations

import torch
from torch import Tensor


def moons(count: int = 4000) -> Tensor:
    """Two half circles that hold each other, with noise: points (count, 2)."""
    random = torch.Generator().manual_seed(0)
    angle = torch.pi * torch.rand(count, generator=random)
    upper = torch.rand(count, generator=random) < 0.5
    x = torch.where(upper, angle.cos(), 1 - angle.cos())
    y = torch.where(upper, angle.sin(), 0.5 - angle.sin())
    return torch.stack([x, y], 1) + 0.05 * torch.randn(count, 2, generator=random)


def bars(count: int = 2000) -> tuple[Tensor, Tensor]:
    """A bright bar on a dark ground, lying or standing: images (count, 1, 16, 16) and labels."""
    random = torch.Generator().manual_seed(0)
    images = torch.zeros(count, 1, 16, 16, dtype=torch.uint8)
    places = torch.randint(2, 14, (count,), generator=random)
    labels = torch.arange(count) % 2
    for image, place, standing in zip(images, places, labels, strict=True):
        bar = image[:, :, place - 1 : place + 1] if standing else image[:, place - 1 : place + 1]
        bar.fill_(255)
    return images, labels
