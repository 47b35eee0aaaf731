"""Paths between codes."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng


def interpolations(latent: Latent, paths: int, steps: int, rng: Rng) -> Tensor:
    """Codes on paths between pairs of random codes, (paths * steps, latent.dim).

    Coordinates of a normal prior are joined along a great circle, so that the codes in between are
    as likely as their ends; others along a line; one-hot ones stay as they are.
    """
    ends = latent.sample(2 * paths, rng).view(paths, 2, 1, latent.dim)
    t = torch.linspace(0, 1, steps)[None, :, None]  # (1, steps, 1)
    return latent.between(ends[:, 0], ends[:, 1], t).flatten(0, 1)
