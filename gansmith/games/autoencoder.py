"""An auto-encoder without an adversary (doi:10.1126/science.1127647).

E encodes examples, G decodes codes; both are trained to reconstruct the input. Samples are decoded
from random codes. Nothing trains G on these, since the codes of real examples need not follow the
prior: a baseline that shows what a generative model adds.

Departs from the paper in: all layers are trained together from the start; the error is a mean
over coordinates; the codes are unbounded.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.latent import Latent
from gansmith.core.precision import upcast
from gansmith.core.protocols import ExportableModule, ExportInput, codes_input
from gansmith.core.rng import Rng
from gansmith.games.gan import Generator, in_pieces


class AutoEncoder(Game):
    """An encoder and a decoder, trained to reconstruct.

    E: examples -> codes (B, latent.dim).
    G: codes (B, latent.dim) -> examples; has `latent`, the prior that samples are decoded from.
    shape: of an example, for `exports`.
    """

    averaged: tuple[str, ...] = ("E", "G")
    code = "codes, as G takes them"  # what E gives
    G: Generator

    def __init__(self, E: nn.Module, G: Generator, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.E, self.G, self.shape = E, G, shape

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("E G", self.eg_loss, name="EG"),)

    def eg_loss(self, x: Batch) -> Losses:
        """The squared reconstruction error, a mean over coordinates."""
        return dict(rec=upcast(self.G(self.E(x.real)) - x.real).square().mean())

    def encode(self, x: Tensor) -> Tensor:
        """The codes of examples, (n, ...) -> (n, latent.dim)."""
        return in_pieces(self.E, x)

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples decoded from codes of the prior."""
        return self.decode(self.latent.sample(n, rng).to(next(self.E.parameters()).device))

    @property
    def latent(self) -> Latent:
        """The prior over codes."""
        return self.G.latent

    def decode(self, codes: Tensor) -> Tensor:
        """The examples that codes decode to, (n, latent.dim) -> (n, ...)."""
        return in_pieces(self.G, codes)

    def exports(self) -> dict[str, ExportableModule]:
        """G, from codes to examples, and E, from examples to codes."""
        z = codes_input(self.latent)
        sizes = ", ".join(str(size) for size in self.shape)
        meaning = f"examples ({sizes}) as the players saw them: pictures in [-1, 1], or points"
        x = ExportInput(torch.zeros(2, *self.shape), meaning, f"2 * torch.rand(16, {sizes}) - 1")
        return {
            "G": ExportableModule(self.get_submodule("G"), {"z": z}),
            "E": ExportableModule(self.E, {"x": x}, self.code),
        }
