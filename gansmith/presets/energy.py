"""Discriminators that are energies: auto-encoders, balances, and models that need no generator."""

from __future__ import annotations

from functools import partial
from math import inf

from torch import nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam, sgd
from gansmith.data import DataSpec
from gansmith.games.began import BEGAN
from gansmith.games.crf import CRF, Perceptron
from gansmith.games.ebgan import EBGAN, PullingAway
from gansmith.games.ebm import Energy
from gansmith.games.langevin import Ascent, Langevin
from gansmith.networks import DCGANDiscriminator, MLPCritic
from gansmith.networks.autoencoder import CopyingDiscriminator, absolute
from gansmith.networks.dcgan import SLOPE
from gansmith.networks.linear_chain import Chain
from gansmith.networks.replay_buffer import Replay
from gansmith.presets.likelihood import coders
from gansmith.presets.players import players, take
from gansmith.presets.preset import Preset


def energy(
    spec: DataSpec,
    *,
    width: int = 32,
    walk: int = 10,
    rate: float | None = None,
    noise: float | None = 0.01,
    restarts: float = 0.05,
    pool: int = 1024,
    spread: float = 1.0,
    weight: float = 0.1,
    rounds: int = 16,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 6000,
) -> Recipe:
    """A discriminator alone, which samples by walking up its score (arXiv:1903.08689, Alg. 1).

    width: channels next to the picture; points take 4 units for each.
    walk: steps of a walk between two moves of D (the paper's K).
    rate: step size; None takes 40 for pictures and 0.003 for points.
    noise: deviation of the noise of a step; None walks without, towards the argmax.
    restarts: share of the walks that begin from noise.
    pool: chains that are kept; at least a batch.
    spread: chains begin uniform on [-spread, spread].
    weight: of the squared scores (the paper's alpha).
    rounds: walks on end that make a sample.
    lr: learning rate of Adam, with beta1 0.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "energy", "image", "points")
    D: nn.Module
    shape: tuple[int, ...]
    if spec.kind == "points":
        D = MLPCritic(spec.dim, 4 * width, activation=partial(nn.LeakyReLU, SLOPE))
        shape, bound, usual = (spec.dim,), inf, 0.003
    else:
        D = DCGANDiscriminator(spec.channels, spec.size, width, None)
        shape, bound, usual = (spec.channels, spec.size, spec.size), 1.0, 40.0
    rate = usual if rate is None else rate
    game = Energy(
        D,
        walk=Ascent(rate, bound) if noise is None else Langevin(rate, noise, bound),
        replay=Replay(pool, shape, spread),
        steps=walk,
        restarts=restarts,
        weight=weight,
        rounds=rounds,
    )
    optim = {"D": adam(lr, 0.0)}
    return Recipe(game, optim, batch, steps, average=0.99, show=1500, channels_last=True)


def crf(spec: DataSpec, *, lr: float = 0.02, batch: int = 64, steps: int = 1500) -> Recipe:
    """A chain of potentials by exact maximum likelihood, sampled exactly (arXiv:1011.4088).

    lr: learning rate of Adam.
    batch: sentences in a batch.
    steps: length of the run.
    """
    take(spec, "crf", "text")
    game = CRF(Chain(spec.vocab, spec.length))
    return Recipe(game, {"D": adam(lr)}, batch, steps, average=0.999)


def perceptron(
    spec: DataSpec, *, memory: int = 2048, lr: float = 1.0, batch: int = 64, steps: int = 3000
) -> Recipe:
    """Structured perceptron: the negative is the exact argmax of D (herding, arXiv:1205.2605).

    memory: the latest argmaxes, from which samples are drawn.
    lr: learning rate of plain gradient descent; it scales D and changes little else.
    batch: sentences in a batch.
    steps: length of the run.
    """
    take(spec, "perceptron", "text")
    game = Perceptron(Chain(spec.vocab, spec.length), memory=memory)
    return Recipe(game, {"D": sgd(lr)}, batch, steps)


def ebgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    code: int = 32,
    margin: float = 0.2,
    pull: float = 0.1,
    pretrain_steps: int = 0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Energy-based GAN: D is an auto-encoder, fakes are kept off by a margin (arXiv:1609.03126).

    width: channels next to the picture, of G and of D.
    latent: coordinates of G's codes.
    prior: prior over codes: normal, uniform or truncated.
    code: coordinates of D's codes.
    margin: mean squared error of the copy beyond which fakes are left alone (the paper's m).
    pull: weight of the pulling-away term; 0 is EBGAN without it.
    pretrain_steps: steps of D alone, on real examples, before the game.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "ebgan", "image", "points")
    G, _ = players(spec, "dcgan", Latent(latent, prior), width)
    D = CopyingDiscriminator(*coders(spec, Latent(code), width))
    game = EBGAN(G, D, margin=margin, pull=PullingAway(pull), pretrain_steps=pretrain_steps)
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def began(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    code: int = 16,
    gamma: float = 0.9,
    rate: float = 0.05,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """BEGAN: an auto-encoder D, held in balance with G (arXiv:1703.10717, section 3.4).

    width: channels next to the picture, of G and of D.
    latent: coordinates of G's codes.
    prior: prior over codes: normal, uniform or truncated.
    code: coordinates of D's codes.
    gamma: error of the copies of fakes over that of real examples, at the balance.
    rate: of the balance (the paper's lambda_k).
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "began", "image", "points")
    G, _ = players(spec, "dcgan", Latent(latent, prior), width)
    D = CopyingDiscriminator(*coders(spec, Latent(code), width), absolute)
    game = BEGAN(G, D, gamma=gamma, rate=rate)
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


FAMILY: dict[str, Preset] = {
    "energy": Preset(
        energy,
        data="fashion",
        cites="arXiv:1903.08689",
        paper=dict(
            width=128,
            walk=60,
            rate=20.0,
            noise=0.005,
            pool=10_000,
            weight=1.0,
            lr=1e-4,
            batch=128,
            steps=100_000,
        ),
    ),
    "ebgan": Preset(
        ebgan,
        data="fashion",
        cites="arXiv:1609.03126",
        paper=dict(width=64, latent=100, batch=128, steps=100_000),
    ),
    "began": Preset(
        began,
        data="fashion",
        cites="arXiv:1703.10717",
        paper=dict(width=128, code=64, gamma=0.5, rate=1e-3, lr=1e-4, batch=16, steps=100_000),
    ),
    "crf": Preset(crf, data="grammar", cites="arXiv:1011.4088"),
    "perceptron": Preset(perceptron, data="grammar", cites="arXiv:1205.2605"),
}
