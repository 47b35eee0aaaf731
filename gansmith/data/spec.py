"""What a data set is: its description (DataSpec) and its tensors (Dataset).

Data sets are built with the functions of `gansmith.data.build` (image_dataset, points_dataset,
text_dataset, unpaired) and with sound_dataset, which check the tensors and compute the
fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.condition import Condition

if TYPE_CHECKING:
    from gansmith.data.memmap import RowFile
    from gansmith.data.transforms.degrade import Degradation

Kind = Literal["image", "points", "text", "sound", "unpaired", "labels"]
Fields = dict[str, Tensor]
KINDS: tuple[Kind, ...] = ("image", "points", "text", "sound", "unpaired", "labels")


class DataError(ValueError):
    """Data that cannot be found, read or used; the message says which, and what to do."""


@dataclass(frozen=True)
class DataSpec:
    """The description of a data set: all that a preset needs to know of it, as plain JSON.

    kind      image, points, text, sound, unpaired (two image data sets, `parts` a and b) or labels
    size      images: height = width, in pixels
    channels  images: 1 (grey) or 3 (RGB)
    classes   the names of the values of `label`, empty when there are no labels; of kind labels,
              the names of the columns
    dim       points: number of coordinates
    vocab     text: number of token values, the end token 0 included
    length    text: most tokens in a sentence, the end not counted; sound: samples in a row
    rate      sound: samples a second
    train     number of training examples; of the larger domain when unpaired
    held      number of held out examples; of the smaller domain when unpaired
    fingerprint  first 16 hex digits of a SHA-256 over the tensors
    filter    how pictures were brought to this size, or sounds to this rate ("" = as they were)
    paired    unpaired: whether held a[i] and b[i] show the same thing
    condition images, sounds, labels: what the field `given` holds; None without such a field
    """

    kind: Kind
    name: str
    size: int = 0
    channels: int = 0
    classes: tuple[str, ...] = ()
    dim: int = 0
    vocab: int = 0
    length: int = 0
    rate: int = 0
    train: int = 0
    held: int = 0
    fingerprint: str = ""
    filter: str = ""
    licence: str = ""
    source: str = ""
    paired: bool = False
    parts: Mapping[str, DataSpec] = field(default_factory=dict)
    condition: Condition | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DataError(
                f"the kind of a data set is one of {', '.join(KINDS)}; got {self.kind!r}"
            )

    @property
    def asked(self) -> Condition | None:
        """What an example can be asked by: the data's own condition, else the classes."""
        if self.condition is None and self.classes:
            return Condition("class", self.classes)
        return self.condition

    def to_json(self) -> dict[str, Any]:
        """A dict of plain JSON values; `from_json` undoes it."""
        plain = asdict(replace(self, parts={}))
        plain["classes"] = list(self.classes)
        if self.condition is not None:
            for key in ("names", "low", "high"):
                plain["condition"][key] = list(plain["condition"][key])
        plain["parts"] = {name: part.to_json() for name, part in self.parts.items()}
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> DataSpec:
        """The spec that `to_json` wrote. Raises DataError on a key that no spec has."""
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(plain) - known):
            raise DataError(
                f"a data spec has no {', '.join(unknown)}; it has {', '.join(sorted(known))}"
            )
        values = dict(plain)
        values["classes"] = tuple(values.get("classes", ()))
        parts = cast(Mapping[str, Any], values.get("parts", {}))
        values["parts"] = {name: cls.from_json(part) for name, part in parts.items()}
        if values.get("condition") is not None:
            values["condition"] = Condition.from_json(values["condition"])
        return cls(**values)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory (or memory-mapped), split into a training and a held out part.

    image     real uint8 (N, C, H, W) with H = W, optionally label int64 (N,), and the conditions
              `given` where spec.condition describes them
    points    real float32 (N, dim)
    text      tokens int16 or int32 (N, T), 0 ends a sentence and pads it; lengths int64 (N,),
              the end not counted; `vocabulary[i]` is the word of token i
    labels    real float32 (N, L), 1 for what the picture `given` shows and 0 for what it does not
    sound     real float32 (N, T) in [-1, 1], optionally label int64 (N,), lengths int64 (N,), the
              samples before the zeros that fill a row, and the conditions `given`
    unpaired  a and b (and a_label, b_label), whose first axes may differ; `parts` holds the two
              image data sets

    skipped[file or "file:line"] says why that was left out of the user's own data.
    file: where train["real"] lies, row for row, when it is too large to be kept in memory.
    degrade: makes the training `given` from `real`, batch by batch, where train has none.
    """

    spec: DataSpec
    train: Fields
    held: Fields
    vocabulary: tuple[str, ...] = ()
    parts: Mapping[str, Dataset] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    file: RowFile | None = None
    degrade: Degradation | None = None

    def conditions(self, part: Fields, count: int) -> Tensor:
        """What the first examples of `train` or `held` are asked by, `count` rows, in turn.

        A training picture is spoilt in the same way each time. Raises DataError without conditions.
        """
        asked = self.spec.asked
        if asked is None:
            raise DataError(
                f"{self.spec.name} has nothing that its examples could be asked by: no classes, no "
                "captions, no pairs"
            )
        if asked.field in part:
            rows = part[asked.field]
            return rows[torch.arange(count) % len(rows)]
        assert self.degrade is not None
        real = part["real"]
        return self.degrade(real[torch.arange(count) % len(real)], Rng(0))

    def sentences(self, tokens: Tensor) -> list[str]:
        """Token rows (N, T) as words joined by blanks, each up to its first 0.

        Raises DataError when the data set is no text.
        """
        if not self.vocabulary:
            raise DataError(f"{self.spec.name} holds {self.spec.kind}: it has no words")
        return [" ".join(self._words(row)) for row in tokens.tolist()]

    def _words(self, row: list[int]) -> Iterator[str]:
        for token in row:
            if token == 0:
                return
            yield self.vocabulary[token]
