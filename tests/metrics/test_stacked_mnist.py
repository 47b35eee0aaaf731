"""The counter of stacked pictures, on real digits and on planted generators."""

from __future__ import annotations

import math

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import load_judge, stack_channels, stacked_modes


def test_real_stacks_reach_the_ceiling_and_a_planted_one_is_counted() -> None:
    digits = open_data("digits").train
    judge = load_judge("digits")
    real = stacked_modes(stack_channels(digits["real"], 8000, Rng(0)), judge)
    assert (real.modes, real.samples) == (1000, 8000)
    assert real.found >= 990
    assert real.kl < 0.1
    few = torch.cat([digits["real"][digits["label"] == c][:30] for c in (0, 1)])
    planted = stacked_modes(stack_channels(few, 2000, Rng(1)), judge)
    assert 8 <= planted.found <= 8 + 4  # two classes: 8 combinations, but for the judge's mistakes
    assert planted.kl == pytest.approx(math.log(125), abs=0.1)


def test_channels_are_told_apart() -> None:
    """Class 3 always in the first channel: 100 combinations, not 1000."""
    digits = open_data("digits").train
    judge = load_judge("digits")
    stacks = stack_channels(digits["real"], 3000, Rng(0))
    threes = digits["real"][digits["label"] == 3]
    stacks[:, 0] = stack_channels(threes, 3000, Rng(1))[:, 0]
    assert 95 <= stacked_modes(stacks, judge).found <= 140


def test_other_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="grey images are stacked; got 3"):
        stack_channels(torch.zeros(2, 3, 8, 8), 4, Rng(0))
    with pytest.raises(ValueError, match="stacks have 3 channels; got 1"):
        stacked_modes(torch.zeros(2, 1, 8, 8), load_judge("digits"))
