"""Judges: a small frozen classifier for each image data set, whose features the metrics use.

A judge takes the place of Inception in the Frechet distance of arXiv:1706.08500 and in the score of
arXiv:1606.03498. It is trained by this project (`tools/train_judges.py`) on the real training
images with their labels, and ships with the package. Numbers by a judge are not comparable with
those by Inception, nor across judges.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

from gansmith.core.images import check_images, resize, to_channels, to_float

DIM = 64
WIDTHS = (32, 64, 128)

STAND_IN_NOTE = (
    "; these features were trained on other images: only ratios within this data set mean anything"
)


@dataclass(frozen=True)
class JudgeCard:
    """The data, accuracy and training of a judge; stored as JSON beside its weights."""

    name: str
    size: int
    channels: int
    classes: tuple[str, ...]
    dim: int
    accuracy: dict[str, float]
    counts: dict[str, int]
    data: str
    fingerprint: str
    preprocessing: str
    command: str
    seed: int
    epochs: int
    licence: str
    grid: int | None = None

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> JudgeCard:
        return cls(**{**values, "classes": tuple(values["classes"])})


class ConvBlock(nn.Module):
    """3x3 convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class Judge(nn.Module):
    """A small classifier of square images with a penultimate layer of 64 features.

    Three blocks of 32, 64 and 128 channels, the first two halved by max pooling, then a
    coarse grid of averages (3 x 3, or 2 x 2 below 16 pixels, or `grid`) and one hidden layer. The
    grid keeps the position of parts: a global average cannot distinguish an image from the same
    parts in another arrangement.

    size, channels: of the training images; `preprocess` converts other images.
    description: for protocols.
    """

    prefix = "c"  # cFID, cIS: not to be confused with the published ones
    classifies = True

    def __init__(self, *, size: int, channels: int, classes: int, grid: int | None = None) -> None:
        super().__init__()
        if size < 8:
            raise ValueError(f"a judge takes images of at least 8 pixels a side; got size={size}")
        self.size, self.channels = size, channels
        self.grid = grid or (3 if size >= 16 else 2)
        self.description = "untrained judge"
        self.card: JudgeCard | None = None
        first, second, third = WIDTHS
        self.one, self.two = ConvBlock(channels, first), ConvBlock(first, second)
        self.three = ConvBlock(second, third)
        self.hidden = nn.Linear(third * self.grid**2, DIM, bias=False)
        self.norm = nn.BatchNorm1d(DIM)
        self.head = nn.Linear(DIM, classes)

    def features(self, x: Tensor) -> Tensor:
        """Penultimate layer before its ReLU, of preprocessed images in [-1, 1]: -> (B, 64).

        The ReLU would map much that is unlike the training images to the same zeros.
        """
        h = F.max_pool2d(self.one(x), 2)  # (B, 32, H/2, W/2)
        h = F.max_pool2d(self.two(h), 2)  # (B, 64, H/4, W/4)
        h = F.adaptive_avg_pool2d(self.three(h), self.grid)  # (B, 128, grid, grid)
        found: Tensor = self.norm(self.hidden(h.flatten(1)))
        return found

    def logits(self, features: Tensor) -> Tensor:
        """Class logits from `features`: (B, 64) -> (B, classes)."""
        found: Tensor = self.head(F.relu(features))
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Class logits of preprocessed images in [-1, 1]: (B, C, H, W) -> (B, classes)."""
        return self.logits(self.features(x))

    def preprocess(self, x: Tensor) -> Tensor:
        """Images of any size, grey or color, in the size and channels of this judge.

        Antialiased bilinear resizing to a square, luma or repetition for the channels.
        x: (B, 1 or 3, H, W), uint8 or float in [-1, 1]. Returns float32 in [-1, 1].
        """
        return resize(to_channels(to_float(check_images(x)), self.channels), self.size)

    def preprocessing(self, x: Tensor) -> str:
        """What `preprocess` does to these images, in words, for the protocol."""
        channels, height, width = x.shape[1:]
        steps = []
        if channels != self.channels:
            steps.append("luma" if self.channels == 1 else "grey repeated over three channels")
        if (height, width) != (self.size, self.size):
            sizes = f"{height}x{width} -> {self.size}x{self.size}"
            steps.append(f"antialiased bilinear {sizes}")
        return ", ".join(steps) or "none"

    @torch.no_grad()
    def extract(self, images: Tensor, *, chunk: int = 500) -> tuple[Tensor, Tensor]:
        """Features (N, 64) and class probabilities (N, K), both float64, of any images."""
        features, probabilities = [], []
        for part in images.split(chunk):
            found = self.features(self.preprocess(part))
            features.append(found.double())
            probabilities.append(self.logits(found).double().softmax(1))
        return torch.cat(features), torch.cat(probabilities)


# data set -> judge; the styles of a data set ("emoji:noto") share its judge
JUDGES: dict[str, str] = {
    "fashion": "fashion",
    "fashion-mnist": "fashion",
    "digits": "digits",
    "emoji": "emoji",
    "emoji-lines": "emoji",
    "emoji-names": "emoji",
    "spoken-digits": "spoken-digits",
}


def load_judge(name: str) -> Judge:
    """The shipped judge of a data set, frozen and in evaluation mode.

    Weights stored in half precision are used in float32.
    Raises ValueError for a name without a judge.
    """
    if name not in JUDGES:
        raise ValueError(f"no judge for {name!r}; there is one for {', '.join(JUDGES)}")
    folder = files("gansmith.pretrained") / "files"
    card = JudgeCard.from_json(json.loads((folder / f"{JUDGES[name]}.json").read_text("utf-8")))
    judge = Judge(size=card.size, channels=card.channels, classes=len(card.classes), grid=card.grid)
    weights = load((folder / f"{JUDGES[name]}.safetensors").read_bytes())
    judge.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in weights.items()}
    )
    judge.card = card
    accuracy = next(iter(card.accuracy.values()))
    judge.description = (
        f"judge '{card.name}' ({card.dim} features, trained on {card.data}; "
        f"accuracy {100 * accuracy:.1f} % on held-out examples)"
    )
    return judge.requires_grad_(False).eval()


def judge_for(name: str, channels: int) -> Judge:
    """The judge of a data set, or a stand-in where there is none.

    The stand-in is the fashion judge for grey images and the emoji judge for color; its
    description says that it was trained on other images.

    name: the data set's name; channels: 1 or 3. Raises ValueError for other channels.
    """
    if channels not in (1, 3):
        raise ValueError(f"judges take images of 1 or 3 channels; got {channels}")
    family = name.partition(":")[0]
    if family in JUDGES:
        return load_judge(family)
    judge = load_judge("fashion" if channels == 1 else "emoji")
    judge.description += STAND_IN_NOTE
    return judge


class NamedImages(Protocol):
    """What a judge is chosen by, as a `DataSpec` has it: the data's name and channels."""

    @property
    def base(self) -> str: ...
    @property
    def channels(self) -> int: ...


def judge_of(spec: NamedImages) -> Judge:
    """`judge_for` the data behind a specification, loaded once: "grey:emoji:noto" has emoji's."""
    return _loaded(spec.base, spec.channels)


_loaded = lru_cache(maxsize=4)(judge_for)
