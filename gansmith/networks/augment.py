"""Differentiable augmentation of all inputs of D (arXiv:2006.10738, section 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.rng import Rng


def brightness(x: Tensor, u: Tensor) -> Tensor:
    """x + s, s = u - 1/2 in [-0.5, 0.5); u (B, 1)."""
    return x + (u - 0.5)[:, :, None, None]


def saturation(x: Tensor, u: Tensor) -> Tensor:
    """m + s (x - m), m the mean of a pixel's channels, s = 2 u in [0, 2); u (B, 1)."""
    grey = x.mean(1, keepdim=True)
    return grey + 2 * u[:, :, None, None] * (x - grey)


def contrast(x: Tensor, u: Tensor) -> Tensor:
    """m + s (x - m), m the mean of the image, s = u + 1/2 in [0.5, 1.5); u (B, 1)."""
    grey = x.mean((1, 2, 3), keepdim=True)
    return grey + (u + 0.5)[:, :, None, None] * (x - grey)


def translation(x: Tensor, u: Tensor) -> Tensor:
    """Shift by whole pixels, up to an eighth of the side each way, padded with zeros; u (B, 2).

    Each shift is uniform on -n .. n with n = side // 8.
    """
    for axis in (2, 3):
        side = x.shape[axis]
        most = side // 8
        shift = uniform_integers(u[:, axis - 2], 2 * most + 1) - most
        shape = [len(x), 1, 1, 1]
        shape[axis] = side
        padded = F.pad(x, (0, 0, most, most) if axis == 2 else (most, most, 0, 0))
        places = torch.arange(side, device=x.device) + most - shift[:, None]
        x = padded.gather(axis, places.view(shape).expand(x.shape))
    return x


def cutout(x: Tensor, u: Tensor) -> Tensor:
    """Set a square of half the side to 0, its center anywhere in the image; u (B, 2)."""
    inside = []
    for axis in (2, 3):
        side = x.shape[axis]
        size = side // 2
        start = uniform_integers(u[:, axis - 2], side + 1 - size % 2) - size // 2
        place = torch.arange(side, device=x.device) - start[:, None]
        inside.append((place >= 0) & (place < size))
    hole = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return x.masked_fill(hole, 0)


def uniform_integers(u: Tensor, count: int) -> Tensor:
    """A uniform integer in 0 .. count - 1 from a uniform number in [0, 1), int64.

    u: a multiple of 2^-24, as torch's float32 are. Exact without float64, which some GPUs lack.
    """
    return (u * 2**24).long() * count >> 24


# name -> (uniform numbers per image, transformation); applied in the order of the policy
POLICIES: dict[str, tuple[int, Callable[[Tensor, Tensor], Tensor]]] = {
    "brightness": (1, brightness),
    "saturation": (1, saturation),
    "contrast": (1, contrast),
    "translation": (2, translation),
    "cutout": (2, cutout),
}
GROUPS: dict[str, tuple[str, ...]] = {"color": ("brightness", "saturation", "contrast")}


class Augmentation(Protocol):
    """A transformation of D's inputs: its random numbers are drawn first, then applied."""

    def draw(self, real: Tensor, rng: Rng) -> Tensor | None:
        """The random numbers, (B, ...), or None."""

    def __call__(self, x: Tensor, noise: Tensor | None) -> Tensor:
        """The transformed images, the same for the same noise."""


class DiffAugment:
    """DiffAugment: a chain of random transformations T, deterministic given the noise.

    Real and fake images both pass through T before D, in D's phase and in G's, so that T does not
    distinguish them and G gets its gradient through T: f(D(T(x))) and f(D(T(G(z)))) (equations 2
    and 3).

    policy: names in POLICIES or GROUPS; "color", "translation", "cutout" is the paper's strongest.
    Images (B, C, H, W) in [-1, 1]; new pixels are 0, mid grey.
    Raises ValueError for an unknown name or none at all.
    """

    def __init__(self, policy: Sequence[str] = ("color", "translation", "cutout")) -> None:
        names = [policy] if isinstance(policy, str) else policy
        self.policy = tuple(part for name in names for part in GROUPS.get(name, (name,)))
        unknown = [name for name in self.policy if name not in POLICIES]
        if unknown or not self.policy:
            raise ValueError(
                f"an augmentation policy is one or more of {', '.join([*GROUPS, *POLICIES])}; "
                f"got {list(names)}"
            )
        self.uniforms = sum(POLICIES[name][0] for name in self.policy)

    def draw(self, real: Tensor, rng: Rng) -> Tensor:
        """Random numbers, one row for each image of `real`: (B, uniforms) in [0, 1)."""
        return rng.uniform(len(real), self.uniforms)

    def __call__(self, x: Tensor, noise: Tensor | None) -> Tensor:
        """T(x), x (B, C, H, W) and noise (B, uniforms) -> (B, C, H, W), differentiable in x."""
        if noise is None or noise.shape != (len(x), self.uniforms):
            raise ValueError(
                f"this policy takes noise of shape {(len(x), self.uniforms)}; got "
                f"{None if noise is None else tuple(noise.shape)}"
            )
        counts = [POLICIES[name][0] for name in self.policy]
        for name, u in zip(self.policy, noise.split(counts, 1), strict=True):
            x = POLICIES[name][1](x, u)
        return x


class NoAugmentation:
    """No augmentation: draws None and returns images unchanged."""

    def draw(self, real: Tensor, rng: Rng) -> None:
        """No random numbers."""

    def __call__(self, x: Tensor, noise: Tensor | None) -> Tensor:
        """x itself."""
        return x


no_augmentation: Augmentation = NoAugmentation()
