"""The first GANs: what D's score is turned into."""

from __future__ import annotations

from torch import nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam, sgd
from gansmith.data import DataSpec
from gansmith.games.gan import GAN
from gansmith.games.shared_fakes import SharedGAN
from gansmith.games.simultaneous import SingleStep
from gansmith.losses.fdivergence import F_DIVERGENCES
from gansmith.losses.objectives import OBJECTIVES, LeastSquares
from gansmith.presets.players import players, take, view
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
    """The first GAN: minimax, k steps of D for one of G (arXiv:1406.2661, Algorithm 1).

    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    d_steps: moves of D for one of G (the paper's k).
    lr: learning rate.
    momentum: plain gradient descent with this momentum, as in the paper; None takes Adam.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "gan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=OBJECTIVES["minimax"], d_steps=d_steps)
    optim = adam(lr, 0.5) if momentum is None else sgd(lr, momentum)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


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

    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    d_steps: moves of D for one of G.
    lr: learning rate.
    beta1: decay of Adam's first moment.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "nsgan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=OBJECTIVES["non-saturating"], d_steps=d_steps)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def dcgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    augment: str = "none",
    share: bool = False,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """DCGAN: strided convolutions and batch norm in both players (arXiv:1511.06434, section 3).

    width: channels next to the picture.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    augment: what D sees of pictures (arXiv:2006.10738): none, or names such as
        colour,translation,cutout; worth it below a few thousand pictures.
    share: one batch of fakes for both players, which is faster.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "dcgan", "image", "points")
    G, D = players(spec, "dcgan", Latent(latent, prior), width, nn.BatchNorm2d)
    play = SharedGAN if share else GAN
    game = play(G, D, objective=OBJECTIVES["non-saturating"], view=view(spec, augment))
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


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
    """Least-squares GAN: D regresses codes, so its gradient stays alive (arXiv:1611.04076, Eq. 2).

    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    a: what D should say of fakes.
    b: what D should say of real examples.
    c: what G wants D to say of fakes.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "lsgan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=LeastSquares(a, b, c))
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


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
    """f-GAN: learn by any f-divergence, through its conjugate (arXiv:1606.00709, Eq. 6).

    divergence: total-variation, kl, reverse-kl, pearson, neyman, squared-hellinger, jeffrey,
        jensen-shannon, weighted-jensen-shannon or gan-divergence.
    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "fgan", "image", "points")
    if divergence not in F_DIVERGENCES:
        raise ValueError(
            f"unknown divergence {divergence!r}; choose one of {', '.join(F_DIVERGENCES)}"
        )
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=F_DIVERGENCES[divergence])
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def fgan_single(
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
    """f-GAN by the single-step method: both players move at once (arXiv:1606.00709, Algorithm 1).

    divergence: total-variation, kl, reverse-kl, pearson, neyman, squared-hellinger, jeffrey,
        jensen-shannon, weighted-jensen-shannon or gan-divergence.
    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "fgan-single", "image", "points")
    if divergence not in F_DIVERGENCES:
        raise ValueError(
            f"unknown divergence {divergence!r}; choose one of {', '.join(F_DIVERGENCES)}"
        )
    G, D = players(spec, network, Latent(latent, prior), width)
    game = SingleStep(G, D, objective=F_DIVERGENCES[divergence])
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


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
        paper=dict(width=64, latent=1024, lr=2e-4, batch=64, steps=100_000),
    ),
    "fgan": Preset(
        fgan,
        data="fashion",
        cites="arXiv:1606.00709",
        paper=dict(
            network="mlp", width=150, latent=100, prior="uniform", lr=2e-4, batch=4096, steps=15_000
        ),
    ),
    "fgan-single": Preset(
        fgan_single,
        data="fashion",
        cites="arXiv:1606.00709",
        paper=dict(
            network="mlp", width=150, latent=100, prior="uniform", lr=2e-4, batch=4096, steps=15_000
        ),
    ),
}
