"""What the rest of the package needs to know of a kind of data: one object for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from torch import Tensor

from gansmith.core.files import write_atomic
from gansmith.data import Dataset
from gansmith.metrics import Better, Features, Measured
from gansmith.modalities.evidence import Evidence
from gansmith.rendering.page import image, tag


class Sheet(NamedTuple):
    """What a person looks at: the content of a file, and the suffix that says of which format."""

    suffix: str
    content: bytes

    def __repr__(self) -> str:
        return f"<sheet {self.suffix}, {len(self.content)} bytes>"

    def _repr_html_(self) -> str | None:
        if self.suffix == ".txt":
            return tag("pre", self.content.decode())
        if self.suffix == ".gif":
            return image(self.content, "samples", kind="gif")
        return None

    def _repr_png_(self) -> bytes | None:
        return self.content if self.suffix == ".png" else None

    def write(self, path: Path) -> Path:
        """Write it under this name, with its own suffix; returns where it went."""
        target = path.with_name(path.name + self.suffix)
        write_atomic(target, self.content)
        return target


class Modality(Protocol):
    """One kind of data: how samples of it are scored, measured, shown and saved.

    Samples are what a game returns: images (n, C, H, W) in [-1, 1], points (n, d), waveforms
    (n, T) in [-1, 1], tokens (n, T), probabilities of labels (n, L).

    kind: `DataSpec.kind`.
    field: the field of a data set that holds such examples, "real" or "tokens".
    score_name: what `score` is called in tables and curves.
    score_count, sheet_count, compare_count: samples of a score, a sheet and a comparison.
    caption: what a sheet shows, in one sentence. wide: a sheet wants the width of the page.
    output: what an exported player returns, in words.
    """

    kind: str
    field: str
    score_name: str
    score_count: int
    sheet_count: int
    compare_count: int
    caption: str
    wide: bool
    output: str

    def score(self, samples: Tensor, dataset: Dataset) -> float:
        """One cheap number against training data, lower is better: it picks the state `best`.

        Row i of the samples was generated for the condition of training row i, if there are any.
        """
        ...

    def measure(
        self,
        samples: Tensor,
        dataset: Dataset,
        *,
        features: Features | None = None,
        only: Collection[str] | None = None,
        seed: int = 0,
    ) -> dict[str, Measured]:
        """The numbers of samples against held-out data, by key; with `only`, no others."""
        ...

    def available(self, dataset: Dataset) -> dict[str, Better]:
        """The keys that `measure` can give for such data, and which direction is better."""
        ...

    def sheet(self, samples: Tensor, dataset: Dataset, conditions: Tensor | None = None) -> Sheet:
        """Samples to look at; with the held-out conditions that they were generated for, in order,
        these beside them."""
        ...

    def save(self, pieces: Iterable[Tensor], out: Path, dataset: Dataset) -> None:
        """Write samples, which come in pieces, into the folder `out`, which then holds nothing
        else."""
        ...

    def compare(self, named: Mapping[str, Tensor], dataset: Dataset) -> Sheet:
        """Samples of several runs, or real examples, side by side under their names."""
        ...

    def evidence(self, samples: Tensor, dataset: Dataset, seed: int) -> Evidence:
        """What the verdicts of a diagnosis look at. Raises DataError where there are none yet."""
        ...

    def code(self, name: str, y: Tensor) -> list[str]:
        """Lines of Python from the output `y` of an exported player to what a person looks at."""
        ...
