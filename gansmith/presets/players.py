"""Pairs of players by name, made to fit the data: what unconditional presets choose from."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from gansmith.core.latent import Latent
from gansmith.data import DataSpec
from gansmith.games.gan import Generator
from gansmith.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    MaxoutCritic,
    MLPCritic,
    MLPGenerator,
    MLPImageGenerator,
    ResNetCritic,
    ResNetGenerator,
)
from gansmith.networks.augment import Augmentation, DiffAugment, no_augmentation
from gansmith.networks.r3 import R3Discriminator, R3Generator
from gansmith.networks.resnet import sum_pool
from gansmith.pretrained.judges import Judge, judge_for

Norm = Callable[[int], nn.Module]
Pair = tuple[Generator, nn.Module]


def classifier_of(spec: DataSpec) -> Judge:
    """The shipped classifier of the data, for a perceptual distance; `grey:emoji:noto` has that of
    `emoji`.
    """
    return judge_for("fashion" if spec.base == "fashion-mnist" else spec.base, spec.channels)


def augmentation(spec: DataSpec, augment: str) -> Augmentation:
    """The augmentation of what D sees: none for "none", else a chain of named transformations.

    Raises ValueError for an unknown name, and for points, which cannot be augmented.
    """
    if augment == "none":
        return no_augmentation
    if not spec.size:
        raise ValueError(f"only images are augmented; {spec.name} is {spec.kind}: use 'none'")
    return DiffAugment(augment.split(","))


def dcgan(spec: DataSpec, latent: Latent, width: int, norm: Norm | None) -> Pair:
    """Strided convolutions (arXiv:1511.06434); `norm` is the discriminator's."""
    return (
        DCGANGenerator(latent, spec.channels, spec.size, width),
        DCGANDiscriminator(spec.channels, spec.size, width, norm),
    )


def resnet(spec: DataSpec, latent: Latent, width: int, norm: Norm | None) -> Pair:
    """Residual blocks (arXiv:1704.00028, appendix C); `norm` is the critic's."""
    return (
        ResNetGenerator(latent, spec.channels, spec.size, width),
        ResNetCritic(spec.channels, spec.size, width, norm),
    )


def sn_resnet(spec: DataSpec, latent: Latent, width: int, norm: Norm | None) -> Pair:
    """Residual blocks, G twice as wide as D, features summed (arXiv:1802.05957, table 4)."""
    return (
        ResNetGenerator(latent, spec.channels, spec.size, 2 * width),
        ResNetCritic(spec.channels, spec.size, width, norm, sum_pool),
    )


def mlp(spec: DataSpec, latent: Latent, width: int, norm: Norm | None) -> Pair:
    """Fully connected players of pictures, 8 units for each of `width`."""
    return (
        MLPImageGenerator(latent, spec.channels, spec.size, 8 * width),
        MLPCritic(spec.channels * spec.size**2, 8 * width),
    )


def maxout(spec: DataSpec, latent: Latent, width: int, norm: Norm | None) -> Pair:
    """The players of arXiv:1406.2661 at width 48: 1200 rectifiers against 240 maxout units."""
    return (
        MLPImageGenerator(latent, spec.channels, spec.size, 25 * width),
        MaxoutCritic(spec.channels * spec.size**2, 5 * width),
    )


def r3(spec: DataSpec, latent: Latent, width: int, norm: Norm | None) -> Pair:
    """Residual blocks of grouped convolutions (arXiv:2501.05441); without norm, whatever `norm`."""
    return (
        R3Generator(latent, spec.channels, spec.size, width),
        R3Discriminator(spec.channels, spec.size, width),
    )


NETWORKS: dict[str, Callable[[DataSpec, Latent, int, Norm | None], Pair]] = {
    "dcgan": dcgan,
    "resnet": resnet,
    "r3": r3,
    "sn-resnet": sn_resnet,
    "mlp": mlp,
    "maxout": maxout,
}


def players(
    spec: DataSpec, network: str, latent: Latent, width: int, norm: Norm | None = None
) -> Pair:
    """A generator and a discriminator for the data: `network` for pictures, MLPs for points.

    width: channels of the smallest layer; points take 4 units for each.
    norm: the discriminator's norm layers; None has none.
    Raises ValueError for an unknown network.
    """
    if spec.dim:
        return MLPGenerator(latent, spec.dim, 4 * width), MLPCritic(spec.dim, 4 * width)
    if network not in NETWORKS:
        raise ValueError(f"unknown network {network!r}; choose one of {', '.join(NETWORKS)}")
    return NETWORKS[network](spec, latent, width, norm)
