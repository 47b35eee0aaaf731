"""The first GANs: minimax, non-saturating, least squares, f-divergences."""

from __future__ import annotations

from torch import nn

from gansmith.core.constraints import spectral_norm_all
from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam, sgd
from gansmith.core.suggest import unknown_name
from gansmith.data import DataSpec
from gansmith.data.require import require_kind
from gansmith.games.gan import GAN
from gansmith.games.shared_fakes import SharedFakesGAN
from gansmith.games.simultaneous import SingleStepGAN
from gansmith.losses.fdivergence import F_DIVERGENCES
from gansmith.losses.objectives import OBJECTIVES, LeastSquares
from gansmith.penalties import PENALTIES
from gansmith.presets.players import augmentation, players
from gansmith.presets.preset import Preset


def gan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    d_steps: int = 1,
    lr: float = 2e-4,
    momentum: float | None = None,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """The original GAN: minimax, k steps of D for one of G (arXiv:1406.2661, Algorithm 1).

    d_steps: moves of D for one of G (the paper's k).
    lr: learning rate.
    momentum: plain gradient descent with this momentum, as in the paper; None takes Adam.
    """
    require_kind(spec, "gan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=OBJECTIVES["minimax"], d_steps=d_steps)
    optim = adam(lr, 0.5) if momentum is None else sgd(lr, momentum)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def nsgan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    d_steps: int = 1,
    lr: float = 5e-4,
    beta1: float = 0.5,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Non-saturating GAN: G raises log D instead of lowering log(1 - D) (arXiv:1406.2661, sec. 3).

    lr: learning rate of Adam.
    """
    require_kind(spec, "nsgan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=OBJECTIVES["non-saturating"], d_steps=d_steps)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def dcgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    augment: str = "none",
    share_fakes: bool = False,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """DCGAN: strided convolutions and batch norm in both players (arXiv:1511.06434, section 3).

    share_fakes: one batch of fakes for both players, which is faster.
    """
    require_kind(spec, "dcgan", "image", "points")
    G, D = players(spec, "dcgan", Latent(latent, prior), width, nn.BatchNorm2d)
    play = SharedFakesGAN if share_fakes else GAN
    game = play(G, D, objective=OBJECTIVES["non-saturating"], augment=augmentation(spec, augment))
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def lsgan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    a: float = 0.0,
    b: float = 1.0,
    c: float = 1.0,
    lr: float = 5e-4,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Least-squares GAN: D is trained by regression on targets (arXiv:1611.04076, Eq. 2).

    a: target of D's output for fakes.
    b: target of D's output for real examples.
    c: target of G: what D's output for fakes should become.
    """
    require_kind(spec, "lsgan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=LeastSquares(a, b, c))
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def fgan(
    spec: DataSpec,
    *,
    divergence: str = "squared-hellinger",
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    lr: float = 3e-4,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """f-GAN: any f-divergence, through its convex conjugate (arXiv:1606.00709, Eq. 6)."""
    require_kind(spec, "fgan", "image", "points")
    if divergence not in F_DIVERGENCES:
        raise ValueError(
            f"unknown divergence {divergence!r}; choose one of {', '.join(F_DIVERGENCES)}"
        )
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=F_DIVERGENCES[divergence])
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def fgan_single_step(
    spec: DataSpec,
    *,
    divergence: str = "gan-divergence",
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    lr: float = 3e-4,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """f-GAN by the single-step method: simultaneous updates (arXiv:1606.00709, Algorithm 1)."""
    require_kind(spec, "fgan-single-step", "image", "points")
    if divergence not in F_DIVERGENCES:
        raise ValueError(
            f"unknown divergence {divergence!r}; choose one of {', '.join(F_DIVERGENCES)}"
        )
    G, D = players(spec, network, Latent(latent, prior), width)
    game = SingleStepGAN(G, D, objective=F_DIVERGENCES[divergence])
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def compose(
    spec: DataSpec,
    *,
    objective: str = "non-saturating",
    penalty: str = "none",
    penalty_weight: float | None = None,
    spectral_norm: bool = False,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    d_steps: int = 1,
    lr: float = 5e-4,
    beta1: float = 0.5,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Any objective with any penalty, spectral norm and networks (arXiv:1711.10337, section 2).

    objective: loss of both players, a name of `gansmith list objectives`.
    penalty: what keeps D smooth, a name of `gansmith list penalties`.
    penalty_weight: weight of the penalty; that of its paper by default.
    spectral_norm: normalize the layers of D to spectral norm 1 (arXiv:1802.05957).
    """
    require_kind(spec, "compose", "image", "points")
    for what, name, known in (
        ("objective", objective, OBJECTIVES),
        ("penalty", penalty, COMPOSABLE),
    ):
        if name not in known:
            raise ValueError(unknown_name(what, name, known))
    if penalty == "none" and penalty_weight is not None:
        raise ValueError("--penalty-weight needs a --penalty: give one, or leave it out")
    weight = {} if penalty_weight is None else {"weight": penalty_weight}
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(
        G,
        spectral_norm_all(D) if spectral_norm else D,
        objective=OBJECTIVES[objective],
        penalty=COMPOSABLE[penalty](**weight),
        d_steps=d_steps,
    )
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


# The consistency term needs a critic with dropout: see wgan-ct.
COMPOSABLE = {name: make for name, make in PENALTIES.items() if name != "consistency"}

FAMILY: dict[str, Preset] = {
    "gan": Preset(
        gan,
        data="fashion",
        cites="arXiv:1406.2661",
        paper=dict(
            network="maxout", width=48, latent=100, lr=0.1, momentum=0.5, batch=100, steps=50_000
        ),
    ),
    "nsgan": Preset(
        nsgan,
        data="fashion",
        cites="arXiv:1406.2661",
        paper=dict(
            network="maxout",
            width=48,
            latent=100,
            prior="uniform",
            lr=2e-4,
            batch=100,
            steps=50_000,
        ),
    ),
    "dcgan": Preset(
        dcgan,
        data="fashion",
        cites="arXiv:1511.06434",
        paper=dict(width=128, latent=100, lr=2e-4, batch=128, steps=100_000),
    ),
    "lsgan": Preset(
        lsgan,
        data="fashion",
        cites="arXiv:1611.04076",
        paper=dict(width=64, latent=1024, lr=1e-3, batch=64, steps=100_000),
    ),
    "fgan": Preset(
        fgan,
        data="fashion",
        cites="arXiv:1606.00709",
        paper=dict(
            network="mlp", width=150, latent=100, prior="uniform", lr=2e-4, batch=4096, steps=15_000
        ),
    ),
    "fgan-single-step": Preset(
        fgan_single_step,
        data="fashion",
        cites="arXiv:1606.00709",
        paper=dict(
            network="mlp", width=150, latent=100, prior="uniform", lr=2e-4, batch=4096, steps=15_000
        ),
    ),
    "compose": Preset(compose, data="fashion", cites="arXiv:1711.10337"),
}
