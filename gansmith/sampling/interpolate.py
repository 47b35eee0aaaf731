"""Paths between codes: from one to another, and closed ones through several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

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


class Still(Rng):
    """A stream whose rows are all the same: what is not a code stays still from frame to frame."""

    def normal(self, *shape: int) -> Tensor:
        """As of an Rng."""
        return super().normal(1, *shape[1:]).expand(shape)

    def uniform(self, *shape: int) -> Tensor:
        """As of an Rng."""
        return super().uniform(1, *shape[1:]).expand(shape)

    def integers(self, high: int, *shape: int) -> Tensor:
        """As of an Rng."""
        return super().integers(high, 1, *shape[1:]).expand(shape)


class Loop:
    """What stands in the place of a latent: codes on a closed path through some of its codes.

    rngs: a stream for each of these codes.
    """

    def __init__(self, latent: Latent, rngs: Sequence[Rng]) -> None:
        self.latent, self.rngs = latent, rngs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.latent, name)

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n codes, evenly spaced in time, (n, dim); the path rests for a moment at each code."""
        codes = torch.cat([self.latent.sample(1, own) for own in self.rngs])
        place = torch.arange(n) * (len(codes) / n)
        at = place.long()
        t = (place - at)[:, None]
        smooth = t * t * (3 - 2 * t)
        return self.latent.between(codes[at], codes[(at + 1) % len(codes)], smooth)


@contextmanager
def on_loop(game: nn.Module, rngs: Sequence[Rng]) -> Iterator[None]:
    """The players of a game draw their codes on a `Loop`, whatever else the game does with them."""
    players = [x for x in game.modules() if isinstance(vars(x).get("latent"), Latent)]
    latents: list[Any] = [player.latent for player in players]
    try:
        for player, latent in zip(players, latents, strict=True):
            vars(player)["latent"] = Loop(latent, rngs)
        yield
    finally:
        for player, latent in zip(players, latents, strict=True):
            vars(player)["latent"] = latent
