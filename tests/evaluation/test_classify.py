"""Accuracy and cross-entropy of classifiers, also with few labels."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from gansmith.data import Dataset
from gansmith.data.build import image_dataset
from gansmith.data.few_labels import keep_labels
from gansmith.evaluation.classify import classifier_metrics, classifier_score, labelled_rows


@pytest.fixture(scope="module")
def two_shades() -> Dataset:
    """Black images of class 0 and white ones of class 1, 40 to train on and 20 held out."""
    label = torch.arange(60) % 2
    real = (255 * label).to(torch.uint8)[:, None, None, None].expand(-1, 1, 8, 8).contiguous()
    parts = [{"real": real[rows], "label": label[rows]} for rows in (slice(40), slice(40, 60))]
    return image_dataset("shades", *parts, classes=("black", "white"))


class ByBrightness(nn.Module):
    """Takes bright images for class 1 with this probability, and dark ones for class 0."""

    def __init__(self, sure: float) -> None:
        super().__init__()
        self.sure = nn.Parameter(torch.tensor(sure))

    def classify(self, x: Tensor) -> Tensor:
        bright = (x.mean((1, 2, 3)) > 0).long()
        return torch.where(torch.eye(2)[bright] > 0, self.sure, 1 - self.sure).detach()


def test_accuracy_and_cross_entropy_on_held_out_examples(two_shades: Dataset) -> None:
    found = classifier_metrics(ByBrightness(0.9), two_shades, 20)
    assert found["classifier_accuracy"].value == 1
    assert found["classifier_nll"].value == pytest.approx(-math.log(0.9))
    assert found["classifier_accuracy"].protocol.counts == {"held": 20}
    assert classifier_metrics(ByBrightness(0.2), two_shades, 20)["classifier_accuracy"].value == 0
    assert list(classifier_metrics(ByBrightness(0.9), two_shades, 20, ["classifier_nll"])) == [
        "classifier_nll"
    ]
    assert classifier_metrics(ByBrightness(0.9), two_shades, 20, ["cfid"]) == {}


def test_a_certain_mistake_costs_a_finite_amount(two_shades: Dataset) -> None:
    assert 20 < classifier_metrics(ByBrightness(0.0), two_shades, 20)["classifier_nll"].value < 30


def test_the_score_is_taken_on_the_labelled_examples(two_shades: Dataset) -> None:
    whole = classifier_score(ByBrightness(0.9), two_shades, 1000)
    few = keep_labels(two_shades, 6)
    assert classifier_score(ByBrightness(0.9), few, 1000) == pytest.approx(whole)
    assert "label" not in few.train
    assert labelled_rows(few) is few.held_out
    assert whole == pytest.approx(-math.log(0.9))
