"""StarGAN (arXiv:1711.09020, Eqs. 1 to 6): one translator between any number of domains.

G(x, t) translates x to the domain t; D says whether an image is real, and of which domain. G must
also find the way back: G(G(x, t), s) = x, where s is the domain that x came from.

Departs from the paper in: the adversarial loss is that of any objective, with an optional penalty
(the paper has WGAN-GP); the target domain is drawn per image, uniformly over the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective
from gansmith.penalties import NoPenalty, Penalty

NO_PENALTY = NoPenalty()


class StarGAN(Game):
    """A translator to any domain against a discriminator that also names the domain.

    G: images, target domains (B,) int64 -> images.
    D: images -> `adv`, logits or a map of them, and `domain`, logits (B, K).
    domains: the names, in the order of the labels.
    aux_weight: of the classification of domains (Eq. 2 and 3).
    cycle_weight: weight of the L1 distance after a round trip (Eq. 4).
    d_steps: moves of D for one of G.
    """

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        domains: Sequence[str],
        objective: Objective,
        penalty: Penalty = NO_PENALTY,
        aux_weight: float = 1.0,
        cycle_weight: float = 10.0,
        d_steps: int = 1,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.domains = tuple(domains)
        self.objective, self.penalty = objective, penalty
        self.aux_weight, self.cycle_weight = aux_weight, cycle_weight
        self.d_steps = d_steps

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.d_loss, repeat=self.d_steps), Phase("G", self.g_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        shift = 1 + rng.integers(len(self.domains) - 1, len(x))
        x.target = (x.label + shift) % len(self.domains)
        x.penalty_noise = self.penalty.draw(x.real, rng)
        return x

    def d_loss(self, x: Batch) -> Losses:
        """Eq. 5: D learns domains from real images alone."""
        real, made = self.D(x.real), self.G(x.real, x.target)
        return dict(
            adv=self.objective.d(real.adv, self.D(made).adv),
            aux=self.aux_weight * F.cross_entropy(real.domain, x.label),
            penalty=self.penalty(lambda y: self.D(y).adv, x.real, made, x.penalty_noise),
        )

    def g_loss(self, x: Batch) -> Losses:
        """Eq. 6."""
        made = self.G(x.real, x.target)
        scores = self.D(made)
        real = self.D(x.real).adv if self.objective.needs_real else None
        return dict(
            adv=self.objective.g(real, scores.adv),
            aux=self.aux_weight * F.cross_entropy(scores.domain, x.target),
            cycle=self.cycle_weight * F.l1_loss(self.G(made, x.label), x.real),
        )

    def translate(self, x: Tensor, source: str, target: str) -> Tensor:
        """Images of any domain in the domain `target`. Raises ValueError for another name."""
        if target not in self.domains:
            raise ValueError(f"this game translates to {', '.join(self.domains)}; got {target!r}")
        place = self.domains.index(target)
        return torch.cat(
            [self.G(part, part.new_full((len(part),), place).long()) for part in x.split(256)]
        )

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """G, from images and numbers of domains."""
        count, names = len(self.domains), ", ".join(self.domains)
        target = ExportInput(
            torch.zeros(len(given.example), dtype=torch.int64),
            f"the domain to translate to, a number: of {names}, counted from 0",
            f"torch.arange(16) % {count}",
        )
        return {"G": ExportableModule(self.G, {"x": given, "target": target})}
