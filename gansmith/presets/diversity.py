"""Games against mode collapse: D looks ahead, at batches or at the past, or there are many G."""

from __future__ import annotations

from torch import nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.games.ensemble import Ensemble, Succession
from gansmith.games.gan import GAN
from gansmith.games.history import Replayed
from gansmith.games.ot_gan import OTGAN
from gansmith.games.unrolled import Lookahead, Unrolled
from gansmith.losses.objectives import OBJECTIVES
from gansmith.losses.sinkhorn import MinibatchEnergy
from gansmith.networks import DCGANDiscriminator, MLPCritic, minibatch_head
from gansmith.networks.dcgan import Head, Norm
from gansmith.networks.image_pool import Pool
from gansmith.presets.players import Pair, players, take
from gansmith.presets.preset import Preset


def headed(spec: DataSpec, width: int, head: Head, norm: Norm | None = None) -> nn.Module:
    """The discriminator that `players` makes by default, but for its last layers."""
    if spec.kind == "points":
        return MLPCritic(spec.dim, 4 * width, head=head)
    return DCGANDiscriminator(spec.channels, spec.size, width, norm, head)


def embedding_head(features: int) -> Head:
    """One layer of so many features in place of the logit."""

    def head(channels: int, side: int) -> list[nn.Module]:
        return [nn.Flatten(), nn.Linear(channels * side**2, features)]

    return head


def minibatch(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    kernels: int = 32,
    dims: int = 5,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """DCGAN whose D sees how close samples of a batch are (arXiv:1606.03498, section 3.2).

    width: channels next to the picture.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    kernels: closenesses that D is told of each sample (the paper's B).
    dims: coordinates in which one closeness is measured (the paper's C).
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "minibatch", "image", "points")
    G, _ = players(spec, "dcgan", Latent(latent, prior), width)
    D = headed(spec, width, minibatch_head(kernels, dims), nn.BatchNorm2d)
    game = GAN(G, D, objective=OBJECTIVES["non-saturating"])
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def ot_gan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    features: int = 128,
    epsilon: float = 0.1,
    iterations: int = 20,
    g_steps: int = 3,
    lr: float = 5e-4,
    batch: int = 64,
    steps: int = 3000,
) -> Recipe:
    """OT-GAN: a distance of batches by transport, in a learnt space (arXiv:1803.05573, Alg. 1).

    width: channels next to the picture.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    features: coordinates of the embedding.
    epsilon: weight of the plan's entropy, beside costs from 0 to 2.
    iterations: of Sinkhorn's algorithm, for each plan.
    g_steps: moves of G for one of the embedding (the paper's n_gen).
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch, both halves together; even.
    steps: length of the run.
    """
    take(spec, "ot-gan", "image", "points")
    G, _ = players(spec, "dcgan", Latent(latent, prior), width)
    V = headed(spec, width, embedding_head(features))
    game = OTGAN(G, V, energy=MinibatchEnergy(epsilon, iterations), g_steps=g_steps)
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "V": optim}, batch, steps, average=0.999, channels_last=True)


def crowd(spec: DataSpec, members: int, network: str, latent: Latent, width: int) -> list[Pair]:
    """So many pairs of players, each with initial weights of its own."""
    return [players(spec, network, latent, width, nn.BatchNorm2d) for _ in range(members)]


def ensemble(
    spec: DataSpec,
    *,
    members: int = 3,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 2700,
) -> Recipe:
    """Ensemble of GANs, trained side by side and sampled alike (arXiv:1612.00991).

    members: generators, each with a discriminator of its own.
    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch, of which each move of each player has one of its own.
    steps: length of the run; every member plays in each.
    """
    take(spec, "ensemble", "image", "points")
    pairs = crowd(spec, members, network, Latent(latent, prior), width)
    game = Ensemble(pairs, objective=OBJECTIVES["non-saturating"])
    optim = dict.fromkeys(game.players(), adam(lr, 0.5))
    return Recipe(game, optim, batch, steps, average=0.999, channels_last=True)


def succession(
    spec: DataSpec,
    *,
    members: int = 3,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Ensemble of GANs, trained one after another (arXiv:1612.00991).

    members: generators, each with a discriminator of its own.
    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run, of which each member has an equal part.
    """
    take(spec, "succession", "image", "points")
    pairs = crowd(spec, members, network, Latent(latent, prior), width)
    game = Succession(pairs, objective=OBJECTIVES["non-saturating"], steps=steps)
    optim = dict.fromkeys(game.players(), adam(lr, 0.5))
    return Recipe(game, optim, batch, steps, average=0.999, channels_last=True)


def unrolled(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    unroll: int = 5,
    rate: float = 2e-4,
    lr: float = 5e-4,
    beta1: float = 0.5,
    batch: int = 32,
    steps: int = 2000,
) -> Recipe:
    """Unrolled GAN: G foresees some steps of D (arXiv:1611.02163, Eqs. 7 to 10).

    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    unroll: steps of D that G foresees.
    rate: learning rate of these steps.
    lr: learning rate of Adam.
    beta1: decay of Adam's first moment.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "unrolled", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    lookahead = Lookahead(unroll, rate)
    game = Unrolled(G, D, objective=OBJECTIVES["non-saturating"], lookahead=lookahead)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def replay(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    memory: int = 4096,
    lr: float = 5e-4,
    beta1: float = 0.5,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """GAN whose D also sees what earlier generators made (arXiv:1612.07828, section 2.3).

    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    memory: fakes that are kept.
    lr: learning rate of Adam.
    beta1: decay of Adam's first moment.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "replay", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    shape = (spec.dim,) if spec.kind == "points" else (spec.channels, spec.size, spec.size)
    past = Pool(memory, shape)
    game = Replayed(G, D, objective=OBJECTIVES["non-saturating"], memory=past)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


FAMILY: dict[str, Preset] = {
    "unrolled": Preset(
        unrolled,
        data="fashion",
        cites="arXiv:1611.02163",
        paper=dict(width=64, latent=256, lr=1e-4, batch=128, steps=100_000),
    ),
    "replay": Preset(
        replay,
        data="fashion",
        cites="arXiv:1612.07828",
        paper=dict(width=64, latent=100, lr=1e-3, batch=512, steps=100_000),
    ),
    "minibatch": Preset(
        minibatch,
        data="fashion",
        cites="arXiv:1606.03498",
        paper=dict(width=64, latent=100, kernels=100, lr=3e-4, batch=100, steps=100_000),
    ),
    "ot-gan": Preset(
        ot_gan,
        data="fashion",
        cites="arXiv:1803.05573",
        paper=dict(
            width=128,
            latent=100,
            epsilon=0.002,
            iterations=500,
            lr=3e-4,
            batch=8000,
            steps=20_000,
        ),
    ),
    "ensemble": Preset(
        ensemble,
        data="fashion",
        cites="arXiv:1612.00991",
        paper=dict(width=128, latent=100, lr=2e-4, batch=128, steps=100_000),
    ),
    "succession": Preset(
        succession,
        data="fashion",
        cites="arXiv:1612.00991",
        paper=dict(width=128, latent=100, lr=2e-4, batch=128, steps=300_000),
    ),
}
