"""Conditional GANs: on a class, attributes, a sentence, a sound."""

from __future__ import annotations

from torch import nn

from gansmith.core.constraints import spectral_norm_all
from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam
from gansmith.data import Condition, DataError, DataSpec
from gansmith.data.require import require_condition, require_kind
from gansmith.games.acgan import ACGAN
from gansmith.games.conditional import ConditionalGAN
from gansmith.games.regression import DISTANCES, Regression
from gansmith.games.sound_to_image import SoundToImage
from gansmith.games.stackgan import StackGAN
from gansmith.games.two_score import TwoScoreGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import ResNetCritic
from gansmith.networks.conditional_discriminator import (
    ACDiscriminator,
    AuxClassifierDiscriminator,
    ConcatDiscriminator,
    ProjectionDiscriminator,
    TwoScoreDiscriminator,
    dcgan_trunk,
)
from gansmith.networks.conditional_generator import (
    CBNGenerator,
    ConcatGenerator,
    Regressor,
    StageTwoGenerator,
)
from gansmith.networks.conditions import condition_encoder
from gansmith.presets.paired import paired_generator
from gansmith.presets.players import augmentation
from gansmith.presets.preset import Preset

WITH_CONDITIONS = "images with classes, attributes, sentences or sounds"
# what a generator of this file cannot be conditioned on -> the preset that can
USE_INSTEAD = {"references": "talking-head", "image": "pix2pix", "clip": "next-frame"}


def condition_of(spec: DataSpec, preset: str) -> Condition:
    """What the data are conditioned on. Raises DataError where the preset cannot use it."""
    require_kind(spec, preset, "image")
    if spec.conditioned_on is None:
        raise DataError(
            f"{preset} needs data with conditions, and {spec.name} has none: bring class folders, "
            "a captions.tsv or pairs (docs/data.md)"
        )
    instead = USE_INSTEAD.get(spec.conditioned_on.kind)
    if instead is not None:
        raise DataError(
            f"{preset} is conditioned on classes, attributes, sentences or sounds; {spec.name} is "
            f"conditioned on {spec.conditioned_on.noun}: use {instead}"
        )
    return spec.conditioned_on


def conditional_generator(
    spec: DataSpec, c: Condition, latent: int, embed_dim: int, width: int, size: int = 0
) -> CBNGenerator:
    """A DCGAN generator with conditional batch norm on an embedding of the condition."""
    prior, side = Latent(latent), size or spec.size
    return CBNGenerator(
        condition_encoder(c, embed_dim), embed_dim, prior, spec.channels, side, width
    )


