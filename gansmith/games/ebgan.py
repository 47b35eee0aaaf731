"""EBGAN (arXiv:1609.03126, Eqs. 1, 2): D is an auto-encoder, its reconstruction error the energy E.

D lowers the energy of real examples and raises that of fakes up to a margin; G lowers the energy of
its fakes. Since D needs no fakes to learn to reconstruct, it may be pre-trained alone. A
pulling-away term may keep the codes of fakes apart (section 2.4).

Departs from the paper in: D returns minus the energy, so that high is real; the energy is a
mean over coordinates; D may be pre-trained.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Losses, Phase, Stage
from gansmith.core.precision import upcast
from gansmith.games.gan import GAN, Generator
from gansmith.networks.autoencoder import AutoencoderDiscriminator


class EnergyMargin:
    """The losses of EBGAN on D's logits, which are minus the energies.

    d = E_real[E] + E_fake[max(0, m - E)],  g = E_fake[E].  At the equilibrium d = m (Theorem 1).
    With a margin that is never reached D gains by spoiling all reconstructions. ValueError for a
    margin that is not positive.
    """

    needs_real = False
    batch_coupled = False

    def __init__(self, margin: float) -> None:
        if not margin > 0:
            raise ValueError(f"the margin between energies is above 0; got {margin}")
        self.margin = margin

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """The energy of real examples, and by how much fakes fall short of the margin."""
        return -upcast(real).mean() + F.relu(self.margin + upcast(fake)).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Energy of the fakes."""
        return -upcast(fake).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> None:
        """No divergence is known."""
        return None


@dataclass(frozen=True)
class PullingAwayTerm:
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

    D: examples -> logits (B,), minus the energies; `encoder` and `logits` are its two halves.
    margin: energy above which fakes are left alone (the paper's m).
    pull_away: the term that keeps the codes of fakes apart.
    d_pretrain_steps: steps of D alone, on real examples, before the game.
    """

    D: AutoencoderDiscriminator

    def __init__(
        self,
        G: Generator,
        D: AutoencoderDiscriminator,
        *,
        margin: float,
        pull_away: PullingAwayTerm,
        d_pretrain_steps: int = 0,
    ) -> None:
        super().__init__(G, D, objective=EnergyMargin(margin))
        self.pull_away, self.d_pretrain_steps = pull_away, d_pretrain_steps

    def stages(self) -> tuple[Stage, ...]:
        alone = Stage(self.d_pretrain_steps, (Phase("D", self.d_pretrain_loss, name="D_pretrain"),))
        return (*([alone] if self.d_pretrain_steps else []), Stage(None, self.phases()))

    def d_pretrain_loss(self, x: Batch) -> Losses:
        """E_real[E]: reconstruction alone."""
        return dict(rec=-self.D(x.real).mean())

    def d_loss(self, x: Batch) -> Losses:
        """Eq. 1."""
        real, fake = self.D(x.real), self.D(self.G(x.z))
        x.note(real=-real.mean(), fake=-fake.mean())
        return dict(adv=self.objective.d(real, fake))

    def g_loss(self, x: Batch) -> Losses:
        """Eq. 2, and the pulling-away term."""
        fake = self.G(x.z)
        codes = self.D.encoder(fake)
        return dict(
            adv=self.objective.g(None, self.D.logits(fake, codes)), pull_away=self.pull_away(codes)
        )
