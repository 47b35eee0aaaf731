"""What is compared is given by name: objectives take (real, fake), and nobody can mix them up."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

import pytest
import torch

import gansmith.metrics
from gansmith.metrics import precision_recall

SETS = {"Tensor", "Array", "NearestNeighbors", "Sequence[str]"}
SYMMETRIC = {
    "energy_distance", "f1_per_label", "frechet_from_features", "kernel_distance", "micro_f1",
    "mmd2", "ms_ssim", "sliced_wasserstein", "spectrum_distance", "squared_distances",
    "wasserstein_1d",
}  # fmt: skip
OF_OTHER_SHAPES = {
    "as_feature_sets", "best_thresholds", "joint_reference", "mode_report", "predicted_features",
    "recognition_rate",
}  # fmt: skip


def functions() -> dict[str, list[str]]:
    """The functions of the room with two sets or more, and those that may be given by place."""
    found = {}
    folder = Path(gansmith.metrics.__file__).parent
    for path in folder.glob("[a-z]*.py"):
        module = import_module(f"gansmith.metrics.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            parameters = inspect.signature(function).parameters.values()
            sets = [p for p in parameters if p.annotation in SETS]
            if function.__module__ == module.__name__ and name[0] != "_" and len(sets) > 1:
                found[name] = [p.name for p in sets if p.kind is not p.KEYWORD_ONLY]
    return found


def test_sets_that_can_be_mixed_up_are_given_by_name() -> None:
    by_place = {name for name, places in functions().items() if len(places) > 1}
    assert by_place == SYMMETRIC | OF_OTHER_SHAPES


def test_without_names_they_are_refused() -> None:
    x = torch.randn(9, 2)
    with pytest.raises(TypeError, match="positional"):
        precision_recall(x, x)  # type: ignore[misc]
