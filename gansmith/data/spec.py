"""What a data set is: its description (DataSpec) and its tensors (Dataset).

Data sets are built with the functions of `gansmith.data.build` (image_dataset, points_dataset,
text_dataset, labels_dataset, with_condition), `gansmith.data.audio` (audio_dataset) and
`gansmith.data.domains` (domains_dataset), which check the tensors and compute the fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, Protocol, cast

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.condition import Condition

Kind = Literal["image", "points", "text", "audio", "labels"]
Fields = dict[str, Tensor]
KINDS: tuple[Kind, ...] = ("image", "points", "text", "audio", "labels")


class RowReader(Protocol):
    """Where the rows of `real` are read from, when they do not lie in memory."""

    def read_rows(self, rows: Tensor) -> Tensor:
        """The rows of these numbers."""
        ...

    def prefetch(self, rows: Tensor) -> None:
        """Announce rows that will be read next."""
        ...


class Corruption(Protocol):
    """Makes conditions from real examples: a degradation or noise."""

    def __call__(self, real: Tensor, rng: Rng, /) -> Tensor:
        """(n, ...) and a stream of random numbers -> (n, ...)."""
        ...


class DataError(ValueError):
    """Data that cannot be found, read or used; the message says which, and what to do."""


class NotImagesError(DataError):
    """A size or channels of images were asked of data of another kind."""


@dataclass(frozen=True)
class DataSpec:
    """The description of a data set: all that a preset needs to know of it, as plain JSON.

    kind      image, points, text, audio or labels (label sets)
    size      images: height = width, in pixels
    channels  images: 1 (grey) or 3 (RGB)
    classes   the names of the values of `label`, empty when there are no labels; of kind labels,
              the names of the columns
    dim       points: number of coordinates
    vocab     text: number of token values, the end token 0 included
    length    text: most tokens in a sentence, the end not counted; audio: samples in a row
    rate      audio: samples a second
    train     number of training examples; of the largest domain where there are several
    held_out  number of held-out examples; of the smallest domain where there are several
    fingerprint  first 16 hex digits of a SHA-256 over the tensors
    filter    how images were brought to this size, or waveforms to this rate ("" = as they were)
    condition what an example is conditioned on, besides its class; None without such a field
    factors   further label columns by name, each with the names of its values: the fields
              `factor_NAME`
    labelled  how many training examples have kept their labels; 0: labels are as `classes` says
    domains   the domains by name, two or more, in order, all of this kind; empty: one domain
    paired    with domains: whether held-out row i shows the same thing in all of them
    base      the name of the data that this was made from: "emoji" of "grey:emoji:noto"
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
    held_out: int = 0
    fingerprint: str = ""
    filter: str = ""
    licence: str = ""
    source: str = ""
    condition: Condition | None = None
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labelled: int = 0
    domains: Mapping[str, DataSpec] = field(default_factory=dict)
    paired: bool = False
    base: str = ""

    def __post_init__(self) -> None:
        if not self.base:
            object.__setattr__(self, "base", self.name.partition(":")[0])
        if self.kind not in KINDS:
            raise DataError(
                f"the kind of a data set is one of {', '.join(KINDS)}; got {self.kind!r}"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        if self.kind == "image":
            return (self.channels, self.size, self.size)
        if self.kind == "points":
            return (self.dim,)
        return (len(self.classes),) if self.kind == "labels" else (self.length,)

    @property
    def conditioned_on(self) -> Condition | None:
        """What an example can be conditioned on: the data's own condition, else the classes."""
        if self.condition is None and self.classes and self.kind != "labels":
            return Condition("class", self.classes)
        return self.condition

    def to_json(self) -> dict[str, Any]:
        """A dict of plain JSON values; `from_json` undoes it."""
        plain = asdict(replace(self, domains={}))
        plain["classes"] = list(self.classes)
        if self.condition is not None:
            for key in ("names", "low", "high"):
                plain["condition"][key] = list(plain["condition"][key])
        plain["factors"] = {name: list(values) for name, values in self.factors.items()}
        plain["domains"] = {name: domain.to_json() for name, domain in self.domains.items()}
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
        domains = cast(Mapping[str, Any], values.get("domains", {}))
        values["domains"] = {name: cls.from_json(domain) for name, domain in domains.items()}
        factors = cast(Mapping[str, Any], values.get("factors", {}))
        values["factors"] = {name: tuple(names) for name, names in factors.items()}
        if values.get("condition") is not None:
            values["condition"] = Condition.from_json(values["condition"])
        return cls(**values)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory (or memory-mapped), split into a training and a held-out part.

    image     real uint8 (N, C, H, W) with H = W
    points    real float32 (N, dim)
    text      tokens int16 or int32 (N, T), 0 ends a sentence and pads it; lengths int64 (N,),
              the end not counted
    audio     real float32 (N, T) in [-1, 1], optionally lengths int64 (N,), the samples before the
              zeros that fill a row
    labels    real float32 (N, L), 1 for each label that applies and 0 for the others

    Beside these fields, of any kind: label int64 (N,); `condition` as spec.condition describes it;
    factor_NAME int64 (N,) for each of spec.factors.

    vocabulary: vocabulary[i] is the word of token i of text.
    condition_vocabulary: the same of the tokens of a sentence that is the condition.
    domains: the data sets of the domains. `train` and `held_out` then hold the fields of all of
        them, whose first axes may differ: `real` or `tokens` of the domain photo is `photo`, its
        label `photo_label`, and so on.
    labelled: where spec.labelled is above 0, the training examples that have kept their labels;
        `train` then has no labels.
    skipped: why a file, or "file:line", was left out of the user's own data.
    others: the files beside the examples that were not looked at.
    file: where train["real"] lies, row for row, when it is too large to be kept in memory.
    degrade: makes the training conditions from `real`, batch by batch, where train has none.
    """

    spec: DataSpec
    train: Fields
    held_out: Fields
    vocabulary: tuple[str, ...] = ()
    condition_vocabulary: tuple[str, ...] = ()
    domains: Mapping[str, Dataset] = field(default_factory=dict)
    labelled: Fields = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    file: RowReader | None = None
    degrade: Corruption | None = None

    def conditions(self, part: Fields, count: int) -> Tensor:
        """The conditions of the first examples of `train` or `held_out`, `count` rows, in turn.

        A training image is degraded in the same way each time. Where few training examples are
        labelled, theirs are taken. Raises DataError without conditions.
        """
        condition = self.spec.conditioned_on
        if condition is None:
            raise DataError(
                f"{self.spec.name} has nothing to condition on: no classes, no captions, no pairs"
            )
        if condition.field not in part and condition.field in self.labelled:
            part = self.labelled
        if condition.field not in part and self.degrade is None:
            raise DataError(
                f"{self.spec.name} has the conditions of each of its domains: ask one of them"
            )
        rows = part[condition.field if condition.field in part else "real"]
        if not len(rows):
            raise DataError(f"{self.spec.name}: this part of the data has no rows")
        rows = rows[torch.arange(count) % len(rows)]
        if condition.field in part:
            return rows
        assert self.degrade is not None
        return self.degrade(rows, Rng(0))

    def labels_of(self, factor: str) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        """The labels of a factor: int64 (N,) of train and of held_out, and the names of its values.

        factor: a name in spec.factors, or "label" for the classes.
        Raises DataError for another name, or where labels have not been kept.
        """
        names = dict(self.spec.factors)
        if self.spec.classes and self.spec.kind != "labels":
            names.setdefault("label", self.spec.classes)
        if factor not in names:
            raise DataError(
                f"{self.spec.name} has no factor {factor!r}; it has {', '.join(names) or 'none'}"
            )
        key = f"factor_{factor}" if factor in self.spec.factors else "label"
        if key not in self.train:
            raise DataError(
                f"{self.spec.name} has kept the labels of {self.spec.labelled} training examples"
            )
        return self.train[key], self.held_out[key], names[factor]

    def sentences(self, tokens: Tensor) -> list[str]:
        """Token rows (N, T) as words joined by blanks, each up to its first 0.

        Raises DataError when the data set is not text.
        """
        if not self.vocabulary:
            raise DataError(f"{self.spec.name} holds {self.spec.kind}: it has no words")
        return [" ".join(_words(row, self.vocabulary)) for row in tokens.tolist()]

    def condition_sentences(self, tokens: Tensor) -> list[str]:
        """The same of the tokens of conditions. Raises DataError where these are no sentences."""
        if not self.condition_vocabulary:
            raise DataError(f"{self.spec.name} is not conditioned on sentences")
        return [" ".join(_words(row, self.condition_vocabulary)) for row in tokens.tolist()]


def _words(row: list[int], vocabulary: tuple[str, ...]) -> Iterator[str]:
    for token in row:
        if token == 0:
            return
        yield vocabulary[token]
