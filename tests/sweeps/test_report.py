"""The picture of a sweep's scores."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith.sweeps.plan import SweepConfig
from gansmith.sweeps.report import SIDE, score_picture
from gansmith.sweeps.search_space import Choices, Range
from gansmith.sweeps.trial import Trial

VARY = {
    "lr": Range(1e-4, 1e-2),
    "weight": Range(0.5, 20.0),
    "d_steps": Range(1, 5, integer=True),
    "objective": Choices(("non-saturating", "wasserstein", "least-squares")),
}


@pytest.mark.parametrize("scores", [(3.0, 1.0, 200.0), (None, None, None)])
def test_four_keywords_have_four_panels_and_no_empty_axes(scores: tuple[float | None, ...]) -> None:
    config = SweepConfig("dcgan", "ring", {}, VARY, "random", 0, 3, None, "score", "lower", "")
    keywords = {"lr": 1e-3, "weight": 2.0, "d_steps": 3, "objective": "wasserstein"}
    trials = [
        Trial(i, Path(), keywords, "error" if score is None else "done", score)
        for i, score in enumerate(scores)
    ]
    page = np.asarray(Image.open(io.BytesIO(score_picture(config, trials))).convert("L"))
    side = int(SIDE * 120)
    assert (
        page[-side // 2 :, -int(1.8 * side) :] > 250
    ).all()  # the places of the fifth and sixth keyword
    assert (page[-side // 2 :, :side] < 100).any()
