"""An auto-encoder and no adversary (doi:10.1126/science.1127647).

E makes codes of examples, G makes examples of codes; both move to bring back what went in. G is
then asked for examples of codes that no example has: it was never told what to make of them, and
the codes of real examples lie where they like. A baseline that shows what a generator lacks.

Departs from the paper in: all layers are trained together from the start; the error is a mean
over coordinates; nothing bounds the codes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Given, Phase, Program, Terms
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.games.gan import Generator, in_pieces
from gansmith.losses.fdivergence import upcast


class AutoEncoder(Game):
    """An encoder and a decoder that copy.

    E: examples -> codes (B, latent.dim).
    G: codes (B, latent.dim) -> examples; has `latent`, the prior that samples are decoded from.
    shape: of an example, for `exports`.
    """

    averaged: tuple[str, ...] = ("E", "G")
    G: Generator

    def __init__(self, E: nn.Module, G: Generator, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.E, self.G, self.shape = E, G, shape

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("E G", self.copy),)

    def copy(self, x: Batch) -> Terms:
        """The squared error of the copy, a mean over coordinates."""
        return dict(error=upcast(self.G(self.E(x.real)) - x.real).square().mean())

    def encode(self, x: Tensor) -> Tensor:
        """The codes of examples, (n, ...) -> (n, latent.dim)."""
        return in_pieces(self.E, x)

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n decoded codes of the prior."""
        return self.decode(self.latent.sample(n, rng).to(next(self.E.parameters()).device))

    @property
    def latent(self) -> Latent:
        """The prior over codes."""
        return self.G.latent

    def decode(self, codes: Tensor) -> Tensor:
        """The examples of given codes, (n, latent.dim) -> (n, ...)."""
        return in_pieces(self.G, codes)

    def exports(self) -> dict[str, Program]:
        """G, from codes to examples, and E, from examples to codes."""
        meaning = f"codes: every coordinate from the prior {self.latent.prior!r}"
        z = Given(torch.zeros(2, self.latent.dim), meaning, self.latent.in_torch(16))
        sizes = ", ".join(str(size) for size in self.shape)
        meaning = f"examples ({sizes}) as the players saw them: pictures in [-1, 1], or points"
        x = Given(torch.zeros(2, *self.shape), meaning, f"2 * torch.rand(16, {sizes}) - 1")
        return {
            "G": Program(self.get_submodule("G"), {"z": z}),
            "E": Program(self.E, {"x": x}),
        }
