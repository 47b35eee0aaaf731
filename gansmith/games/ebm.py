"""A discriminator alone (arXiv:1903.08689, Algorithm 1): its energy is -D.

There is no generator: the negatives are what a walk up the score of D finds, and D is moved to
raise real examples and lower these. The walks go on from step to step, from a replay buffer;
some begin anew from noise. To sample, walk a long way from noise.

Departs from the paper in: the places taken from the buffer are drawn without replacement, and
a chain goes back to its own place.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.games.langevin import Walk
from gansmith.losses.fdivergence import upcast
from gansmith.networks.replay_buffer import Replay

PIECE = 256


class Energy(Game):
    """A discriminator that finds its own negatives.

    D: examples -> scores (B,), high = real; it treats examples apart.
    walk: how negatives are found: `Langevin` or `Ascent`.
    replay: the chains, and what they begin with.
    steps: of a walk between two moves of D (the paper's K).
    restarts: share of the walks that begin from noise.
    weight: of the squares of the scores, which keeps them near 0 (the paper's alpha).
    rounds: walks on end, from noise, that make a sample: steps * rounds steps.
    """

    averaged = ("D",)

    def __init__(
        self,
        D: nn.Module,
        *,
        walk: Walk,
        replay: Replay,
        steps: int = 60,
        restarts: float = 0.05,
        weight: float = 1.0,
        rounds: int = 10,
    ) -> None:
        super().__init__()
        self.D, self.walk, self.replay = D, walk, replay
        self.steps, self.restarts, self.weight, self.rounds = steps, restarts, weight, rounds

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("D", self.contrast),)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.place = self.replay.places(len(x), rng)
        x.anew = rng.uniform(len(x))
        x.fresh = self.replay.fresh(len(x), rng)
        x.noise = self.walk.draw(x.fresh, self.steps, rng)
        return x

    def contrast(self, x: Batch) -> Terms:
        """E_q[D] - E_p[D], q where the walks end, and weight (E_p[D^2] + E_q[D^2])."""
        anew = (x.anew < self.restarts).view(-1, *[1] * (x.fresh.dim() - 1))
        start = torch.where(anew, x.fresh, self.replay.take(x.place))
        found = self.walk(self.D, start, x.noise)
        self.replay.put(x.place, found)
        real, fake = upcast(self.D(x.real)), upcast(self.D(found))
        size = real.square().mean() + fake.square().mean()
        return dict(adv=fake.mean() - real.mean(), size=self.weight * size)

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples, each steps * rounds times as dear as the slope of D at one."""
        device = next(self.D.parameters()).device
        ends = []
        for x in self.replay.fresh(n, rng).split(PIECE):
            x = x.to(device)
            for _ in range(self.rounds):
                x = self.walk(self.D, x, self.walk.draw(x, self.steps, rng).to(device))
            ends.append(x)
        return torch.cat(ends)
