"""Games against mode collapse: unrolling, minibatch statistics, replay, ensembles."""

from __future__ import annotations

from torch import nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.data.require import require_kind
from gansmith.games.ensemble import Ensemble, SequentialEnsemble
from gansmith.games.gan import GAN
from gansmith.games.history import HistoryGAN
from gansmith.games.ot_gan import OTGAN
from gansmith.games.unrolled import AdamLookahead, UnrolledGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.losses.sinkhorn import MinibatchEnergy
from gansmith.networks import DCGANDiscriminator, MLPCritic, minibatch_head
from gansmith.networks.dcgan import Head, Norm
from gansmith.networks.image_pool import ImagePool
from gansmith.presets.players import Pair, players
from gansmith.presets.preset import Preset


def discriminator_with_head(
    spec: DataSpec, width: int, head: Head, norm: Norm | None = None
) -> nn.Module:
    """The default discriminator of `players`, with other last layers."""
    if spec.dim:
        return MLPCritic(spec.dim, 4 * width, head=head)
    return DCGANDiscriminator(spec.channels, spec.size, width, norm, head)


def embedding_head(embed_dim: int) -> Head:
    """An embedding of so many dimensions in place of the logit."""

    def head(channels: int, side: int) -> list[nn.Module]:
        return [nn.Flatten(), nn.Linear(channels * side**2, embed_dim)]

    return head


def minibatch_discrimination(
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
    """DCGAN with minibatch discrimination (arXiv:1606.03498, section 3.2).

    kernels: statistics of closeness that D sees of each sample (the paper's B).
    dims: coordinates in which one closeness is measured (the paper's C).
    """
    require_kind(spec, "minibatch-discrimination", "image", "points")
    G, _ = players(spec, "dcgan", Latent(latent, prior), width)
    D = discriminator_with_head(spec, width, minibatch_head(kernels, dims), nn.BatchNorm2d)
    game = GAN(G, D, objective=OBJECTIVES["non-saturating"])
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def ot_gan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    embed_dim: int = 128,
    epsilon: float = 0.1,
    sinkhorn_iterations: int = 20,
    g_steps: int = 3,
    lr: float = 5e-4,
    batch: int = 64,
    steps: int = 3000,
) -> Recipe:
    """OT-GAN: optimal transport between batches, in a learned embedding (arXiv:1803.05573, Alg. 1).

    embed_dim: dimension of the learned embedding.
    epsilon: weight of the plan's entropy, beside costs from 0 to 2.
    sinkhorn_iterations: of Sinkhorn's algorithm, for each plan.
    g_steps: moves of G for one of the embedding (the paper's n_gen).
    batch: examples in a batch, both halves together; even.
    """
    require_kind(spec, "ot-gan", "image", "points")
    G, _ = players(spec, "dcgan", Latent(latent, prior), width)
    V = discriminator_with_head(spec, width, embedding_head(embed_dim))
    game = OTGAN(G, V, energy=MinibatchEnergy(epsilon, sinkhorn_iterations), g_steps=g_steps)
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "V": optim}, batch, steps, ema=0.999, channels_last=True)


def member_pairs(
    spec: DataSpec, members: int, network: str, latent: Latent, width: int
) -> list[Pair]:
    """Pairs of players, each with its own initial weights."""
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
    """Ensemble of GANs, trained side by side (arXiv:1612.00991).

    batch: examples in a batch; each move of each player has a batch of its own.
    steps: length of the run in steps; every step trains every member.
    """
    require_kind(spec, "ensemble", "image", "points")
    pairs = member_pairs(spec, members, network, Latent(latent, prior), width)
    game = Ensemble(pairs, objective=OBJECTIVES["non-saturating"])
    optim = dict.fromkeys(game.players(), adam(lr, 0.5))
    return Recipe(game, optim, batch, steps, ema=0.999, channels_last=True)


def sequential_ensemble(
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

    steps: length of the run in steps, of which each member has an equal part.
    """
    require_kind(spec, "sequential-ensemble", "image", "points")
    pairs = member_pairs(spec, members, network, Latent(latent, prior), width)
    game = SequentialEnsemble(pairs, objective=OBJECTIVES["non-saturating"], steps=steps)
    optim = dict.fromkeys(game.players(), adam(lr, 0.5))
    return Recipe(game, optim, batch, steps, ema=0.999, channels_last=True)


def unrolled(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    unroll_steps: int = 5,
    lr: float = 5e-4,
    beta1: float = 0.5,
    batch: int = 32,
    steps: int = 2000,
) -> Recipe:
    """Unrolled GAN: G is trained against D after some more steps (arXiv:1611.02163, Eqs. 7 to 10).

    unroll_steps: steps of D's own optimiser that are unrolled.
    """
    require_kind(spec, "unrolled", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    lookahead = AdamLookahead(D, unroll_steps, lr, beta1)
    game = UnrolledGAN(G, D, objective=OBJECTIVES["non-saturating"], lookahead=lookahead)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def replay_buffer(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    buffer_size: int = 4096,
    lr: float = 5e-4,
    beta1: float = 0.5,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """GAN whose D also sees fakes of earlier generators (arXiv:1612.07828, section 2.3).

    buffer_size: earlier fakes that are kept.
    """
    require_kind(spec, "replay-buffer", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    shape = spec.shape
    pool = ImagePool(buffer_size, shape)
    game = HistoryGAN(G, D, objective=OBJECTIVES["non-saturating"], pool=pool)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


FAMILY: dict[str, Preset] = {
    "unrolled": Preset(
        unrolled,
        data="fashion",
        cites="arXiv:1611.02163",
        paper=dict(width=64, latent=256, lr=1e-4, batch=128, steps=100_000),
    ),
    "replay-buffer": Preset(
        replay_buffer,
        data="fashion",
        cites="arXiv:1612.07828",
        paper=dict(width=64, latent=100, lr=1e-3, batch=512, steps=100_000),
    ),
    "minibatch-discrimination": Preset(
        minibatch_discrimination,
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
            sinkhorn_iterations=500,
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
    "sequential-ensemble": Preset(
        sequential_ensemble,
        data="fashion",
        cites="arXiv:1612.00991",
        paper=dict(width=128, latent=100, lr=2e-4, batch=128, steps=300_000),
    ),
}
