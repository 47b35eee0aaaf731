"""Points: plots, files, comparisons and numbers."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.core.rng import Rng
from gansmith.data import Dataset, open_data
from gansmith.metrics import points_report
from gansmith.modalities import MODALITIES

POINTS = MODALITIES["points"]


@cache
def ring() -> Dataset:
    return open_data("ring")


def test_points_are_plotted_over_real_ones_and_saved_as_one_array(tmp_path: Path) -> None:
    points = Rng(1).normal(20, 2)
    sheet = POINTS.sheet(points, ring())
    with Image.open(io.BytesIO(sheet.content)) as page:
        assert page.size == (480, 480)
    POINTS.save([points], tmp_path / "out", ring())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["samples.npy"]
    saved = np.load(tmp_path / "out" / "samples.npy")
    assert saved.dtype == np.float32
    assert torch.equal(torch.from_numpy(saved), points)


def test_a_comparison_has_a_panel_for_each_name() -> None:
    sheet = POINTS.compare({"a": Rng(1).normal(20, 2), "real": ring().held_out["real"]}, ring())
    with Image.open(io.BytesIO(sheet.content)) as page:
        assert page.width > 1.5 * page.height


def test_real_points_score_lower_than_others() -> None:
    real = POINTS.score(ring().train["real"][-500:], ring())
    assert 0 <= real < 0.1 * POINTS.score(Rng(1).normal(500, 2), ring())


@pytest.mark.parametrize("wanted", ["sliced", "modes"])
def test_only_the_wanted_numbers_are_computed(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed")

    computed = {"energy": "energy_distance", "sliced": "sliced_wasserstein", "modes": "mode_report"}
    for key, name in computed.items():
        if key != wanted:
            monkeypatch.setattr(points_report, name, refuse)
    samples = ring().train["real"][:200]
    assert list(POINTS.measure(samples, ring(), only=[wanted])) == [wanted]
    with pytest.raises(AssertionError, match="computed"):
        POINTS.measure(samples, ring(), only=["energy"])


@pytest.mark.parametrize("name", ["ring", "moons"])
def test_the_numbers_that_are_named_are_those_that_are_measured(name: str) -> None:
    dataset = open_data(name)
    known = POINTS.available(dataset)
    assert set(POINTS.measure(dataset.train["real"][:200], dataset)) == set(known)
    assert ("modes" in known) is (name == "ring")
    assert POINTS.code("G", torch.zeros(16, 2)) == []
