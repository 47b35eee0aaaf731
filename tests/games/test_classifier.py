"""Classifier: cross-entropy on what is labelled, and on nothing else."""

from __future__ import annotations

import torch
from torch import nn

from gansmith.core.game import Batch
from gansmith.games.classifier import Classifier


def game() -> Classifier:
    torch.manual_seed(0)
    return Classifier(nn.Linear(4, 3))


def test_the_loss_by_hand() -> None:
    classifier, real, label = game(), torch.randn(5, 4), torch.tensor([0, 1, 2, 1, 0])
    log_p = classifier.C(real).log_softmax(1)
    wanted = -torch.stack([log_p[row, label[row]] for row in range(5)]).mean()
    torch.testing.assert_close(classifier.c_loss(Batch(real=real, label=label))["aux"], wanted)


def test_unlabelled_examples_are_not_looked_at() -> None:
    classifier, labelled, label = game(), torch.randn(5, 4), torch.tensor([0, 1, 2, 1, 0])
    few = [
        Batch(real=torch.full((5, 4), value), labelled=labelled, labelled_label=label)
        for value in (0.0, float("nan"))
    ]
    first, second = (classifier.c_loss(x)["aux"] for x in few)
    assert first.isfinite()
    assert first.equal(second)
    torch.testing.assert_close(first, classifier.c_loss(Batch(real=labelled, label=label))["aux"])


def test_probabilities_are_the_network_s() -> None:
    classifier, x = game(), torch.randn(300, 4)
    with torch.no_grad():
        found = classifier.classify(x)
        torch.testing.assert_close(found, classifier.C(x).softmax(1))
    torch.testing.assert_close(found.sum(1), torch.ones(300))
