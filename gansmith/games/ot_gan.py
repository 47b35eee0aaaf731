"""OT-GAN (arXiv:1803.05573, Algorithm 1): a distance by transport, in a space that is learnt.

V embeds examples; the cost of moving one to another is one minus the cosine between them. G
moves `g_steps` times to bring its batches near the real ones, in the minibatch energy distance;
then V moves once to take them apart.

Departs from the paper in: the two batches of each kind are the halves of one; G's moves come
first in a step; no weight normalisation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Given, Phase, Program, Terms
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.games.gan import Generator, in_pieces
from gansmith.losses.sinkhorn import MinibatchEnergy


class OTGAN(Game):
    """A generator against an embedding.

    G: codes (B, latent.dim) -> examples; has `latent`.
    V: examples -> embeddings (B, F), compared by their direction alone.
    energy: the distance between embedded real and embedded fake batches.
    g_steps: moves of G for one of V.
    """

    G: Generator

    def __init__(
        self, G: Generator, V: nn.Module, *, energy: MinibatchEnergy, g_steps: int = 3
    ) -> None:
        super().__init__()
        self.G, self.V = G, V
        self.energy, self.g_steps = energy, g_steps

    def phases(self) -> tuple[Phase, ...]:
        return Phase("G", self.approach, repeat=self.g_steps), Phase("V", self.part)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        return x

    def approach(self, x: Batch) -> Terms:
        return dict(energy=self.energy(self.V(x.real), self.V(self.G(x.z))))

    def part(self, x: Batch) -> Terms:
        return dict(energy=-self.energy(self.V(x.real), self.V(self.G(x.z))))

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples, in the shape and range of the data that players see."""
        return self.decode(self.latent.sample(n, rng).to(next(self.V.parameters()).device))

    @property
    def latent(self) -> Latent:
        """The prior over G's codes."""
        return self.G.latent

    def decode(self, codes: Tensor) -> Tensor:
        """The examples of given codes, (n, latent.dim) -> (n, ...)."""
        return in_pieces(self.G, codes)

    def exports(self) -> dict[str, Program]:
        """G, from codes to examples."""
        meaning = f"codes: every coordinate from the prior {self.latent.prior!r}"
        z = Given(torch.zeros(2, self.latent.dim), meaning, self.latent.in_torch(16))
        return {"G": Program(self.get_submodule("G"), {"z": z})}
