"""EBGAN (arXiv:1609.03126, Eqs. 1, 2): D is an auto-encoder, its energy E the error of the copy.

D lowers the energy of real examples and raises that of fakes, up to a margin and no further;
G lowers the energy of its fakes. Since D needs no fakes to learn to copy, it may be trained
alone first. Fakes whose codes point the same way may be pulled apart (section 2.4).

Departs from the paper in: D returns minus the energy, so that high is real; the energy is a
mean over coordinates; D may be trained alone before the game.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Phase, Stage, Terms
from gansmith.games.gan import GAN, Generator
from gansmith.losses.fdivergence import upcast
from gansmith.networks.autoencoder import CopyingDiscriminator


class Margin:
    """The losses of EBGAN on D's logits, which are minus the energies.

    d = E_p[E] + E_q[max(0, m - E)],  g = E_q[E].  At the equilibrium d = m (Theorem 1). A margin
    that is never reached leaves D free to spoil all copies. ValueError for a margin that is not
    positive.
    """

    needs_real = False
    batch_coupled = False

    def __init__(self, margin: float) -> None:
        if not margin > 0:
            raise ValueError(f"energies are kept apart by a margin above 0; got {margin}")
        self.margin = margin

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """Energy of real examples, and what fakes lack to the margin."""
        return -upcast(real).mean() + F.relu(self.margin + upcast(fake)).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Energy of the fakes."""
        return -upcast(fake).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> None:
        """No divergence is known."""
        return None


@dataclass(frozen=True)
class PullingAway:
    """weight / (N (N - 1)) sum over i != j of cos^2(s_i, s_j), on codes s (N, F): Eq. 5.

    It lies between 0 (orthogonal codes, where F >= N) and `weight` (one direction for all).
    """

    weight: float = 0.1

    @property
    def batch_coupled(self) -> bool:
        """Whether the codes of a batch see each other."""
        return self.weight > 0

    def __call__(self, codes: Tensor) -> Tensor:
        s = F.normalize(upcast(codes), dim=1)
        cosines = (s[:, None] * s).sum(2)  # autocast would take a product of matrices to bfloat16
        n = len(s)
        return (
            self.weight
            * (cosines.square().sum() - cosines.diagonal().square().sum())
            / (n * max(n - 1, 1))
        )


class EBGAN(GAN):
    """A generator against an auto-encoder.

    D: examples -> logits (B,), minus the energies; `encoder` and `score` are its halves.
    margin: energy beyond which fakes are left alone (the paper's m).
    pull: what keeps the codes of fakes apart.
    pretrain_steps: steps of D alone, on real examples, before the game.
    """

    D: CopyingDiscriminator

    def __init__(
        self,
        G: Generator,
        D: CopyingDiscriminator,
        *,
        margin: float,
        pull: PullingAway,
        pretrain_steps: int = 0,
    ) -> None:
        super().__init__(G, D, objective=Margin(margin))
        self.pull, self.pretrain_steps = pull, pretrain_steps

    def stages(self) -> tuple[Stage, ...]:
        alone = Stage(self.pretrain_steps, (Phase("D", self.copy),))
        return (*([alone] if self.pretrain_steps else []), Stage(None, self.phases()))

    def copy(self, x: Batch) -> Terms:
        """E_p[E]: reconstruction alone."""
        return dict(energy=-self.D(x.real).mean())

    def judge(self, x: Batch) -> Terms:
        """Eq. 1."""
        real, fake = self.D(x.real), self.D(self.G(x.z))
        x.note(real=-real.mean(), fake=-fake.mean())
        return dict(adv=self.objective.d(real, fake))

    def fool(self, x: Batch) -> Terms:
        """Eq. 2, and the pulling-away term."""
        fake = self.G(x.z)
        codes = self.D.encoder(fake)
        return dict(adv=self.objective.g(None, self.D.score(fake, codes)), pull=self.pull(codes))
