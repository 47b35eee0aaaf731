"""Every preset solves its trivial problem, and what has not been trained does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from problems import FITTED, LARGE, MODES, PROBLEMS, fitted, found, missed, scores, trainer

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.presets import PRESETS


def test_every_preset_has_its_problem() -> None:
    lacking = sorted(set(PRESETS) ^ set(PROBLEMS))
    assert not lacking, f"PROBLEMS in tests/conformance/problems.py and PRESETS part at {lacking}"


@pytest.mark.parametrize("preset", PRESETS)
def test_it_solves_its_trivial_problem_by_being_trained(
    preset: str, seed: int, within: Callable[..., None]
) -> None:
    t = trainer(preset, seed)
    before = scores(t, preset)
    assert len(missed(before, preset)) >= len(before) / 2, before  # the control: it is not solved
    t.fit()
    within(scores(t, preset), PROBLEMS[preset].wanted)


class Still:
    """Samples that were never learnt: as they are given."""

    def __init__(self, points: torch.Tensor) -> None:
        self.points = points

    def sample(self, n: int, rng: Rng) -> torch.Tensor:
        return self.points[:n]


def solved(points: torch.Tensor) -> bool:
    scores = found(Still(points), open_data("ring"))
    return all(low <= scores[name] <= high for name, (low, high) in MODES.items())


def test_points_of_the_mixture_pass_and_one_gaussian_does_not() -> None:
    data = open_data("mixture-1d")
    real = data.train["real"][:2500]
    gauss = real.mean() + real.std() * Rng(0).normal(2500, 1)
    marks = [fitted(Still(points), data) for points in (real, gauss)]
    assert [all(low <= mark[k] <= high for k, (low, high) in FITTED.items()) for mark in marks] == [
        True,
        False,
    ], marks


def test_points_of_the_ring_pass_and_points_near_it_do_not() -> None:
    real = open_data("ring").held_out["real"]
    assert solved(real)
    assert not solved(real[(real[:, 0] > 0.5)])  # three modes
    angle, radius = 6.2831853 * Rng(0).uniform(2500), Rng(1).uniform(2500).sqrt()
    circle = torch.stack([angle.cos(), angle.sin()], 1)
    assert not solved(radius[:, None] * circle)
    assert not solved(circle + 0.01 * Rng(2).normal(2500, 2))


def test_seqgan_is_better_after_imitation_and_stays_valid_in_the_game(
    seed: int, within: Callable[..., None]
) -> None:
    t = trainer("seqgan", seed)
    imitate, judge, _ = t.stages
    assert imitate.steps
    assert judge.steps
    assert t.steps > imitate.steps + judge.steps
    untrained = scores(t, "seqgan")
    t.fit(imitate.steps)
    imitated = scores(t, "seqgan")
    t.fit(imitate.steps + judge.steps)
    assert scores(t, "seqgan") == imitated  # D alone moves
    t.fit(PROBLEMS["seqgan"].steps)
    played = scores(t, "seqgan")
    assert played != imitated
    within(
        {
            "valid after imitation": imitated["valid"],
            "times the untrained": imitated["valid"] / max(untrained["valid"], 0.001),
            "nats gained": untrained["nll"] - imitated["nll"],
            "valid kept in the game": played["valid"] / imitated["valid"],
        },
        {
            "valid after imitation": (0.5, 1),
            "times the untrained": (3, LARGE),
            "nats gained": (1, LARGE),
            "valid kept in the game": (0.8, LARGE),
        },
    )
