"""The judges: one small frozen classifier per picture data set, whose features carry the metrics.

A judge stands where Inception stands in the Frechet distance of arXiv:1706.08500 and in the
score of arXiv:1606.03498. It is trained by this project (`tools/train_judges.py`) on the real
training pictures with their labels, ships with the package and needs no network. Numbers
made with a judge are not comparable with those made with Inception, nor across judges.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

from gansmith.metrics.pictures import recolour, resize, to_unit

DIM = 64
WIDTHS = (32, 64, 128)

FOREIGN = (
    "; these features were trained on other pictures: "
    "only ratios within this data set mean anything"
)


@dataclass(frozen=True)
class JudgeCard:
    """What is to be known about a judge; stored as JSON beside its weights."""

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


class Block(nn.Module):
    """3x3 convolution, batch normalisation, ReLU."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outside)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class Judge(nn.Module):
    """A small classifier of square pictures with a penultimate layer of 64 features.

    Three blocks of 32, 64 and 128 channels, the first two halved by max pooling, then a
    coarse grid of averages (3 x 3, or 2 x 2 below 16 pixels, or `grid`) and one hidden layer. The
    grid keeps the position of parts: features of a plain global average could not tell a picture
    from the same parts in disorder.

    size, channels: what the network was trained on; `prepare` brings anything else there.
    about: the line that the protocol of a number carries.
    """

    prefix = "c"  # cFID, cIS: not to be taken for the published ones

    def __init__(self, *, size: int, channels: int, classes: int, grid: int | None = None) -> None:
        super().__init__()
        if size < 8:
            raise ValueError(f"a judge looks at pictures of at least 8 pixels; got size={size}")
        self.size, self.channels = size, channels
        self.grid = grid or (3 if size >= 16 else 2)
        self.about = "untrained judge"
        self.card: JudgeCard | None = None
        first, second, third = WIDTHS
        self.one, self.two = Block(channels, first), Block(first, second)
        self.three = Block(second, third)
        self.hidden = nn.Linear(third * self.grid**2, DIM, bias=False)
        self.norm = nn.BatchNorm1d(DIM)
        self.head = nn.Linear(DIM, classes)

    def features(self, x: Tensor) -> Tensor:
        """Penultimate layer before its ReLU, for prepared pictures in [-1, 1]: -> (B, 64).

        The ReLU would map much of what is unlike the training pictures to the same zeros.
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
        """Class logits of prepared pictures in [-1, 1]: (B, C, H, W) -> (B, classes)."""
        return self.logits(self.features(x))

    def prepare(self, x: Tensor) -> Tensor:
        """Pictures of any size, grey or colour, uint8 or float, as this judge wants them.

        Antialiased bilinear resizing to a square, luma or repetition for the channels.
        x: (B, 1 or 3, H, W), uint8 or float in [-1, 1]. Returns float32 in [-1, 1].
        """
        return resize(recolour(to_unit(x), self.channels), self.size)

    def adaption(self, x: Tensor) -> str:
        """What `prepare` does to these pictures, in words, for the protocol."""
        channels, height, width = x.shape[1:]
        steps = []
        if channels != self.channels:
            steps.append("luma" if self.channels == 1 else "grey repeated over three channels")
        if (height, width) != (self.size, self.size):
            sizes = f"{height}x{width} -> {self.size}x{self.size}"
            steps.append(f"antialiased bilinear {sizes}")
        return ", ".join(steps) or "none"

    @torch.no_grad()
    def look(self, pictures: Tensor, *, chunk: int = 500) -> tuple[Tensor, Tensor]:
        """Features (N, 64) and class probabilities (N, K), both float64, of any pictures."""
        features, probabilities = [], []
        for part in pictures.split(chunk):
            seen = self.features(self.prepare(part))
            features.append(seen.double())
            probabilities.append(self.logits(seen).double().softmax(1))
        return torch.cat(features), torch.cat(probabilities)


# data set -> judge; the styles of a set ("emoji:noto") share the judge of the set
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
    judge.about = (
        f"judge '{card.name}' ({card.dim} features, trained on {card.data}; "
        f"accuracy {100 * accuracy:.1f} % on held-out examples)"
    )
    return judge.requires_grad_(False).eval()


def judge_for(name: str, channels: int) -> Judge:
    """The judge to use for a data set: its own when it has one, else a stand-in.

    The stand-in is the fashion judge for grey pictures and the emoji judge for colour; its
    protocol line says that it was trained on other pictures.

    name: the data set's name; channels: 1 or 3. Raises ValueError for other channels.
    """
    if channels not in (1, 3):
        raise ValueError(f"judges look at pictures of 1 or 3 channels; got {channels}")
    family = name.partition(":")[0]
    if family in JUDGES:
        return load_judge(family)
    judge = load_judge("fashion" if channels == 1 else "emoji")
    judge.about += FOREIGN
    return judge
