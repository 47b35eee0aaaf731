"""Ensembles of generators (arXiv:1612.00991): N games of two, and one of N samples.

Each member is a generator against a discriminator of its own, from weights of its own, on
batches of its own; members never meet. What one generator has lost another may have kept: a
sample is made by a member that is drawn evenly.

Departs from the paper in: members do not share a run of one network's weights (its
self-ensembles), and no member is given what an earlier one did badly (its cascades).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Given, Phase, Program, Stage, Terms
from gansmith.core.rng import Rng
from gansmith.games.gan import Generator, in_pieces
from gansmith.losses.objectives import Objective


class Ensemble(Game):
    """Members trained side by side: in each step every one of them plays.

    members: pairs of a generator and its discriminator, as GAN takes them, with priors alike;
        they become the players G1 and D1, G2 and D2, ...
    objective: the pair of losses on logits.
    Raises ValueError when there are no members.
    """

    G1: Generator

    def __init__(
        self, members: Iterable[tuple[Generator, nn.Module]], *, objective: Objective
    ) -> None:
        super().__init__()
        self.objective = objective
        self.averaged: tuple[str, ...] = ()
        for number, (G, D) in enumerate(members, 1):
            setattr(self, f"G{number}", G)
            setattr(self, f"D{number}", D)
            self.averaged += (f"G{number}",)
        if not self.averaged:
            raise ValueError("an ensemble has at least one member; got none")

    def phases(self) -> tuple[Phase, ...]:
        return tuple(phase for G in self.averaged for phase in self.game_of(G))

    def game_of(self, name: str) -> tuple[Phase, Phase]:
        """The game of two that the generator of this name plays; its terms bear its number."""
        number = name[1:]
        G, D = self.get_submodule(name), self.get_submodule(f"D{number}")

        def judge(x: Batch) -> Terms:
            return {f"adv{number}": self.objective.d(D(x.real), D(G(x.z)))}

        def fool(x: Batch) -> Terms:
            real = D(x.real) if self.objective.needs_real else None
            return {f"adv{number}": self.objective.g(real, D(G(x.z)))}

        return Phase(f"D{number}", judge), Phase(name, fool)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G1.latent.sample(len(x), rng)
        return x

    def ready(self) -> tuple[str, ...]:
        """The generators that are sampled from."""
        return self.averaged

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples, each by a member drawn evenly, in the shape and range of the data."""
        names = self.ready()
        who = rng.integers(len(names), n)
        z = self.G1.latent.sample(n, rng).to(next(self.parameters()).device)
        present = [(k, self.get_submodule(name)) for k, name in enumerate(names) if k in who]
        made = torch.cat([in_pieces(G, z[who == k]) for k, G in present])  # member by member
        return made[who.argsort(stable=True).argsort()]

    def exports(self) -> dict[str, Program]:
        """Every member's generator, from codes to examples."""
        latent = self.G1.latent
        meaning = f"codes: every coordinate from the prior {latent.prior!r}"
        z = Given(torch.zeros(2, latent.dim), meaning, latent.in_torch(16))
        return {name: Program(self.get_submodule(name), {"z": z}) for name in self.averaged}


class Succession(Ensemble):
    """Members trained one after another; samples are of those that have begun.

    steps: of all members together, an equal part each; what is left over is the last one's.
    Raises ValueError when there are fewer steps than members.
    """

    def __init__(
        self,
        members: Iterable[tuple[Generator, nn.Module]],
        *,
        objective: Objective,
        steps: int,
    ) -> None:
        super().__init__(members, objective=objective)
        self.each = steps // len(self.averaged)
        if not self.each:
            raise ValueError(
                f"each of {len(self.averaged)} members plays at least one step; the run has {steps}"
            )
        self.begun: Tensor
        self.register_buffer("begun", torch.tensor(1))

    def stages(self) -> tuple[Stage, ...]:
        *others, last = self.averaged
        stages = [Stage(self.each, self.game_of(name)) for name in others]
        return (*stages, Stage(None, self.game_of(last)))

    def after(self, phase: Phase, notes: dict[str, float]) -> None:
        if phase.moves in self.averaged:
            self.begun.fill_(self.averaged.index(phase.moves) + 1)

    def ready(self) -> tuple[str, ...]:
        return self.averaged[: int(self.begun)]
