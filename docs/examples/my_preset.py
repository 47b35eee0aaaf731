"""Two presets in a file of your own: a new combination of parts, and a game that differs.

Train one with `gansmith train docs/examples/my_preset.py:lazy_r1 --data ring --steps 500`.
"""

from __future__ import annotations

from gansmith.core.game import Batch, Losses, Phase
from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.data.require import require_kind
from gansmith.games.gan import GAN
from gansmith.objectives import OBJECTIVES
from gansmith.penalties import R1, R2, PenaltySum
from gansmith.presets.players import players


def relativistic(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    penalty_weight: float = 1.0,
    batch: int = 64,
    steps: int = 6000,
) -> Recipe:
    """Relativistic GAN with R1 and R2 penalties (after arXiv:2501.05441).

    penalty_weight: weight of each of the two penalties.
    """
    require_kind(spec, "relativistic", "image", "points")
    G, D = players(spec, "dcgan", Latent(latent), width)
    penalty = PenaltySum(R1(penalty_weight), R2(penalty_weight))
    game = GAN(G, D, objective=OBJECTIVES["relativistic"], penalty=penalty)
    optim = {"G": adam(2e-4, 0.0), "D": adam(2e-4, 0.0)}
    return Recipe(game, optim, batch, steps, ema=0.999, channels_last=True)


class LazyGAN(GAN):
    """A GAN whose gradient penalty has a phase of its own (arXiv:1912.04958, section 3.1).

    The penalty is taken every `every` steps only, with a gain of `every`, so that it has the same
    weight on average at a fraction of the cost.
    """

    every = 4

    def phases(self) -> tuple[Phase, ...]:
        return (
            Phase("D", self.d_loss),
            Phase("D", self.d_reg_loss, name="D_reg", every=self.every, gain=self.every),
            Phase("G", self.g_loss),
        )

    def d_loss(self, x: Batch) -> Losses:
        return dict(adv=self.objective.d(self.D(x.real), self.D(self.G(x.z))))

    def d_reg_loss(self, x: Batch) -> Losses:
        return dict(penalty=self.penalty(self.D, x.real, self.G(x.z), x.penalty_noise))


def lazy_r1(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 8,
    penalty_weight: float = 0.1,
    lr: float = 2e-3,
    batch: int = 64,
    steps: int = 6000,
) -> Recipe:
    """Non-saturating GAN with a lazy R1 penalty (arXiv:1801.04406, arXiv:1912.04958).

    penalty_weight: weight of the penalty (the paper's gamma).
    """
    require_kind(spec, "lazy_r1", "image", "points")
    G, D = players(spec, "dcgan", Latent(latent), width)
    game = LazyGAN(G, D, objective=OBJECTIVES["non-saturating"], penalty=R1(penalty_weight))
    kept = LazyGAN.every / (LazyGAN.every + 1)  # D moves 5 times where it moved 4 times
    optim = {"G": adam(lr, 0.0), "D": adam(lr * kept, 0.0, 0.999**kept)}
    return Recipe(game, optim, batch, steps, ema=0.999, channels_last=True)
