"""Spoilt pictures and sounds from good ones: a pair for each, of one's own folders too.

`open_data("grey:photos/")` has the field `given`, made anew for every batch, beside `real`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.audio import at_rate
from gansmith.data.builtin.spoken_digits import RATE
from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, Dataset, DataSpec, Kind
from gansmith.data.transforms.add_noise import with_noise
from gansmith.data.transforms.embed_text import MEANING
from gansmith.data.transforms.resize import recolour

Spoil = Callable[[Tensor, Rng], Tensor]
NOISE = (10.0, 60.0)  # standard deviation of the noise, of 255 levels, drawn for each picture
HOLE = (0.25, 0.5)  # side of a hole as a part of the picture's, drawn for each picture
BLUR = 1 / 20  # standard deviation of the blur as a part of the side
GREY = 128  # what a hole is filled with
HALVES = ("pairs", "pairs-back")  # before a path: its pictures are pairs already, side by side


@dataclass(frozen=True)
class Degradation:
    """A way to spoil pictures or sounds: what it makes of them, and the shape that this has.

    spoil: uint8 (N, C, H, W) and a stream of random numbers -> uint8 (N, channels, height, width);
        of sounds, float32 (N, T) -> float32 (N, T).
    kind: of the data that it spoils.
    held: what spoils the held-out part, where that is something else.
    """

    name: str
    spoil: Spoil
    channels: Callable[[int], int] = lambda channels: channels
    factor: int = 1
    kind: Kind = "image"
    held: Spoil | None = None

    def __call__(self, pictures: Tensor, rng: Rng) -> Tensor:
        return self.spoil(pictures, rng)


def grey(pictures: Tensor, rng: Rng) -> Tensor:
    """The luma of the pictures, one channel."""
    return recolour(pictures, 1)


def edges(pictures: Tensor, rng: Rng) -> Tensor:
    """Dark lines on white where brightness changes: 255 minus Sobel's gradient, one channel.

    Of the channels of a colour picture the steepest is taken; 255 is a step over half the range.
    """
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4
    kernel = torch.stack([sobel, sobel.T]).unsqueeze(1)  # (2, 1, 3, 3)
    n, channels, height, width = pictures.shape
    planes = F.pad(pictures.float().view(n * channels, 1, height, width), (1, 1, 1, 1), "replicate")
    slope = F.conv2d(planes, kernel).norm(dim=1).view(n, channels, height, width)
    return (255 - 2 * slope.amax(1, keepdim=True)).clamp(0, 255).round().to(torch.uint8)


def blur(pictures: Tensor, rng: Rng) -> Tensor:
    """A Gaussian blur whose standard deviation is a twentieth of the side."""
    std = BLUR * pictures.shape[-1]
    reach = max(1, round(3 * std))
    t = torch.arange(-reach, reach + 1)
    line = torch.exp(-t.square() / (2 * std**2))
    line = line / line.sum()
    n, channels, height, width = pictures.shape
    planes = pictures.float().view(n * channels, 1, height, width)
    planes = F.conv2d(F.pad(planes, (reach, reach, 0, 0), "replicate"), line.view(1, 1, 1, -1))
    planes = F.conv2d(F.pad(planes, (0, 0, reach, reach), "replicate"), line.view(1, 1, -1, 1))
    return planes.view_as(pictures).round().to(torch.uint8)


def shrunk(factor: int) -> Spoil:
    """Means over squares of `factor` x `factor` pixels."""

    def spoil(pictures: Tensor, rng: Rng) -> Tensor:
        return F.avg_pool2d(pictures.float(), factor).round().to(torch.uint8)

    return spoil


def noise(pictures: Tensor, rng: Rng) -> Tensor:
    """White noise, of a strength drawn for each picture."""
    low, high = NOISE
    std = low + (high - low) * rng.uniform(len(pictures), 1, 1, 1)
    noisy = pictures.float() + std * rng.normal(*pictures.shape)
    return noisy.round().clamp(0, 255).to(torch.uint8)


def hole(pictures: Tensor, rng: Rng) -> Tensor:
    """A grey rectangle anywhere; the last channel is the mask, 255 where the picture is missing."""
    n, _, height, width = pictures.shape
    inside = []
    for side in (height, width):
        low, high = HOLE
        length = (side * (low + (high - low) * rng.uniform(n, 1))).round()
        start = ((side - length + 1) * rng.uniform(n, 1)).floor()
        t = torch.arange(side)
        inside.append((t >= start) & (t < start + length))
    missing = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return with_hole(pictures, missing)


def with_hole(pictures: Tensor, missing: Tensor) -> Tensor:
    """Pictures uint8 (N, C, H, W) with `missing`, bool (N, 1, H, W), filled grey, and the mask."""
    mask = missing.to(torch.uint8) * 255
    return torch.cat([pictures.masked_fill(missing, GREY), mask], 1)


DEGRADATIONS: dict[str, Degradation] = {
    "grey": Degradation("grey", grey, lambda channels: 1),
    "edges": Degradation("edges", edges, lambda channels: 1),
    "blur": Degradation("blur", blur),
    "noise": Degradation("noise", noise),
    "down2": Degradation("down2", shrunk(2), factor=2),
    "down4": Degradation("down4", shrunk(4), factor=4),
    "hole": Degradation("hole", hole, lambda channels: channels + 1),
    "noisy": Degradation("noisy", with_noise(False), kind="sound", held=with_noise(True)),
}


def degraded(name: str, dataset: Dataset) -> Dataset:
    """The same pictures or sounds, each to be made from what a degradation leaves of it.

    Held-out ones are spoilt once, so that they can be compared with; training ones anew in every
    batch. Sounds are brought to 8 kHz first, as the recordings of noise are. Raises DataError for
    an unknown name, data of another kind, or a side that does not divide.
    """
    if name not in DEGRADATIONS:
        raise DataError(f"data are spoilt by {', '.join(DEGRADATIONS)}; got {name!r}")
    return degraded_by(DEGRADATIONS[name], dataset)


def degraded_by(how: Degradation, dataset: Dataset) -> Dataset:
    """The same with a degradation of one's own. Raises DataError as `degraded` does."""
    name, spec = how.name, dataset.spec
    if spec.kind != how.kind:
        what = {"image": "pictures", "sound": "sounds"}[how.kind]
        raise DataError(f"{name} spoils {what}; {spec.name} holds {spec.kind}")
    if spec.size % how.factor:
        raise DataError(
            f"{name} takes pictures whose side {how.factor} divides; {spec.name} has {spec.size}: "
            f"give --size {spec.size // how.factor * how.factor}"
        )
    if spec.kind == "sound":
        dataset = at_rate(dataset, RATE)
    spec = dataset.spec
    spoilt = (how.held or how.spoil)(dataset.held["real"], Rng(0))
    held = dict(dataset.held, given=spoilt)
    train = {key: value for key, value in dataset.train.items() if key != "given"}
    digest = hashlib.sha256(f"{name} {spec.fingerprint}".encode()).hexdigest()[:16]
    asked = _asked(how, spec)
    spec = replace(spec, name=f"{name}:{spec.name}", condition=asked, fingerprint=digest)
    return replace(dataset, spec=spec, train=train, held=held, degrade=how, vocabulary=())


def _asked(how: Degradation, spec: DataSpec) -> Condition:
    if spec.kind == "sound":
        return Condition("wave", length=spec.length)
    side = spec.size // how.factor
    return Condition("image", channels=how.channels(spec.channels), height=side, width=side)


def split_name(name: str) -> tuple[str, str]:
    """What stands before the data in a name such as grey:emoji or pairs:photos/; "" for nothing."""
    match = re.fullmatch(rf"({'|'.join((*DEGRADATIONS, *HALVES, MEANING))}):(.+)", name)
    return (match[1], match[2]) if match else ("", name)
