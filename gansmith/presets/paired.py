"""Presets that answer a picture with a picture."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataError, DataSpec
from gansmith.evaluation.select import judge_of
from gansmith.games.pix2pix import Pix2Pix
from gansmith.losses.objectives import OBJECTIVES
from gansmith.losses.perceptual import Distance, Seen, by_judge, unseen
from gansmith.networks import DCGANDiscriminator, PatchDiscriminator, PixelDiscriminator
from gansmith.networks.unet import Beside, Pasted, UNet, Upscaler
from gansmith.networks.video import NextFrameNet
from gansmith.presets.players import take
from gansmith.presets.preset import Preset

PATCHES = {7: 0, 16: 1, 34: 2, 70: 3, 142: 4}  # side of a patch -> strided layers
DEEPEST = 5
LARGE = 64  # pixels; below, laying kernels out channels last costs more than it saves


def answerer(spec: DataSpec, width: int) -> UNet | Upscaler | Pasted | NextFrameNet:
    """The net for the pairs: enlarging where what is given is smaller, pasting where it has a mask,
    continuing where it is the past of a clip.

    Raises DataError for data without pairs of pictures.
    """
    c = spec.condition
    if c is not None and c.kind == "likeness":
        raise DataError(f"{spec.name} asks by pictures of a person: take talking-head")
    if c is None or c.kind != "image":
        raise DataError(
            f"{spec.name} has no pairs of pictures. Make them from any pictures, as by --data "
            f"grey:{spec.name}, or bring your own (docs/data.md)"
        )
    if c.frames:
        return continuer(spec, width)
    if c.height < spec.size:
        return Upscaler(spec.channels, spec.size // c.height, width)
    net = UNet(c.channels, spec.channels, width, depth_for(spec.size))
    return Pasted(net) if c.channels == spec.channels + 1 else net


def continuer(spec: DataSpec, width: int, codes: int = 0) -> NextFrameNet:
    """The net for clips, with `codes` numbers left to chance."""
    assert spec.condition is not None
    return NextFrameNet(spec.condition.frames, spec.channels, width, depth_for(spec.size), codes)


def depth_for(size: int) -> int:
    """Steps down to a map of 2 pixels, at most DEEPEST."""
    return max(1, min(DEEPEST, (size - 1).bit_length() - 1))


def patch_judge(channels: int, size: int, patch: int, width: int) -> nn.Module:
    """A discriminator that judges squares of `patch` pixels; 0 judges the whole picture at once.

    Raises ValueError for a patch of another side, or larger than the picture allows.
    """
    if patch == 0:
        return DCGANDiscriminator(channels, size, width)
    if patch == 1:
        return PixelDiscriminator(channels, width, nn.BatchNorm2d)
    if patch not in PATCHES:
        sides = ", ".join(map(str, PATCHES))
        raise ValueError(f"a patch has a side of 1, {sides}, or 0 for all; got {patch}")
    judge = PatchDiscriminator(channels, width, PATCHES[patch], nn.BatchNorm2d)
    if size < judge.smallest:
        raise ValueError(
            f"patches of {patch} want pictures of {judge.smallest} pixels or more; these have "
            f"{size}: take a smaller patch, or --size"
        )
    return judge


def seen_by(spec: DataSpec, perceptual: float, sight: str, heads: str) -> Distance:
    """The perceptual distance: of the data's judge, or of VGG16 from the file `sight`.

    Raises ValueError for a file that no term asks for.
    """
    if not perceptual:
        if sight or heads:
            raise ValueError("sight is used where perceptual is above 0: give --perceptual too")
        return unseen
    if heads and not sight:
        raise ValueError("the heads weigh what VGG16 sees: give its weights as --sight")
    if sight:
        return Seen(Path(sight), Path(heads) if heads else None)
    return by_judge(judge_of(spec.name, spec.channels))


def by_pairs(
    preset: str,
    spec: DataSpec,
    width: int,
    patch: int,
    l1: float,
    lr: float,
    batch: int,
    steps: int,
    perceptual: float = 0.0,
    sight: str = "",
    heads: str = "",
) -> Recipe:
    """The game of pix2pix with the nets that fit the data. Raises DataError as `answerer` does."""
    take(spec, preset, "image")
    G = answerer(spec, width)
    assert spec.condition is not None
    channels = spec.channels + spec.condition.channels
    game = Pix2Pix(
        G,
        Beside(patch_judge(channels, spec.size, patch, width)),
        objective=OBJECTIVES["non-saturating"],
        l1=l1,
        perceptual=perceptual,
        sight=seen_by(spec, perceptual, sight, heads),
    )
    optim = adam(lr, 0.5)
    return Recipe(
        game, {"G": optim, "D": optim}, batch, steps, average=0.99, channels_last=spec.size >= LARGE
    )


def pix2pix(
    spec: DataSpec,
    *,
    width: int = 32,
    patch: int = 16,
    l1: float = 100.0,
    perceptual: float = 0.0,
    sight: str = "",
    heads: str = "",
    lr: float = 5e-4,
    batch: int = 8,
    steps: int = 4000,
) -> Recipe:
    """pix2pix: a picture for a picture, taught by pairs (arXiv:1611.07004, Eq. 4).

    width: channels of both players next to the picture.
    patch: side of the squares that D judges: 1, 7, 16, 34, 70, 142, or 0 for the whole picture.
    l1: weight of the absolute difference to the true answer (the paper's lambda).
    perceptual: weight of the difference as a classifier sees it (arXiv:1603.08155).
    sight: file of VGG16's weights, for that difference; the shipped judge's eyes without one.
    heads: file of the linear layers of LPIPS on top of it (arXiv:1801.03924).
    lr: learning rate of Adam, with beta1 0.5.
    batch: pairs in a batch.
    steps: length of the run.
    """
    return by_pairs("pix2pix", spec, width, patch, l1, lr, batch, steps, perceptual, sight, heads)


def colourisation(
    spec: DataSpec,
    *,
    width: int = 32,
    patch: int = 16,
    l1: float = 50.0,
    lr: float = 5e-4,
    batch: int = 8,
    steps: int = 4000,
) -> Recipe:
    """Colours for grey pictures, by pix2pix (arXiv:1611.07004, section 4.2).

    width: channels of both players next to the picture.
    patch: side of the squares that D judges.
    l1: weight of the absolute difference to the true colours.
    lr: learning rate of Adam, with beta1 0.5.
    batch: pairs in a batch.
    steps: length of the run.
    """
    return by_pairs("colourisation", spec, width, patch, l1, lr, batch, steps)


def super_resolution(
    spec: DataSpec,
    *,
    width: int = 32,
    patch: int = 16,
    l1: float = 20.0,
    perceptual: float = 1.0,
    sight: str = "",
    heads: str = "",
    lr: float = 1e-3,
    batch: int = 16,
    steps: int = 4000,
) -> Recipe:
    """SRGAN: large pictures from small ones, details invented (arXiv:1609.04802, Eq. 3).

    width: channels of both players next to the picture.
    patch: side of the squares that D judges; 0 for the whole picture, as in the paper.
    l1: weight of the absolute difference to the true picture.
    perceptual: weight of the difference as a classifier sees it.
    sight: file of VGG16's weights, for that difference; the shipped judge's eyes without one.
    heads: file of the linear layers of LPIPS on top of it (arXiv:1801.03924).
    lr: learning rate of Adam, with beta1 0.5.
    batch: pairs in a batch.
    steps: length of the run.
    """
    return by_pairs(
        "super-resolution", spec, width, patch, l1, lr, batch, steps, perceptual, sight, heads
    )


def completion(
    spec: DataSpec,
    *,
    width: int = 32,
    patch: int = 0,
    l1: float = 100.0,
    lr: float = 5e-4,
    batch: int = 16,
    steps: int = 4000,
) -> Recipe:
    """Context encoder: what is missing from a picture is filled in (arXiv:1604.07379, Eq. 3).

    width: channels of both players next to the picture.
    patch: side of the squares that D judges; 0 for the whole picture.
    l1: weight of the absolute difference to the true picture.
    lr: learning rate of Adam, with beta1 0.5.
    batch: pairs in a batch.
    steps: length of the run.
    """
    return by_pairs("completion", spec, width, patch, l1, lr, batch, steps)


FAMILY: dict[str, Preset] = {
    "pix2pix": Preset(
        pix2pix,
        data="emoji-lines",
        cites="arXiv:1611.07004",
        paper=dict(width=64, patch=70, batch=1, steps=80_000),
    ),
    "colourisation": Preset(
        colourisation,
        data="grey:emoji:twemoji",
        cites="arXiv:1611.07004",
        paper=dict(width=64, patch=70, l1=100.0, batch=4, steps=300_000),
    ),
    "super-resolution": Preset(
        super_resolution,
        data="down4:fashion",
        cites="arXiv:1609.04802",
        paper=dict(patch=0, lr=1e-4, steps=200_000),
    ),
    "completion": Preset(
        completion,
        data="hole:fashion",
        cites="arXiv:1604.07379",
        paper=dict(width=64, l1=999.0, batch=64, steps=100_000),
    ),
}