def conditional_gan(
    preset: str,
    spec: DataSpec,
    width: int,
    latent: int,
    embed_dim: int,
    weights: tuple[float, float, float],
    augment: str,
    lr: float,
    batch: int,
    steps: int,
) -> Recipe:
    """A conditional GAN with one score for the pair of image and condition.

    weights: of real pairs, of mismatched real ones, of mismatched generated ones.
    """
    real_weight, mismatch_weight, fake_mismatch_weight = weights
    c = condition_of(spec, preset)
    game = ConditionalGAN(
        conditional_generator(spec, c, latent, embed_dim, width),
        ConcatDiscriminator(
            *dcgan_trunk(spec.channels, spec.size, width, nn.BatchNorm2d),
            condition_encoder(c, embed_dim),
            embed_dim,
        ),
        objective=OBJECTIVES["non-saturating"],
        condition_field=c.field,
        real_weight=real_weight,
        mismatch_weight=mismatch_weight,
        fake_mismatch_weight=fake_mismatch_weight,
        augment=augmentation(spec, augment),
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def cgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    embed_dim: int = 32,
    real_weight: float = 1.0,
    mismatch_weight: float = 1.0,
    fake_mismatch_weight: float = 0.0,
    augment: str = "none",
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Conditional GAN: both players are conditioned (arXiv:1411.1784, Eq. 2).

    fake_mismatch_weight: weight of generated images with a mismatched condition; 0 omits the term.
    """
    weights = real_weight, mismatch_weight, fake_mismatch_weight
    return conditional_gan(
        "cgan", spec, width, latent, embed_dim, weights, augment, lr, batch, steps
    )


def gan_cls(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    embed_dim: int = 64,
    real_weight: float = 2.0,
    mismatch_weight: float = 1.0,
    augment: str = "translation,cutout",
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """GAN-CLS: text to image, with mismatched texts as negatives (arXiv:1605.05396, Alg. 1)."""
    weights = real_weight, mismatch_weight, 0.0
    return conditional_gan(
        "gan-cls", spec, width, latent, embed_dim, weights, augment, lr, batch, steps
    )


def two_score(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    embed_dim: int = 32,
    match_weight: float = 1.0,
    real_weight: float = 2.0,
    mismatch_weight: float = 1.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Conditional GAN with scores of realism and of the match (arXiv:1710.10916, section 4.2)."""
    c = condition_of(spec, "two-score")
    game = TwoScoreGAN(
        conditional_generator(spec, c, latent, embed_dim, width),
        TwoScoreDiscriminator(
            *dcgan_trunk(spec.channels, spec.size, width, nn.BatchNorm2d),
            condition_encoder(c, embed_dim),
            embed_dim,
        ),
        objective=OBJECTIVES["non-saturating"],
        condition_field=c.field,
        match_weight=match_weight,
        real_weight=real_weight,
        mismatch_weight=mismatch_weight,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def projection(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    embed_dim: int = 32,
    real_weight: float = 1.0,
    mismatch_weight: float = 1.0,
    normalize_heads: bool = False,
    d_steps: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.5,
    beta2: float = 0.999,
    batch: int = 32,
    steps: int = 2000,
) -> Recipe:
    """Projection discriminator: the condition is an inner product in D (arXiv:1802.05637, Eq. 3).

    width: channels of G next to the image; D has residual blocks of twice as many.
    embed_dim: dimension of the embedding of the condition in G.
    normalize_heads: spectral norm in psi and the embedding of D too, as in the paper.
    """
    c = condition_of(spec, "projection")
    trunk = nn.Sequential(ResNetCritic(spec.channels, spec.size, 2 * width).blocks, nn.ReLU())
    G = conditional_generator(spec, c, latent, embed_dim, width)
    D = ProjectionDiscriminator(
        spectral_norm_all(trunk), 2 * width, condition_encoder(c, 2 * width)
    )
    game = ConditionalGAN(
        G,
        spectral_norm_all(D) if normalize_heads else D,
        objective=OBJECTIVES["hinge"],
        condition_field=c.field,
        real_weight=real_weight,
        mismatch_weight=mismatch_weight,
        d_steps=d_steps,
    )
    optim = adam(lr, beta1, beta2)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def acgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    embed_dim: int = 32,
    aux_weight: float = 1.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """ACGAN: an auxiliary classifier in D (arXiv:1610.09585, Eq. 2 and 3).

    embed_dim: dimension of the embedding of the class in G.
    """
    noun = condition_of(spec, "acgan").noun
    c = require_condition(
        spec,
        "class",
        otherwise=f"acgan needs classes; {spec.name} is conditioned on {noun}: use cgan",
    )
    game = ACGAN(
        conditional_generator(spec, c, latent, embed_dim, width),
        ACDiscriminator(
            *dcgan_trunk(spec.channels, spec.size, width, nn.BatchNorm2d), len(c.names)
        ),
        objective=OBJECTIVES["non-saturating"],
        aux_weight=aux_weight,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def stackgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    embed_dim: int = 64,
    small_steps: int = 4000,
    real_weight: float = 2.0,
    mismatch_weight: float = 1.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """StackGAN: a small conditional image, then a large one from it (arXiv:1612.03242).

    small_steps: length of the first stage; 0 with --from a run that has finished it.
    """
    c = condition_of(spec, "stackgan")
    if spec.size % 2 or spec.size < 16:
        raise DataError(
            f"stackgan generates images in two sizes, of even side, at least 16; {spec.name} has "
            f"{spec.size}: give --size"
        )

    def discriminator(size: int) -> ConcatDiscriminator:
        trunk = dcgan_trunk(spec.channels, size, width, nn.BatchNorm2d)
        return ConcatDiscriminator(*trunk, condition_encoder(c, embed_dim), embed_dim)

    small = spec.size // 2
    game = StackGAN(
        conditional_generator(spec, c, latent, embed_dim, width, small),
        discriminator(small),
        StageTwoGenerator(spec.channels, 2 * width, condition_encoder(c, embed_dim), embed_dim),
        discriminator(spec.size),
        objective=OBJECTIVES["non-saturating"],
        condition_field=c.field,
        small_steps=small_steps,
        real_weight=real_weight,
        mismatch_weight=mismatch_weight,
    )
    optim = dict.fromkeys(("G1", "D1", "G2", "D2"), adam(lr, 0.5))
    return Recipe(game, optim, batch, steps, ema=0.999, channels_last=True)


def regression(
    spec: DataSpec,
    *,
    distance: str = "l2",
    width: int = 32,
    embed_dim: int = 32,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 4000,
) -> Recipe:
    """Supervised regression, the baseline of conditional GANs: the conditional mean (textbook).

    distance: l2, whose optimum is the conditional mean, or l1, the median.
    embed_dim: dimension of the embedding of the condition; images as conditions take a U-Net.
    """
    require_kind(spec, "regression", "image")
    if distance not in DISTANCES:
        raise ValueError(f"the distance is {' or '.join(DISTANCES)}; got {distance!r}")
    c = spec.conditioned_on
    if c is not None and c.is_paired_image:
        G: nn.Module = paired_generator(spec, width)
    else:
        c = condition_of(spec, "regression")
        G = Regressor(condition_encoder(c, embed_dim), embed_dim, spec.channels, spec.size, width)
    game = Regression(G, distance=DISTANCES[distance], condition_field=c.field)
    optim = {"G": adam(lr, 0.5)}
    return Recipe(game, optim, batch, steps, ema=0.999, channels_last=True)


def sound_to_image(
    spec: DataSpec,
    *,
    width: int = 16,
    latent: int = 32,
    embed_dim: int = 64,
    aux_weight: float = 1.0,
    real_weight: float = 1.0,
    mismatch_weight: float = 0.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 4000,
) -> Recipe:
    """Images from sounds, with an auxiliary classifier in D (arXiv:1808.04108).

    embed_dim: dimension of the embedding of the sound.
    """
    wrong = (
        f"sound-to-image needs sounds and classes; {spec.name} is conditioned on "
        f"{condition_of(spec, 'sound-to-image').noun} and has {len(spec.classes)} classes: use cgan"
    )
    c = require_condition(spec, "log-mel", otherwise=wrong)
    if not spec.classes:
        raise DataError(wrong)
    prior, trunk = Latent(latent), dcgan_trunk(spec.channels, spec.size, width, nn.BatchNorm2d)
    game = SoundToImage(
        ConcatGenerator(
            condition_encoder(c, embed_dim), embed_dim, prior, spec.channels, spec.size, width
        ),
        AuxClassifierDiscriminator(
            *trunk, condition_encoder(c, embed_dim), embed_dim, len(spec.classes)
        ),
        objective=OBJECTIVES["non-saturating"],
        aux_weight=aux_weight,
        real_weight=real_weight,
        mismatch_weight=mismatch_weight,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.99, channels_last=True)


FAMILY: dict[str, Preset] = {
    "cgan": Preset(
        cgan,
        data="fashion",
        cites="arXiv:1411.1784",
        takes=WITH_CONDITIONS,
        paper=dict(latent=100, lr=2e-4, batch=100, steps=100_000),
    ),
    "gan-cls": Preset(
        gan_cls,
        data="emoji-names",
        cites="arXiv:1605.05396",
        takes=WITH_CONDITIONS,
        paper=dict(
            width=64, latent=100, embed_dim=128, augment="none", lr=2e-4, batch=64, steps=75_000
        ),
    ),
    "two-score": Preset(two_score, data="fashion", cites="arXiv:1710.10916", takes=WITH_CONDITIONS),
    "projection": Preset(
        projection,
        data="fashion",
        cites="arXiv:1802.05637",
        takes=WITH_CONDITIONS,
        paper=dict(
            width=64,
            latent=128,
            mismatch_weight=0.0,
            normalize_heads=True,
            d_steps=5,
            lr=2e-4,
            beta1=0.0,
            beta2=0.9,
            batch=64,
            steps=450_000,
        ),
    ),
    "acgan": Preset(
        acgan,
        data="fashion",
        cites="arXiv:1610.09585",
        takes="images with classes",
        paper=dict(width=96, latent=110, lr=2e-4, batch=100, steps=50_000),
    ),
    "stackgan": Preset(
        stackgan,
        data="emoji-names",
        cites="arXiv:1612.03242",
        takes=WITH_CONDITIONS,
        paper=dict(
            width=64,
            latent=100,
            embed_dim=128,
            small_steps=75_000,
            lr=2e-4,
            batch=64,
            steps=150_000,
        ),
    ),
    "sound-to-image": Preset(
        sound_to_image,
        data="spoken-pictures",
        cites="arXiv:1808.04108",
        takes="images with sounds and classes",
    ),
    "regression": Preset(
        regression,
        data="emoji-lines",
        cites="textbook",
        takes="images with conditions of any kind, or pairs of images",
    ),
}
