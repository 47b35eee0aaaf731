"""Ensembles of generators (arXiv:1612.00991): N independent GANs, sampled as one.

Each member is a generator against its own discriminator, with its own initial weights and its own
batches; members share nothing. Modes that one generator has dropped another may have kept: each
sample comes from a member that is drawn uniformly.

Departs from the paper in: no self-ensembles (snapshots of one network) and no cascades (members
trained on what earlier ones did badly).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase, Stage
from gansmith.core.protocols import ExportableModule, codes_input
from gansmith.core.rng import Rng
from gansmith.games.gan import Generator, in_pieces
from gansmith.losses.objectives import Objective


class Ensemble(Game):
    """Members trained side by side: every step trains all of them.

    members: pairs of a generator and its discriminator, as GAN takes them, with the same prior;
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
        return tuple(phase for G in self.averaged for phase in self.phases_of(G))

    def phases_of(self, name: str) -> tuple[Phase, Phase]:
        """The two phases of the member with the generator of this name."""
        number = name[1:]
        G, D = self.get_submodule(name), self.get_submodule(f"D{number}")

        def d_loss(x: Batch) -> Losses:
            return dict(adv=self.objective.d(D(x.real), D(G(x.z))))

        def g_loss(x: Batch) -> Losses:
            real = D(x.real) if self.objective.needs_real else None
            return dict(adv=self.objective.g(real, D(G(x.z))))

        return Phase(f"D{number}", d_loss), Phase(name, g_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G1.latent.sample(len(x), rng)
        return x

    def trained(self) -> tuple[str, ...]:
        """The generators that are sampled from."""
        return self.averaged

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples, each from a member drawn uniformly, in the shape and range of the data."""
        names = self.trained()
        who = rng.integers(len(names), n)
        z = self.G1.latent.sample(n, rng).to(next(self.parameters()).device)
        present = [(k, self.get_submodule(name)) for k, name in enumerate(names) if k in who]
        made = torch.cat([in_pieces(G, z[who == k]) for k, G in present])  # member by member
        return made[who.argsort(stable=True).argsort()]

    def exports(self) -> dict[str, ExportableModule]:
        """Every member's generator, from codes to examples."""
        z = codes_input(self.G1.latent)
        return {
            name: ExportableModule(self.get_submodule(name), {"z": z}) for name in self.averaged
        }


class SequentialEnsemble(Ensemble):
    """Members trained one after another; samples come from those whose training has begun.

    steps: of all members together, split evenly; the remainder goes to the last.
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
                f"each of {len(self.averaged)} members takes at least one step; the run has {steps}"
            )
        self.begun: Tensor
        self.register_buffer("begun", torch.tensor(1))

    def stages(self) -> tuple[Stage, ...]:
        *others, last = self.averaged
        stages = [Stage(self.each, self.phases_of(name)) for name in others]
        return (*stages, Stage(None, self.phases_of(last)))

    def after_phase(self, phase: Phase, notes: dict[str, float]) -> None:
        if phase.moves in self.averaged:
            self.begun.fill_(self.averaged.index(phase.moves) + 1)

    def trained(self) -> tuple[str, ...]:
        return self.averaged[: int(self.begun)]
