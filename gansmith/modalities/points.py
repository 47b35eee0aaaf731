"""Points: float32 (N, dim)."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gansmith.core.arrays import as_matrix
from gansmith.core.files import write_atomic
from gansmith.data import Dataset, modes
from gansmith.metrics import (
    Better,
    Features,
    Measured,
    available_points,
    evaluate_points,
    quick_points,
)
from gansmith.modalities.base import Sheet
from gansmith.modalities.evidence import Evidence, Examples, split_evidence
from gansmith.rendering.plots import point_panels, points_over_real

COUNT = 1000


class Points:
    """Points. The score is the energy distance."""

    kind = "points"
    field = "real"
    score_name = "energy distance"
    score_count = COUNT
    sheet_count = COUNT
    compare_count = 600
    caption = "Generated points over real ones."
    wide = False
    output = "points, in the units of the data"

    def score(self, samples: Tensor, dataset: Dataset) -> float:
        """Energy distance to a thousand training points."""
        return quick_points(generated=samples, real=dataset.train["real"], limit=COUNT)

    def measure(
        self,
        samples: Tensor,
        dataset: Dataset,
        *,
        features: Features | None = None,
        only: Collection[str] | None = None,
        seed: int = 0,
    ) -> dict[str, Measured]:
        """See `evaluate_points`; modes where they are known."""
        known, std = modes(dataset.spec.name) or (None, None)
        held_out, train = dataset.held_out["real"], dataset.train["real"]
        return evaluate_points(
            generated=samples,
            held_out=held_out,
            train=train,
            modes=known,
            std=std,
            seed=seed,
            only=only,
        )

    def available(self, dataset: Dataset) -> dict[str, Better]:
        """The numbers of `evaluate_points`."""
        return available_points(modes(dataset.spec.name) is not None)

    def sheet(self, samples: Tensor, dataset: Dataset, conditions: Tensor | None = None) -> Sheet:
        """A plot over real points."""
        real = torch.as_tensor(dataset.held_out["real"])[: len(samples)]
        return Sheet(".png", points_over_real(samples.cpu(), real))

    def save(self, pieces: Iterable[Tensor], out: Path, dataset: Dataset) -> None:
        """One array, samples.npy."""
        page = io.BytesIO()
        np.save(page, torch.cat([piece.cpu() for piece in pieces]).numpy())
        write_atomic(out / "samples.npy", page.getvalue())

    def compare(self, named: Mapping[str, Tensor], dataset: Dataset) -> Sheet:
        """A panel for each name."""
        return Sheet(".png", point_panels(named))

    def evidence(self, samples: Tensor, dataset: Dataset, seed: int) -> Evidence:
        """Points are their own features; modes where they are known."""
        known, std = modes(dataset.spec.name) or (None, 0.0)
        *rows, whole = split_evidence(samples, dataset, self.field, seed)

        def examples(x: Tensor) -> Examples:
            return Examples(x, as_matrix(x.double(), "samples"))

        def sheet(x: Tensor) -> bytes | None:
            return None if x.shape[1] < 2 else points_over_real(rows[0], rows[1])

        generated, held_out, train = map(examples, rows)
        return Evidence(
            generated,
            held_out,
            train,
            whole,
            examples,
            mode_centers=None if known is None else torch.as_tensor(known).double(),
            mode_std=float(std or 0.0),
            sheet=sheet,
        )

    def code(self, name: str, y: Tensor) -> list[str]:
        """Points are read as they are."""
        return []
