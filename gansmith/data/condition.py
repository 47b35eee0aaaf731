"""What an example is conditioned on: a class, a label set, a sentence, a sound, an image ..."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

ConditionKind = Literal[
    "class",
    "label-set",
    "attributes",
    "sentence",
    "embedding",
    "log-mel",
    "waveform",
    "image",
    "clip",
    "references",
]
LANDMARK_CHANNELS = 3  # channels of a landmark image
SMALL = 16  # side of an image in statistics of conditions


NOUNS: dict[str, str] = {
    "class": "a class",
    "label-set": "a set of labels",
    "attributes": "attributes",
    "sentence": "a sentence",
    "embedding": "a sentence",
    "log-mel": "audio",
    "waveform": "audio",
    "image": "an image",
    "clip": "the frames of a clip",
    "references": "images of a person and landmarks",
}


class ConditionError(ValueError):
    """A condition that cannot be used; the message says which, and what to do."""


@dataclass(frozen=True)
class Condition:
    """The description of a data set's conditions, as plain JSON.

    kind             what the field of conditions holds, row for row:
      class          int64 (N,), the field `label`; `names` are the classes
      label-set      float32 (N, len(names)), 0 or 1 each
      attributes     float32 (N, len(names)), each around [-1, 1]; `low` and `high` are the values
                     in the data's own units that -1 and 1 stand for; () where these are -1 and 1
      sentence       tokens (N, length) int16 or int32, 0 ends a sentence and pads it; `vocab` words
      embedding      float32 (N, width): a sentence as a vector of a pretrained encoder
      log-mel        uint8 (N, 1, height, width): mel bands over time in decibels; computed from
                     `length` samples at `rate` a second, where these are known
      waveform       float32 (N, length) in [-1, 1]: `rate` samples a second
      image          uint8 (N, channels, height, width)
      clip           the same: the `frames` past frames of a video, stacked along the channels, the
                     oldest first
      references     the same: the landmark image to follow (3 channels), then for each of
                     `references` images of the person its channels and its landmark image (3)
    """

    kind: ConditionKind
    names: tuple[str, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    vocab: int = 0
    length: int = 0
    channels: int = 0
    height: int = 0
    width: int = 0
    frames: int = 0
    references: int = 0
    rate: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(ConditionKind):
            raise ConditionError(
                f"a condition is one of {', '.join(get_args(ConditionKind))}; got {self.kind!r}"
            )
        if len(set(self.names)) < len(self.names):
            raise ConditionError(f"{self.noun}: two names are equal among {', '.join(self.names)}")
        if bool(self.frames) != (self.kind == "clip"):
            raise ConditionError(
                f"a clip has 1 frame or more, and nothing else has frames; got {self.kind} with "
                f"{self.frames}"
            )

    @property
    def field(self) -> str:
        """The field of a batch that holds the conditions."""
        return "label" if self.kind == "class" else "condition"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one condition."""
        if self.kind == "class":
            return ()
        if self.kind in ("sentence", "waveform"):
            return (self.length,)
        if self.kind in ("label-set", "attributes"):
            return (len(self.names),)
        if self.kind == "embedding":
            return (self.width,)
        return (self.channels, self.height, self.width)

    @property
    def kind_is_discrete(self) -> bool:
        """Whether there are finitely many conditions, those in `names`, of which each has one."""
        return self.kind == "class"

    @property
    def noun(self) -> str:
        """What an example is conditioned on, in words."""
        return NOUNS[self.kind]

    @property
    def is_paired_image(self) -> bool:
        """Whether it is an image, or the frames of a clip, for a network from images to images."""
        return self.kind in ("image", "clip")

    @property
    def from_files(self) -> bool:
        """Whether a person gives it as a file, which `gansmith translate` reads."""
        return self.kind in ("image", "clip", "waveform", "references")

    @property
    def from_audio(self) -> bool:
        """Whether a person may give it as a recording, by `gansmith sample --audio`."""
        return self.kind == "log-mel"

    def previews(self, conditions: Tensor) -> list[Tensor]:
        """What to show beside examples that were generated from conditions (n, *shape).

        uint8 images (n, 1 or 3, H, W) each: the image itself (without a mask), every frame of a
        clip, one reference image and the landmark image to follow, the log-mel spectrogram (low
        bands first). Empty for all other kinds.
        """
        if self.kind == "image":
            return [conditions[:, : 1 if self.channels < 3 else 3]]
        if self.kind == "clip":
            return list(conditions.unflatten(1, (self.frames, -1)).unbind(1))
        if self.kind == "references":
            depth = (
                (self.channels - LANDMARK_CHANNELS) // self.references - LANDMARK_CHANNELS
                if self.references
                else 3
            )
            return [
                conditions[:, LANDMARK_CHANNELS : LANDMARK_CHANNELS + depth],
                conditions[:, :LANDMARK_CHANNELS],
            ]
        if self.kind == "log-mel":
            return [conditions]
        return []

    def numbers(self, conditions: Tensor) -> Tensor:
        """Conditions (n, *shape) as vectors (n, m), float32, whose distances mean something.

        A class by its indicator, a sentence by how often it has each word, images at 16 pixels,
        all else by its values.
        """
        if self.kind == "class":
            return F.one_hot(conditions.long(), len(self.names)).float()
        if self.kind == "sentence":
            counts = torch.zeros(len(conditions), self.vocab)
            counts.scatter_add_(1, conditions.long(), torch.ones(conditions.shape))
            return counts[:, 1:]
        if conditions.dim() == 4 and max(conditions.shape[2:]) > SMALL:
            conditions = F.adaptive_avg_pool2d(conditions.float(), SMALL)
        return conditions.float().flatten(1)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Condition:
        """The condition that `dataclasses.asdict` made into JSON."""
        values: dict[str, Any] = dict(plain)
        for key in ("names", "low", "high"):
            values[key] = tuple(plain.get(key, ()))
        return cls(**values)


def stack_references(landmarks: Tensor, images: Tensor, image_landmarks: Tensor) -> Tensor:
    """Conditions of kind `references`, uint8 (N, 3 + K (C + 3), H, W).

    landmarks: the landmark images to follow, (N, 3, H, W).
    images, image_landmarks: K images of the person, (N, K, C, H, W) and (N, K, 3, H, W).
    """
    pairs = torch.cat([images, image_landmarks], 2)
    return torch.cat([landmarks, pairs.flatten(1, 2)], 1)


def split_references(conditions: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """The inverse of `stack_references`: the landmark images to follow, (B, 3, H, W), and the
    reference images, each with its landmark image, (B, K, channels + 3, H, W).
    """
    landmarks, references = conditions[:, :LANDMARK_CHANNELS], conditions[:, LANDMARK_CHANNELS:]
    return landmarks, references.unflatten(1, (-1, channels + LANDMARK_CHANNELS))
