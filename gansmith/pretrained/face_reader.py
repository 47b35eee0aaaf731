"""The face reader: attributes, landmarks and identity of a drawn face, from the image alone.

It is trained by this project on faces that the library draws (`tools/train_reader.py`), of which
the parameters are known exactly, and estimates those of generated faces.
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

from gansmith.core.images import check_images, resize, to_channels, to_float
from gansmith.pretrained.judges import ConvBlock

SIZE = 32
WIDTHS = (24, 48, 96)
KEPT, HIDDEN = 16, 112


@dataclass(frozen=True)
class ReaderCard:
    """The outputs, accuracy and training of the reader; stored as JSON beside its weights.

    binary, continuous: names of the attributes. points: landmarks. identity: dimension of the
    identity vector. held_out: results on faces it was not trained on: accuracy of the binary
    attributes, correlations of the continuous ones, landmark error in halves of the image, and the
    re-identification rate among 20 people.
    """

    binary: tuple[str, ...]
    continuous: tuple[str, ...]
    points: int
    identity: int
    held_out: dict[str, float]
    data: str
    command: str
    seed: int
    licence: str

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ReaderCard:
        lists = {name: tuple(values[name]) for name in ("binary", "continuous")}
        return cls(**{**values, **lists})


class FaceReading(NamedTuple):
    """Estimates: attributes (N, A) in [-1, 1], landmarks (N, P, 2), identity vectors (N, L)."""

    attributes: Tensor
    landmarks: Tensor
    identity: Tensor


class FaceReader(nn.Module):
    """A small network with three outputs for images of drawn faces.

    Three blocks of convolutions, the first two halved by max pooling; the last map, reduced to 16
    channels, is flattened into one hidden layer, so that positions are not averaged away.
    binary, continuous: numbers of attributes; points: of landmarks; identity: dimension of the
    identity vector.
    """

    def __init__(
        self, binary: int, continuous: int, points: int, identity: int, hidden: int = HIDDEN
    ) -> None:
        super().__init__()
        self.binary, self.points = binary, points
        self.description = "untrained face reader"
        self.card: ReaderCard | None = None
        first, second, third = WIDTHS
        self.one, self.two = ConvBlock(3, first), ConvBlock(first, second)
        self.three = ConvBlock(second, third)
        self.narrow = ConvBlock(third, KEPT)
        self.hidden = nn.Linear(KEPT * (SIZE // 4) ** 2, hidden)
        self.head = nn.Linear(hidden, binary + continuous + 2 * points + identity)
        self.sizes = [binary + continuous, 2 * points, identity]

    def forward(self, x: Tensor) -> FaceReading:
        """From preprocessed images (B, 3, 32, 32) in [-1, 1]; binary attributes as logits."""
        h = F.max_pool2d(self.one(x), 2)
        h = F.max_pool2d(self.two(h), 2)
        h = self.narrow(self.three(h))  # (B, 16, 8, 8)
        out = self.head(F.relu(self.hidden(h.flatten(1))))
        attributes, landmarks, identity = out.split(self.sizes, 1)
        return FaceReading(attributes, landmarks.unflatten(1, (self.points, 2)), identity)

    @torch.no_grad()
    def read(self, images: Tensor, chunk: int = 500) -> FaceReading:
        """Estimates for images (N, 1 or 3, H, W), uint8 or in [-1, 1]; all float64."""
        found = []
        for part in images.split(chunk):
            attributes, *rest = self(resize(to_channels(to_float(check_images(part)), 3), SIZE))
            binary = torch.tanh(attributes[:, : self.binary] / 2)  # 2 sigmoid - 1
            continuous = attributes[:, self.binary :].clamp(-1, 1)
            found.append([torch.cat([binary, continuous], 1).double(), *(x.double() for x in rest)])
        return FaceReading(*(torch.cat(column) for column in zip(*found, strict=True)))


def landmark_error(read: Tensor, true: Tensor) -> float:
    """Mean distance of landmarks (N, P, 2) to the true ones, in halves of the image."""
    return float((read.double() - true.double()).norm(dim=2).mean())


def reidentification_rate(*, read: Tensor, true: Tensor, rivals: int = 20) -> float:
    """Share of faces whose identity vector is nearer to their own person's than to 19 others'.

    read: vectors of the faces (N, L); true: of their people (N, L), in the same order.
    """
    near = torch.cdist(read.double(), true.double())
    n = len(near)
    own = near.diagonal()
    others = torch.stack([near.roll(-step, 1).diagonal() for step in range(1, min(rivals, n))])
    return float((own < others.amin(0)).double().mean())


@cache
def face_reader() -> FaceReader:
    """The shipped reader, frozen and in evaluation mode."""
    folder = files("gansmith.pretrained") / "files"
    card = ReaderCard.from_json(json.loads((folder / "faces.json").read_text("utf-8")))
    reader = FaceReader(len(card.binary), len(card.continuous), card.points, card.identity)
    weights = load((folder / "faces.safetensors").read_bytes())
    reader.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in weights.items()}
    )
    reader.card = card
    accuracy = 100 * card.held_out["binary"]
    reader.description = f"face reader ({accuracy:.1f} % accuracy of attributes on held-out faces)"
    return reader.requires_grad_(False).eval()
