"""Discriminators that are energies: auto-encoders, and models without a generator."""

from __future__ import annotations

from functools import partial
from math import inf

from torch import nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam, sgd
from gansmith.data import DataSpec
from gansmith.data.require import require_kind
from gansmith.games.began import BEGAN
from gansmith.games.crf import CRF, StructuredPerceptron
from gansmith.games.ebgan import EBGAN, PullingAwayTerm
from gansmith.games.ebm import EBM
from gansmith.games.langevin import GradientAscent, Langevin
from gansmith.networks import DCGANDiscriminator, MLPCritic
from gansmith.networks.autoencoder import AutoencoderDiscriminator, absolute_error
from gansmith.networks.dcgan import LEAKY_SLOPE
from gansmith.networks.linear_chain import LinearChain
from gansmith.networks.replay_buffer import ReplayBuffer
from gansmith.presets.likelihood import encoder_and_decoder
from gansmith.presets.players import players
from gansmith.presets.preset import Preset


def ebm(
    spec: DataSpec,
    *,
    width: int = 32,
    chain_steps: int = 10,
    step_size: float | None = None,
    noise: float | None = 0.01,
    restart_prob: float = 0.05,
    buffer_size: int = 1024,
    init_range: float = 1.0,
    reg_weight: float = 0.1,
    sample_rounds: int = 16,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 6000,
) -> Recipe:
    """Energy-based model: a discriminator alone, sampled by Langevin dynamics (arXiv:1903.08689).

    chain_steps: Langevin steps between two moves of D (the paper's K).
    step_size: of the Langevin steps; None takes 40 for images and 0.003 for points.
    noise: standard deviation of the noise of a step; None adds none: gradient ascent to the argmax.
    restart_prob: probability that a chain restarts from noise.
    buffer_size: chains in the replay buffer; at least a batch.
    init_range: chains start uniformly on [-init_range, init_range].
    reg_weight: weight of the squared scores (the paper's alpha).
    sample_rounds: a sample takes sample_rounds * chain_steps steps from noise.
    lr: learning rate of Adam, with beta1 0.
    """
    require_kind(spec, "ebm", "image", "points")
    D: nn.Module
    shape: tuple[int, ...]
    if spec.dim:
        D = MLPCritic(spec.dim, 4 * width, activation=partial(nn.LeakyReLU, LEAKY_SLOPE))
        shape, bound, usual = (spec.dim,), inf, 0.003
    else:
        D = DCGANDiscriminator(spec.channels, spec.size, width, None)
        shape, bound, usual = (spec.channels, spec.size, spec.size), 1.0, 40.0
    step_size = usual if step_size is None else step_size
    game = EBM(
        D,
        walk=GradientAscent(step_size, bound)
        if noise is None
        else Langevin(step_size, noise, bound),
        replay=ReplayBuffer(buffer_size, shape, init_range),
        steps=chain_steps,
        restart_prob=restart_prob,
        reg_weight=reg_weight,
        sample_rounds=sample_rounds,
    )
    optim = {"D": adam(lr, 0.0)}
    return Recipe(game, optim, batch, steps, ema=0.99, sample_every=1500, channels_last=True)


def crf(spec: DataSpec, *, lr: float = 0.02, batch: int = 64, steps: int = 1500) -> Recipe:
    """Linear-chain CRF by exact maximum likelihood, sampled exactly (arXiv:1011.4088).

    lr: learning rate of Adam, with beta1 0.9.
    """
    require_kind(spec, "crf", "text")
    game = CRF(LinearChain(spec.vocab, spec.length))
    return Recipe(game, {"D": adam(lr)}, batch, steps, ema=0.999)


def structured_perceptron(
    spec: DataSpec, *, memory: int = 2048, lr: float = 1.0, batch: int = 64, steps: int = 3000
) -> Recipe:
    """Structured perceptron: the negative is the exact argmax of D (herding, arXiv:1205.2605).

    memory: the latest argmaxes, from which samples are drawn.
    lr: learning rate of plain gradient descent; it scales D and changes little else.
    """
    require_kind(spec, "structured-perceptron", "text")
    game = StructuredPerceptron(LinearChain(spec.vocab, spec.length), memory=memory)
    return Recipe(game, {"D": sgd(lr)}, batch, steps)


def ebgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    code_dim: int = 32,
    margin: float = 0.2,
    pull_away_weight: float = 0.1,
    d_pretrain_steps: int = 0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Energy-based GAN: D is an auto-encoder, with a margin for fakes (arXiv:1609.03126).

    margin: mean squared reconstruction error above which fakes are left alone (the paper's m).
    pull_away_weight: weight of the pulling-away term; 0 is EBGAN without it.
    """
    require_kind(spec, "ebgan", "image", "points")
    G, _ = players(spec, "dcgan", Latent(latent, prior), width)
    D = AutoencoderDiscriminator(*encoder_and_decoder(spec, Latent(code_dim), width))
    game = EBGAN(
        G,
        D,
        margin=margin,
        pull_away=PullingAwayTerm(pull_away_weight),
        d_pretrain_steps=d_pretrain_steps,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def began(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    code_dim: int = 16,
    gamma: float = 0.9,
    lambda_k: float = 0.05,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """BEGAN: an auto-encoder D, held in balance with G (arXiv:1703.10717, section 3.4).

    gamma: reconstruction error of fakes over that of real examples, at the balance.
    lambda_k: step size of the balance (the paper's lambda_k).
    """
    require_kind(spec, "began", "image", "points")
    G, _ = players(spec, "dcgan", Latent(latent, prior), width)
    D = AutoencoderDiscriminator(
        *encoder_and_decoder(spec, Latent(code_dim), width), absolute_error
    )
    game = BEGAN(G, D, gamma=gamma, lambda_k=lambda_k)
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


FAMILY: dict[str, Preset] = {
    "ebm": Preset(
        ebm,
        data="fashion",
        cites="arXiv:1903.08689",
        paper=dict(
            width=128,
            chain_steps=60,
            step_size=20.0,
            noise=0.005,
            buffer_size=10_000,
            reg_weight=1.0,
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
        paper=dict(
            width=128, code_dim=64, gamma=0.5, lambda_k=1e-3, lr=1e-4, batch=16, steps=100_000
        ),
    ),
    "crf": Preset(crf, data="grammar", cites="arXiv:1011.4088", takes="text"),
    "structured-perceptron": Preset(
        structured_perceptron, data="grammar", cites="arXiv:1205.2605", takes="text"
    ),
}
