"""What the verdicts look at: samples, training and held-out examples, and their features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gansmith.data import DataError, Dataset, modes
from gansmith.evaluation.select import judge_of
from gansmith.metrics import JUDGES
from gansmith.metrics.arrays import matrix
from gansmith.metrics.image_report import see
from gansmith.metrics.pictures import recolour, to_unit
from gansmith.metrics.samples import choose

MOST = 2000  # examples of each kind that are looked at, and of the training set for what is usual
FEWEST = 50


@dataclass(frozen=True)
class Finding:
    """A fault that was found.

    name: the field's word for it. said: the evidence, in one sentence. advice: what to try.
    numbers: those of the evidence. picture: PNG. private: the picture shows training examples.
    """

    name: str
    said: str
    advice: str
    numbers: dict[str, float]
    picture: bytes | None = None
    private: bool = False


@dataclass(frozen=True)
class Kind:
    """Examples of one kind: as they are (N, ...), by features (N, d), and by classes (N,)."""

    real: Tensor
    features: Tensor
    labels: Tensor | None = None


@dataclass(frozen=True)
class Evidence:
    """Samples beside real examples.

    train: as many as are held out, to know what is usual; everything: the whole training set, of
    which samples may be copies. look: describes other examples in the same way. classes: names of
    the labels. centres, std: of known modes.
    """

    kind: str
    fake: Kind
    held: Kind
    train: Kind
    everything: Tensor
    look: Callable[[Tensor], Kind]
    classes: tuple[str, ...] = ()
    centres: Tensor | None = None
    std: float = 0.0
    words: tuple[str, ...] = field(default=(), repr=False)


def gather(samples: Tensor, dataset: Dataset, seed: int = 0, most: int = MOST) -> Evidence:
    """Evidence on samples (N, ...) of a data set's kind.

    Raises DataError for fewer than 50 samples or held-out examples, unpaired data, and labels.
    """
    spec = dataset.spec
    if spec.kind == "unpaired":
        raise DataError("translations are not diagnosed; evaluate compares them with their pairs")
    if spec.kind == "labels":
        raise DataError("labels are not diagnosed; evaluate compares them with the true ones")
    if spec.kind == "sound":
        raise DataError("sounds are not diagnosed; evaluate measures them")
    name = "tokens" if spec.kind == "text" else "real"
    held, train = dataset.held[name], dataset.train[name]
    if min(len(samples), len(held), len(train)) < FEWEST:
        raise DataError(
            f"a diagnosis takes {FEWEST} examples of each kind at least; got {len(samples)} "
            f"samples, {len(held)} held-out and {len(train)} training examples"
        )
    known, std = modes(spec.name) or (None, 0.0)
    # a judge names classes only of the data that it was trained on
    own = spec.kind == "image" and spec.name.partition(":")[0] in JUDGES

    def described(x: Tensor) -> Kind:
        if spec.kind != "image":
            return Kind(x, matrix(x.double(), "samples"))
        seen = see(x, judge_of(spec.name, spec.channels))
        said = None if seen.probabilities is None or not own else seen.probabilities.argmax(1)
        return Kind(seen.pictures, seen.features, said)

    fake, other, usual = (choose(x, most, seed) for x in (samples, held, train))
    judge = judge_of(spec.name, spec.channels) if own else None
    return Evidence(
        spec.kind,
        described(fake),
        described(other),
        described(usual),
        train,
        described,
        judge.card.classes if judge is not None and judge.card is not None else (),
        None if known is None else torch.as_tensor(known).double(),
        float(std),
        dataset.vocabulary,
    )


def luma(pictures: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, H, W) in [-1, 1]."""
    return recolour(to_unit(pictures), 1)[:, 0]
