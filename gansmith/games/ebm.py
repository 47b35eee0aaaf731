"""An energy-based model (arXiv:1903.08689, Algorithm 1): a discriminator alone, with energy -D.

There is no generator: the negatives are found by Langevin dynamics on the score of D, and D is
trained to raise real examples and lower these. Chains are continued from step to step in a replay
buffer; some restart from noise. Samples are long chains from noise.

Departs from the paper in: the places taken from the buffer are drawn without replacement, and
a chain goes back to its own place.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.precision import upcast
from gansmith.core.rng import Rng
from gansmith.games.langevin import Walk
from gansmith.networks.replay_buffer import ReplayBuffer

PIECE = 256


class EBM(Game):
    """A discriminator that finds its own negatives.

    D: examples -> scores (B,), high = real; it treats examples independently.
    walk: how negatives are found: Langevin dynamics or gradient ascent.
    replay: the buffer of chains, and what they start from.
    steps: of a chain between two moves of D (the paper's K).
    restart_prob: probability that a chain restarts from noise.
    reg_weight: weight of the squared scores, which keeps them near 0 (the paper's alpha).
    sample_rounds: a sample takes steps * sample_rounds steps from noise.
    """

    averaged = ("D",)

    def __init__(
        self,
        D: nn.Module,
        *,
        walk: Walk,
        replay: ReplayBuffer,
        steps: int = 60,
        restart_prob: float = 0.05,
        reg_weight: float = 1.0,
        sample_rounds: int = 10,
    ) -> None:
        super().__init__()
        self.D, self.walk, self.replay = D, walk, replay
        self.steps, self.restart_prob = steps, restart_prob
        self.reg_weight, self.sample_rounds = reg_weight, sample_rounds

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("D", self.d_loss),)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.place = self.replay.random_indices(len(x), rng)
        x.restart = rng.uniform(len(x))
        x.fresh = self.replay.initial(len(x), rng)
        x.noise = self.walk.draw(x.fresh, self.steps, rng)
        return x

    def d_loss(self, x: Batch) -> Losses:
        """E_q[D] - E_data[D], q the ends of the chains; reg_weight (E_data[D^2] + E_q[D^2])."""
        restart = (x.restart < self.restart_prob).view(-1, *[1] * (x.fresh.dim() - 1))
        start = torch.where(restart, x.fresh, self.replay.get(x.place))
        found = self.walk(self.D, start, x.noise)
        self.replay.put(x.place, found)
        real, fake = upcast(self.D(x.real)), upcast(self.D(found))
        reg = real.square().mean() + fake.square().mean()
        return dict(adv=fake.mean() - real.mean(), reg=self.reg_weight * reg)

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples; each costs steps * sample_rounds gradients of D."""
        device = next(self.D.parameters()).device
        ends = []
        for x in self.replay.initial(n, rng).split(PIECE):
            x = x.to(device)
            for _ in range(self.sample_rounds):
                x = self.walk(self.D, x, self.walk.draw(x, self.steps, rng).to(device))
            ends.append(x)
        return torch.cat(ends)
