"""Degraded images and waveforms: each example is conditioned on a degraded copy of itself.

`open_data("grey:photos/")` has the field `condition`, computed anew for every batch, beside `real`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.images import gaussian_blur
from gansmith.core.rng import Rng
from gansmith.data.audio import resampled
from gansmith.data.builtin.spoken_digits import RATE
from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, Dataset, DataSpec, Kind
from gansmith.data.transforms.add_noise import with_noise
from gansmith.data.transforms.resize import convert_channels

Corruption = Callable[[Tensor, Rng], Tensor]
NOISE = (10.0, 60.0)  # standard deviation of the noise, of 255 levels, drawn for each image
HOLE = (0.25, 0.5)  # side of a hole as a part of the image's, drawn for each image
BLUR = 1 / 20  # standard deviation of the blur as a part of the side
GREY = 128  # what a hole is filled with


@dataclass(frozen=True)
class Degradation:
    """A way to degrade images or waveforms, and the shape of the result.

    corrupt: of images uint8 (N, C, H, W) -> uint8 (N, channels(C), H / factor, W / factor); of
        waveforms float32 (N, T) -> float32 (N, T); besides, it takes random numbers.
    kind: of the data that it degrades.
    corrupt_held_out: degrades the held-out part, where it differs.
    """

    name: str
    corrupt: Corruption
    channels: Callable[[int], int] = lambda channels: channels
    factor: int = 1
    kind: Kind = "image"
    corrupt_held_out: Corruption | None = None

    def __call__(self, images: Tensor, rng: Rng) -> Tensor:
        return self.corrupt(images, rng)


def grey(images: Tensor, rng: Rng) -> Tensor:
    """The luma of the images, one channel."""
    return convert_channels(images, 1)


def edges(images: Tensor, rng: Rng) -> Tensor:
    """Dark lines on white where brightness changes: 255 minus Sobel's gradient, one channel.

    Of the channels of a colour image the steepest is taken; 255 is a step over half the range.
    """
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4
    kernel = torch.stack([sobel, sobel.T]).unsqueeze(1)  # (2, 1, 3, 3)
    n, channels, height, width = images.shape
    planes = F.pad(images.float().view(n * channels, 1, height, width), (1, 1, 1, 1), "replicate")
    slope = F.conv2d(planes, kernel).norm(dim=1).view(n, channels, height, width)
    return (255 - 2 * slope.amax(1, keepdim=True)).clamp(0, 255).round().to(torch.uint8)


def blur(images: Tensor, rng: Rng) -> Tensor:
    """A Gaussian blur whose standard deviation is a twentieth of the side."""
    std = BLUR * images.shape[-1]
    return gaussian_blur(images.float(), std, max(1, round(3 * std))).round().to(torch.uint8)


def downsample(factor: int) -> Corruption:
    """Means over squares of `factor` x `factor` pixels."""

    def corrupt(images: Tensor, rng: Rng) -> Tensor:
        return F.avg_pool2d(images.float(), factor).round().to(torch.uint8)

    return corrupt


def noise(images: Tensor, rng: Rng) -> Tensor:
    """White noise, of a strength drawn for each image."""
    low, high = NOISE
    std = low + (high - low) * rng.uniform(len(images), 1, 1, 1)
    noisy = images.float() + std * rng.normal(*images.shape)
    return noisy.round().clamp(0, 255).to(torch.uint8)


def hole(images: Tensor, rng: Rng) -> Tensor:
    """A grey rectangle anywhere; the last channel is the mask, 255 where the image is missing."""
    n, _, height, width = images.shape
    inside = []
    for side in (height, width):
        low, high = HOLE
        length = (side * (low + (high - low) * rng.uniform(n, 1))).round()
        start = ((side - length + 1) * rng.uniform(n, 1)).floor()
        t = torch.arange(side)
        inside.append((t >= start) & (t < start + length))
    missing = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return cut_hole(images, missing)


def cut_hole(images: Tensor, missing: Tensor) -> Tensor:
    """Images uint8 (N, C, H, W) with `missing`, bool (N, 1, H, W), filled grey, and the mask."""
    mask = missing.to(torch.uint8) * 255
    return torch.cat([images.masked_fill(missing, GREY), mask], 1)


DEGRADATIONS: dict[str, Degradation] = {
    "grey": Degradation("grey", grey, lambda channels: 1),
    "edges": Degradation("edges", edges, lambda channels: 1),
    "blur": Degradation("blur", blur),
    "noise": Degradation("noise", noise),
    "down2": Degradation("down2", downsample(2), factor=2),
    "down4": Degradation("down4", downsample(4), factor=4),
    "hole": Degradation("hole", hole, lambda channels: channels + 1),
    "noisy": Degradation(
        "noisy", with_noise(False), kind="audio", corrupt_held_out=with_noise(True)
    ),
}


def degrade(name: str, dataset: Dataset) -> Dataset:
    """The same images or waveforms, each conditioned on a degraded copy of itself.

    Held-out examples are degraded once, so that results can be compared; training examples anew in
    every batch. Waveforms are brought to 8 kHz first, the rate of the recordings of noise. Raises
    DataError for an unknown name, data of another kind, or a side that does not divide.
    """
    if name not in DEGRADATIONS:
        raise DataError(f"the degradations are {', '.join(DEGRADATIONS)}; got {name!r}")
    return degrade_by(DEGRADATIONS[name], dataset)


def degrade_by(how: Degradation, dataset: Dataset) -> Dataset:
    """The same with any degradation. Raises DataError as `degrade` does."""
    name, spec = how.name, dataset.spec
    if spec.kind != how.kind:
        raise DataError(f"{name} degrades data of kind {how.kind}; {spec.name} holds {spec.kind}")
    if spec.size % how.factor:
        raise DataError(
            f"{name} takes images whose side {how.factor} divides; {spec.name} has {spec.size}: "
            f"give --size {spec.size // how.factor * how.factor}"
        )
    if spec.kind == "audio":
        dataset = resampled(dataset, RATE)
    spec = dataset.spec
    corrupted = (how.corrupt_held_out or how.corrupt)(dataset.held_out["real"], Rng(0))
    held_out = dict(dataset.held_out, condition=corrupted)
    train = {key: value for key, value in dataset.train.items() if key != "condition"}
    digest = hashlib.sha256(f"{name} {spec.fingerprint}".encode()).hexdigest()[:16]
    condition = _condition(how, spec)
    spec = replace(spec, name=f"{name}:{spec.name}", condition=condition, fingerprint=digest)
    return replace(
        dataset, spec=spec, train=train, held_out=held_out, degrade=how, condition_vocabulary=()
    )


def _condition(how: Degradation, spec: DataSpec) -> Condition:
    if spec.kind == "audio":
        return Condition("waveform", length=spec.length, rate=spec.rate)
    side = spec.size // how.factor
    return Condition("image", channels=how.channels(spec.channels), height=side, width=side)
