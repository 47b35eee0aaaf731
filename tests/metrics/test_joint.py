"""The Frechet joint distance of samples and their conditions."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from gansmith.core.rng import Rng
from gansmith.metrics.frechet import fit_gaussian, frechet_distance, frechet_from_features
from gansmith.metrics.joint import (
    frechet_joint_distance,
    joint_reference,
    predicted_features,
)

N, CLASSES, DIM = 300, 5, 6
LABEL = torch.arange(N) % CLASSES
CENTERS = 3 * Rng(1).normal(CLASSES, DIM)
FEATURES = CENTERS[LABEL] + Rng(2).normal(N, DIM)
ONE_HOT = F.one_hot(LABEL, CLASSES).float()


def test_obeying_counts_although_the_samples_are_the_same() -> None:
    reference = joint_reference(FEATURES, ONE_HOT)
    fresh = CENTERS[LABEL] + Rng(3).normal(N, DIM)  # other samples of the right classes
    wrong = CENTERS[(LABEL + 1) % CLASSES] + Rng(3).normal(N, DIM)
    true, obeys, ignores = (frechet_joint_distance(x, reference) for x in (FEATURES, fresh, wrong))
    blind = [frechet_from_features(x, FEATURES) for x in (fresh, wrong)]
    assert blind[1] < 2 * blind[0]
    assert true == pytest.approx(0, abs=1e-9)
    assert obeys < 0.1 * ignores


def test_worse_samples_of_the_right_condition_are_worse() -> None:
    reference = joint_reference(FEATURES, ONE_HOT)
    found = [frechet_joint_distance(FEATURES * scale, reference) for scale in (1, 1.5, 2.5)]
    assert found[0] < 0.5 * found[1] < 0.5 * found[2]


def test_conditions_that_say_nothing_leave_the_distance_of_features() -> None:
    # here the best prediction is the mean, whatever the kernel
    features, noise = Rng(4).normal(N, DIM), Rng(5).normal(N, 40)
    other = 2 * Rng(6).normal(N, DIM)
    assert predicted_features(features, noise).eq(0).all()
    for conditions in (noise, torch.zeros(N, 3)):
        found = frechet_joint_distance(other, joint_reference(features, conditions))
        blind = frechet_distance(fit_gaussian(features), fit_gaussian(other))
        assert found == pytest.approx(blind, rel=1e-6)


def test_units_of_the_conditions_do_not_matter() -> None:
    wrong = FEATURES[torch.randperm(N, generator=torch.Generator().manual_seed(0))]
    one, other = (
        frechet_joint_distance(wrong, joint_reference(FEATURES, scale * ONE_HOT + shift))
        for scale, shift in ((1, 0), (1e4, 7))
    )
    assert one == pytest.approx(other, rel=1e-4)


def test_conditions_that_occur_often_are_told_apart_by_what_differs() -> None:
    """Two vectors, each of half of the rows: rounding between equal ones must not set the width."""
    label = LABEL % 2
    features = CENTERS[label] + Rng(2).normal(N, DIM)
    vectors = 1e3 + Rng(5).normal(2, 200)
    by_class, by_vector = (
        predicted_features(features, x) for x in (F.one_hot(label, 2), vectors[label])
    )
    torch.testing.assert_close(by_vector, by_class, rtol=1e-6, atol=1e-6)


def test_a_row_is_predicted_without_itself() -> None:
    """Against ridge regressions that leave one row out: moving its features changes nothing."""
    conditions = Rng(7).normal(40, 2)
    features = conditions @ Rng(8).normal(2, DIM) + 0.1 * Rng(9).normal(40, DIM)
    moved = features.clone()
    moved[3] += 0.01
    kept = predicted_features(features, conditions)[3] + features.double().mean(0)
    again = predicted_features(moved, conditions)[3] + moved.double().mean(0)
    error = (predicted_features(features, conditions) - features + features.mean(0)).square().sum()
    assert error < 0.3 * (features - features.mean(0)).square().sum()
    assert (again - kept).abs().max() < 1e-3  # the mean of the features moves by 0.01 / 40
