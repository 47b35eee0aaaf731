"""The reader of drawn faces: attributes, landmarks and whose face it is, from the picture alone.

It is trained by this project on faces that the library draws (`tools/train_reader.py`), of which
all this is known exactly, and says of a generated face what it would have been drawn from.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

from gansmith.metrics.pictures import recolour, resize, to_unit
from gansmith.pretrained.judges import Block

SIZE = 32
WIDTHS = (24, 48, 96)
KEPT, HIDDEN = 16, 112


@dataclass(frozen=True)
class ReaderCard:
    """What is to be known about the reader; stored as JSON beside its weights.

    yes, degrees: names of the attributes of two values and of those in between. held: what it gets
    on faces it was not trained on: shares named rightly, correlations, landmark error in halves of
    the picture, and the share of people that are known again among 20.
    """

    yes: tuple[str, ...]
    degrees: tuple[str, ...]
    points: int
    likeness: int
    held: dict[str, float]
    data: str
    command: str
    seed: int
    licence: str

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ReaderCard:
        lists = {name: tuple(values[name]) for name in ("yes", "degrees")}
        return cls(**{**values, **lists})


class Reading(NamedTuple):
    """What was read: attributes (N, A) in [-1, 1], landmarks (N, P, 2), likeness (N, L)."""

    attributes: Tensor
    landmarks: Tensor
    likeness: Tensor


class FaceReader(nn.Module):
    """A small network with three heads on pictures of drawn faces.

    Three blocks of convolutions, the first two halved by max pooling; the last map, narrowed to 16
    channels, goes whole into one hidden layer, so that places are not averaged away.
    yes: how many attributes have two values; degrees: how many lie in between.
    """

    def __init__(
        self, yes: int, degrees: int, points: int, likeness: int, hidden: int = HIDDEN
    ) -> None:
        super().__init__()
        self.yes, self.points = yes, points
        self.about = "untrained reader of faces"
        self.card: ReaderCard | None = None
        first, second, third = WIDTHS
        self.one, self.two = Block(3, first), Block(first, second)
        self.three = Block(second, third)
        self.narrow = Block(third, KEPT)
        self.hidden = nn.Linear(KEPT * (SIZE // 4) ** 2, hidden)
        self.head = nn.Linear(hidden, yes + degrees + 2 * points + likeness)
        self.sizes = [yes + degrees, 2 * points, likeness]

    def forward(self, x: Tensor) -> Reading:
        """Of prepared pictures (B, 3, 32, 32) in [-1, 1]; attributes of two values as logits."""
        h = F.max_pool2d(self.one(x), 2)
        h = F.max_pool2d(self.two(h), 2)
        h = self.narrow(self.three(h))  # (B, 16, 8, 8)
        said = self.head(F.relu(self.hidden(h.flatten(1))))
        attributes, landmarks, likeness = said.split(self.sizes, 1)
        return Reading(attributes, landmarks.unflatten(1, (self.points, 2)), likeness)

    @torch.no_grad()
    def read(self, pictures: Tensor, chunk: int = 500) -> Reading:
        """What pictures (N, 1 or 3, H, W) show, uint8 or in [-1, 1]; all float64."""
        found = []
        for part in pictures.split(chunk):
            attributes, *rest = self(resize(recolour(to_unit(part), 3), SIZE))
            sure = torch.tanh(attributes[:, : self.yes] / 2)  # 2 sigmoid - 1
            degrees = attributes[:, self.yes :].clamp(-1, 1)
            found.append([torch.cat([sure, degrees], 1).double(), *(x.double() for x in rest)])
        return Reading(*(torch.cat(column) for column in zip(*found, strict=True)))


def landmark_error(read: Tensor, true: Tensor) -> float:
    """Mean distance of landmarks (N, P, 2) to the true ones, in halves of the picture."""
    return float((read.double() - true.double()).norm(dim=2).mean())


def known_again(read: Tensor, of: Tensor, rivals: int = 20) -> float:
    """Share of faces nearer in likeness to their own person than to those of 19 others.

    read: likeness of each face (N, L); of: of the people (N, L), in the same order.
    """
    near = torch.cdist(read.double(), of.double())
    n = len(near)
    own = near.diagonal()
    others = torch.stack([near.roll(-step, 1).diagonal() for step in range(1, min(rivals, n))])
    return float((own < others.amin(0)).double().mean())


@cache
def face_reader() -> FaceReader:
    """The shipped reader, frozen and in evaluation mode."""
    folder = files("gansmith.pretrained") / "files"
    card = ReaderCard.from_json(json.loads((folder / "faces.json").read_text("utf-8")))
    reader = FaceReader(len(card.yes), len(card.degrees), card.points, card.likeness)
    weights = load((folder / "faces.safetensors").read_bytes())
    reader.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in weights.items()}
    )
    reader.card = card
    right = card.held["yes"]
    reader.about = f"reader of drawn faces ({100 * right:.1f} % of attributes right on real ones)"
    return reader.requires_grad_(False).eval()
