"""Unpaired translation between domains, of images or audio."""

from __future__ import annotations

import math

from torch import nn

from gansmith.core.recipe import Recipe, adam, constant, linear_decay
from gansmith.data import DataSpec, mixed_source
from gansmith.data.require import require_kind
from gansmith.games.cyclegan import CycleGAN
from gansmith.games.stargan import StarGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import ImagePool, PatchDiscriminator, TranslatorGenerator
from gansmith.networks.audio import LogSpectrumDiscriminator, WaveTranslator
from gansmith.networks.multi_domain import DomainDiscriminator, DomainTranslator
from gansmith.penalties import InterpolatedGP
from gansmith.presets.preset import Preset


def translator(spec: DataSpec, width: int, blocks: int) -> nn.Module:
    """From an example to another of the same shape: residual blocks, or a U-Net of waveforms."""
    if spec.rate:
        return WaveTranslator(width)
    return TranslatorGenerator(spec.channels, spec.channels, width, blocks)


def discriminator(spec: DataSpec, width: int, layers: int) -> nn.Module:
    """Patches of an image, or of the log spectrum of a waveform."""
    if spec.rate:
        return LogSpectrumDiscriminator(PatchDiscriminator(1, width, layers), spec.rate)
    return PatchDiscriminator(spec.channels, width, layers)


def cyclegan(
    spec: DataSpec,
    *,
    width: int = 16,
    blocks: int = 3,
    d_width: int = 32,
    d_layers: int = 2,
    cycle_weight: float = 20.0,
    identity_weight: float = 10.0,
    pool_size: int = 50,
    lr: float = 2e-4,
    lr_decay: bool = False,
    batch: int = 4,
    steps: int = 2500,
) -> Recipe:
    """CycleGAN: unpaired translation with cycle consistency (arXiv:1703.10593).

    blocks: residual blocks of a generator of images.
    d_width: channels of the discriminators after the first layer.
    d_layers: strided layers of the discriminators; 3 has patches of 70 pixels, 2 of 34.
    cycle_weight: weight of the cycle-consistency loss (the paper's lambda).
    identity_weight: weight of the identity loss; 0 omits the term.
    pool_size: examples in each history of fakes.
    lr_decay: let the learning rate fall linearly to 0 over the second half of the run.
    batch: examples of each domain in a batch.
    """
    require_kind(spec, "cyclegan", "image", "audio", domains=(2, 2))
    game = CycleGAN(
        *(translator(spec, width, blocks) for _ in "ab"),
        *(discriminator(spec, d_width, d_layers) for _ in "ab"),
        objective=OBJECTIVES["least-squares"],
        pool_a=ImagePool(pool_size, spec.shape),
        pool_b=ImagePool(pool_size, spec.shape),
        domains=tuple(spec.domains),
        adv_weight=2.0,  # squares, without the 1/2 of the objective
        cycle_weight=cycle_weight,
        identity_weight=identity_weight,
    )
    optim = dict.fromkeys(("Gab", "Gba", "Da", "Db"), adam(lr, 0.5))
    schedule = linear_decay(0.5) if lr_decay else constant
    return Recipe(game, optim, batch, steps, schedule, ema=0.99, sample_every=100)


def stargan(
    spec: DataSpec,
    *,
    width: int = 16,
    blocks: int = 3,
    d_width: int = 32,
    aux_weight: float = 1.0,
    cycle_weight: float = 10.0,
    penalty_weight: float = 10.0,
    d_steps: int = 1,
    lr: float = 2e-4,
    batch: int = 12,
    steps: int = 2500,
) -> Recipe:
    """StarGAN: one generator between any number of domains (arXiv:1711.09020).

    blocks: residual blocks of the generator.
    d_width: channels of the discriminator after the first layer.
    cycle_weight: weight of the cycle-consistency loss (the paper's lambda_rec).
    batch: images of all domains together in a batch.
    """
    require_kind(spec, "stargan", "image", domains=(2, math.inf))
    names = tuple(spec.domains)
    game = StarGAN(
        DomainTranslator(spec.channels, len(names), width, blocks),
        DomainDiscriminator(spec.channels, spec.size, len(names), d_width),
        domains=names,
        objective=OBJECTIVES["wasserstein"],
        penalty=InterpolatedGP(penalty_weight),
        aux_weight=aux_weight,
        cycle_weight=cycle_weight,
        d_steps=d_steps,
    )
    optim = dict.fromkeys("GD", adam(lr, 0.5))
    return Recipe(game, optim, batch, steps, ema=0.99, sample_every=100, source=mixed_source)


FAMILY: dict[str, Preset] = {
    "cyclegan": Preset(
        cyclegan,
        data="emoji:noto+twemoji",
        cites="arXiv:1703.10593",
        takes="two domains of images or sounds",
        paper=dict(
            width=64,
            blocks=9,
            d_width=64,
            d_layers=3,
            cycle_weight=10.0,
            identity_weight=0.0,
            lr_decay=True,
            batch=1,
            steps=250_000,
        ),
    ),
    "stargan": Preset(
        stargan,
        data="emoji:noto+twemoji+openmoji",
        cites="arXiv:1711.09020",
        takes="two or more domains of images",
        paper=dict(width=64, blocks=6, d_width=64, d_steps=5, lr=1e-4, batch=16, steps=40_000),
    ),
}
