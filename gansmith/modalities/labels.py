"""Label sets: float32 (N, L), 0 or 1 in a data set, probabilities as samples."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from gansmith.core.files import write_atomic
from gansmith.data import DataError, Dataset
from gansmith.metrics import (
    Better,
    Features,
    Measured,
    available_labels,
    evaluate_labels,
    micro_f1,
)
from gansmith.modalities.base import Sheet
from gansmith.modalities.evidence import Evidence
from gansmith.rendering.captioned import captioned

COUNT = 1000
SHOWN = 12
THRESHOLD = 0.5


class Labels:
    """Label sets of images. The score is 1 - F1 over all labels."""

    kind = "labels"
    field = "real"
    score_name = "1 - F1"
    score_count = COUNT
    sheet_count = 64
    compare_count = 12
    caption = "Held-out images and their labels: red, not there; grey, missed."
    wide = False
    output = "logits of labels, above 0 what is there"

    def score(self, samples: Tensor, dataset: Dataset) -> float:
        """1 - F1 of the labels of training images."""
        true = dataset.train["real"][torch.arange(len(samples)) % dataset.spec.train]
        return 1 - micro_f1(samples > THRESHOLD, true > THRESHOLD)

    def measure(
        self,
        samples: Tensor,
        dataset: Dataset,
        *,
        features: Features | None = None,
        only: Collection[str] | None = None,
        seed: int = 0,
    ) -> dict[str, Measured]:
        """See `evaluate_labels`; samples are of the first held-out images, in order."""
        held_out = dataset.held_out["real"][: len(samples)]
        return evaluate_labels(
            predicted=samples, held_out=held_out, train=dataset.train["real"], only=only
        )

    def available(self, dataset: Dataset) -> dict[str, Better]:
        """The numbers of `evaluate_labels`."""
        return available_labels()

    def sheet(self, samples: Tensor, dataset: Dataset, conditions: Tensor | None = None) -> Sheet:
        """Images, the conditions, with their labels below."""
        assert conditions is not None  # labels are always of something
        count = min(len(samples), SHOWN)
        real = dataset.held_out["real"]
        true = real[torch.arange(count) % len(real)]
        names = dataset.spec.classes
        pages = ([names_of(row, names) for row in rows[:count]] for rows in (samples, true))
        return Sheet(".png", captioned(conditions, *pages))

    def save(self, pieces: Iterable[Tensor], out: Path, dataset: Dataset) -> None:
        """A table, labels.tsv, of the held-out images."""
        samples = torch.cat(list(pieces))
        held_out = len(dataset.held_out["real"])
        rows = [f"held-out {place % held_out}" for place in range(len(samples))]
        write_atomic(out / "labels.tsv", table(rows, samples, dataset.spec.classes).encode())

    def compare(self, named: Mapping[str, Tensor], dataset: Dataset) -> Sheet:
        """The label sets of some held-out images, as a table of names."""
        names = dataset.spec.classes
        lines = ["\t".join(["held-out", *named])]
        for place in range(min(SHOWN, *(len(rows) for rows in named.values()))):
            sets = [",".join(names_of(rows[place], names)) for rows in named.values()]
            lines.append("\t".join([str(place), *sets]))
        return Sheet(".txt", ("\n".join(lines) + "\n").encode())

    def evidence(self, samples: Tensor, dataset: Dataset, seed: int) -> Evidence:
        """There are no verdicts on labels."""
        raise DataError(
            "labels cannot be diagnosed; `gansmith evaluate` compares them with the truth"
        )

    def code(self, name: str, y: Tensor) -> list[str]:
        """Logits are read as they are."""
        return []


def names_of(row: Tensor, names: Sequence[str]) -> list[str]:
    """The names of the labels in one set, probabilities (L,)."""
    return [name for name, value in zip(names, row.tolist(), strict=True) if value > THRESHOLD]


def table(rows: Sequence[str], samples: Tensor, names: Sequence[str]) -> str:
    """Tab-separated lines: the name of an image, its labels, the probability of each label."""
    found = [",".join(names_of(row, names)) for row in samples]
    return _table("labels", rows, found, samples, names)


def class_table(rows: Sequence[str], samples: Tensor, names: Sequence[str]) -> str:
    """Tab-separated lines: the name of an image, its likeliest class, the probability of each."""
    found = [names[place] for place in samples.argmax(1).tolist()]
    return _table("class", rows, found, samples, names)


def _table(
    column: str, rows: Sequence[str], found: Sequence[str], samples: Tensor, names: Sequence[str]
) -> str:
    lines = ["\t".join(["image", column, *names])]
    for image, what, row in zip(rows, found, samples, strict=True):
        lines.append("\t".join([image, what, *(f"{value:.3f}" for value in row.tolist())]))
    return "\n".join(lines) + "\n"
