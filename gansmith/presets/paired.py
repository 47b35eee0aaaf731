"""Paired image-to-image translation."""

from __future__ import annotations

from torch import nn

from gansmith.core.files import user_path
from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.data.require import require_condition, require_kind
from gansmith.games.pix2pix import Pix2Pix
from gansmith.losses.objectives import OBJECTIVES
from gansmith.losses.perceptual import ImageDistance, VGGPerceptual, judge_distance, zero_distance
from gansmith.networks import DCGANDiscriminator, PatchDiscriminator, PixelDiscriminator
from gansmith.networks.unet import MaskComposite, PairDiscriminator, UNet, Upscaler
from gansmith.networks.video import NextFrameNet
from gansmith.presets.players import classifier_of
from gansmith.presets.preset import Preset

PATCHES = {7: 0, 16: 1, 34: 2, 70: 3, 142: 4}  # side of a patch -> strided layers
MAX_DEPTH = 5
LARGE = 64  # pixels; below, laying kernels out channels last costs more than it saves


def paired_generator(spec: DataSpec, width: int) -> UNet | Upscaler | MaskComposite | NextFrameNet:
    """The generator for paired images: upscaling where the input is smaller, inpainting where it
    has a mask, next-frame prediction where it is the past of a clip.

    Raises DataError for data without paired images.
    """
    c = require_condition(
        spec,
        "image",
        "clip",
        otherwise=f"{spec.name} has no paired images. Make them from any images, for example by "
        f"--data grey:{spec.name}, or bring your own (docs/data.md); images of a person with "
        "landmarks are for talking-head",
    )
    if c.frames:
        return next_frame_generator(spec, width)
    if c.height < spec.size:
        return Upscaler(spec.channels, spec.size // c.height, width)
    net = UNet(c.channels, spec.channels, width, unet_depth(spec.size))
    return MaskComposite(net) if c.channels == spec.channels + 1 else net


def next_frame_generator(spec: DataSpec, width: int, latent: int = 0) -> NextFrameNet:
    """The generator for clips, with a code of `latent` dimensions."""
    assert spec.condition is not None
    return NextFrameNet(spec.condition.frames, spec.channels, width, unet_depth(spec.size), latent)


def unet_depth(size: int) -> int:
    """The number of downsampling layers: to a map of 2 pixels, at most MAX_DEPTH."""
    return max(1, min(MAX_DEPTH, (size - 1).bit_length() - 1))


def patch_discriminator(channels: int, size: int, patch_size: int, width: int) -> nn.Module:
    """A discriminator of patches of `patch_size` pixels; with 0, of the whole image.

    Raises ValueError for another size, or one larger than the image allows.
    """
    if patch_size == 0:
        return DCGANDiscriminator(channels, size, width)
    if patch_size == 1:
        return PixelDiscriminator(channels, width, nn.BatchNorm2d)
    if patch_size not in PATCHES:
        sides = ", ".join(map(str, PATCHES))
        raise ValueError(f"patch_size is 1, {sides}, or 0 for the whole image; got {patch_size}")
    D = PatchDiscriminator(channels, width, PATCHES[patch_size], nn.BatchNorm2d)
    if size < D.smallest:
        raise ValueError(
            f"patches of {patch_size} pixels need images of {D.smallest} pixels or more; these "
            f"have {size}: choose a smaller --patch-size, or a larger --size"
        )
    return D


def perceptual_distance(
    spec: DataSpec, perceptual_weight: float, vgg_weights: str, lpips_weights: str
) -> ImageDistance:
    """The perceptual distance: of the data's classifier, or of VGG16 from the file `vgg_weights`.

    Raises ValueError for a file that no term uses.
    """
    if not perceptual_weight:
        if vgg_weights or lpips_weights:
            raise ValueError("--vgg-weights and --lpips-weights need a --perceptual-weight above 0")
        return zero_distance
    if lpips_weights and not vgg_weights:
        raise ValueError("--lpips-weights needs the weights of VGG16 too: --vgg-weights")
    if vgg_weights:
        return VGGPerceptual(
            user_path(vgg_weights), user_path(lpips_weights) if lpips_weights else None
        )
    return judge_distance(classifier_of(spec))


def paired_gan(
    preset: str,
    spec: DataSpec,
    width: int,
    patch_size: int,
    l1_weight: float,
    lr: float,
    batch: int,
    steps: int,
    perceptual_weight: float = 0.0,
    vgg_weights: str = "",
    lpips_weights: str = "",
    mismatch_weight: float = 0.0,
    beta1: float = 0.5,
) -> Recipe:
    """pix2pix with networks that fit the data. Raises DataError as `paired_generator` does."""
    require_kind(spec, preset, "image")
    G = paired_generator(spec, width)
    assert spec.condition is not None
    channels = spec.channels + spec.condition.channels
    game = Pix2Pix(
        G,
        PairDiscriminator(patch_discriminator(channels, spec.size, patch_size, width)),
        objective=OBJECTIVES["non-saturating"],
        l1_weight=l1_weight,
        perceptual_weight=perceptual_weight,
        perceptual=perceptual_distance(spec, perceptual_weight, vgg_weights, lpips_weights),
        mismatch_weight=mismatch_weight,
    )
    optim = adam(lr, beta1)
    return Recipe(
        game, {"G": optim, "D": optim}, batch, steps, ema=0.99, channels_last=spec.size >= LARGE
    )


def pix2pix(
    spec: DataSpec,
    *,
    width: int = 32,
    patch_size: int = 16,
    l1_weight: float = 100.0,
    perceptual_weight: float = 0.0,
    vgg_weights: str = "",
    lpips_weights: str = "",
    mismatch_weight: float = 0.0,
    lr: float = 5e-4,
    batch: int = 8,
    steps: int = 4000,
) -> Recipe:
    """pix2pix: paired image-to-image translation (arXiv:1611.07004, Eq. 4)."""
    return paired_gan(
        "pix2pix",
        spec,
        width,
        patch_size,
        l1_weight,
        lr,
        batch,
        steps,
        perceptual_weight,
        vgg_weights,
        lpips_weights,
        mismatch_weight,
    )


def colorization(
    spec: DataSpec,
    *,
    width: int = 32,
    patch_size: int = 16,
    l1_weight: float = 50.0,
    lr: float = 5e-4,
    batch: int = 8,
    steps: int = 4000,
) -> Recipe:
    """Colourization of grey images by pix2pix (arXiv:1611.07004, section 4.2)."""
    return paired_gan("colorization", spec, width, patch_size, l1_weight, lr, batch, steps)


def super_resolution(
    spec: DataSpec,
    *,
    width: int = 32,
    patch_size: int = 16,
    l1_weight: float = 20.0,
    perceptual_weight: float = 1.0,
    vgg_weights: str = "",
    lpips_weights: str = "",
    lr: float = 1e-3,
    beta1: float = 0.5,
    batch: int = 16,
    steps: int = 4000,
) -> Recipe:
    """SRGAN: super-resolution with an adversarial loss (arXiv:1609.04802, Eq. 3)."""
    return paired_gan(
        "super-resolution",
        spec,
        width,
        patch_size,
        l1_weight,
        lr,
        batch,
        steps,
        perceptual_weight,
        vgg_weights,
        lpips_weights,
        beta1=beta1,
    )


def inpainting(
    spec: DataSpec,
    *,
    width: int = 32,
    patch_size: int = 0,
    l1_weight: float = 100.0,
    lr: float = 5e-4,
    batch: int = 16,
    steps: int = 4000,
) -> Recipe:
    """Context encoder: inpainting of missing regions (arXiv:1604.07379, Eq. 3)."""
    return paired_gan("inpainting", spec, width, patch_size, l1_weight, lr, batch, steps)


FAMILY: dict[str, Preset] = {
    "pix2pix": Preset(
        pix2pix,
        data="emoji-lines",
        cites="arXiv:1611.07004",
        takes="pairs of images",
        paper=dict(width=64, patch_size=70, lr=2e-4, batch=1, steps=80_000),
    ),
    "colorization": Preset(
        colorization,
        data="grey:emoji:twemoji",
        cites="arXiv:1611.07004",
        takes="pairs of images",
        paper=dict(width=64, patch_size=70, l1_weight=100.0, lr=2e-4, batch=4, steps=300_000),
    ),
    "super-resolution": Preset(
        super_resolution,
        data="down4:fashion",
        cites="arXiv:1609.04802",
        takes="pairs of images",
        paper=dict(
            width=64,
            patch_size=0,
            l1_weight=0.0,
            perceptual_weight=1000.0,
            lr=1e-4,
            beta1=0.9,
            steps=200_000,
        ),
    ),
    "inpainting": Preset(
        inpainting,
        data="hole:fashion",
        cites="arXiv:1604.07379",
        takes="pairs of images",
        paper=dict(width=64, l1_weight=999.0, lr=2e-4, batch=64, steps=100_000),
    ),
}
