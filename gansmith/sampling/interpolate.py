"""Paths between codes."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng


def interpolations(latent: Latent, paths: int, steps: int, rng: Rng) -> Tensor:
    """Codes on paths between pairs of random codes, (paths * steps, latent.dim).

    Codes of a normal prior are joined along a great circle, so that the codes in between are
    as likely as their ends; others along a line.
    """
    ends = latent.sample(2 * paths, rng).view(paths, 2, 1, latent.dim)
    t = torch.linspace(0, 1, steps)[None, :, None]  # (1, steps, 1)
    mix = slerp if latent.prior == "normal" else torch.lerp
    return mix(ends[:, 0], ends[:, 1], t).flatten(0, 1)


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Spherical interpolation (arXiv:1609.04468): sin((1-t)w)/sin(w) a + sin(tw)/sin(w) b.

    w is the angle between a and b, both (..., dim), not parallel.
    """
    cosine = (a * b).sum(-1, keepdim=True) / (
        a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True)
    )
    w = torch.acos(cosine.clamp(-1 + 1e-6, 1 - 1e-6))
    return (torch.sin((1 - t) * w) * a + torch.sin(t * w) * b) / torch.sin(w)
