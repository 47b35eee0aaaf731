"""OT-GAN (arXiv:1803.05573, Algorithm 1): optimal transport in a learned embedding.

V embeds examples; the cost of transport between two is one minus the cosine of their embeddings. G
moves `g_steps` times to minimize the minibatch energy distance to real batches; then V moves once
to maximize it.

Departs from the paper in: the two batches of each kind are the halves of one; G's moves come
first in a step; no weight normalisation.
"""

from __future__ import annotations

from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.latent import Latent
from gansmith.core.protocols import ExportableModule, codes_input
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
        return Phase("G", self.g_loss, repeat=self.g_steps), Phase("V", self.v_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        return x

    def g_loss(self, x: Batch) -> Losses:
        return dict(distance=self.energy(self.V(x.real), self.V(self.G(x.z))))

    def v_loss(self, x: Batch) -> Losses:
        return dict(distance=-self.energy(self.V(x.real), self.V(self.G(x.z))))

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples, in the shape and range of the data that players see."""
        return self.decode(self.latent.sample(n, rng).to(next(self.V.parameters()).device))

    @property
    def latent(self) -> Latent:
        """The prior over G's codes."""
        return self.G.latent

    def decode(self, codes: Tensor) -> Tensor:
        """The examples that codes decode to, (n, latent.dim) -> (n, ...)."""
        return in_pieces(self.G, codes)

    def exports(self) -> dict[str, ExportableModule]:
        """G, from codes to examples."""
        z = codes_input(self.latent)
        return {"G": ExportableModule(self.get_submodule("G"), {"z": z})}
