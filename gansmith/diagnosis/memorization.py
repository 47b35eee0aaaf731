"""Memorization: samples that are training examples, also shifted or mirrored ones."""

from __future__ import annotations

from torch import Tensor

from gansmith.diagnosis.evidence import Evidence, Finding
from gansmith.metrics import (
    MemorizationReport,
    copied_share,
    memorization_of_features,
    memorization_report,
    nearest_shifted,
)
from gansmith.metrics.memorization import excess_probability
from gansmith.rendering.grid import named_rows

SHOWN = 16  # samples in a picture
SEARCHED = 500  # samples, and held-out pictures, whose nearest neighbors are searched
MAX_SHIFT = 2  # pixels


def memorization(x: Evidence) -> Finding | None:
    """Samples nearer to single training examples than held-out examples ever are."""
    if x.exact_copies:
        return _sentences(x)
    if not x.images:
        report = memorization_of_features(
            generated=x.generated.features,
            train=x.training_set.double(),
            held_out=x.held_out.features,
        )
    else:
        report = _pictures(x.generated.data[:SEARCHED], x.held_out.data[:SEARCHED], x.training_set)
    if not report.alarm:
        return None
    evidence = (
        f"{100 * report.copied:.0f} % of the samples are so much nearer to one training example "
        f"than to all others as only {100 * report.expected:.1f} % of held-out examples are"
        + (" (shifted and mirrored ones included)" if x.images else "")
    )
    numbers = {"copied": report.copied, "expected": report.expected}
    picture = None
    if x.images:
        worst = report.suspects()[:SHOWN]
        copied = x.training_set[report.nearest[worst]]
        picture = named_rows({"sample": x.generated.data[worst], "training": copied})
    advice = (
        "more data; differentiable augmentation of D's input; fewer steps, a smaller D; an earlier "
        "checkpoint"
    )
    return Finding("memorization", evidence, advice, numbers, picture, private=True)


def _pictures(fake: Tensor, held: Tensor, train: Tensor) -> MemorizationReport:
    """Nearest neighbors among shifted and mirrored pictures. Raises ValueError for other sizes."""
    reach = min(MAX_SHIFT, (min(fake.shape[-2:]) - 4) // 4)
    samples, known = (nearest_shifted(x=x, reference=train, max_shift=reach) for x in (fake, held))
    return memorization_report(samples=samples, held_out=known, train=len(train))


def _sentences(x: Evidence) -> Finding | None:
    """Sentences that occur in the training set word for word, against held-out ones that do."""
    copied, expected = (
        copied_share(generated=examples.data, train=x.training_set)
        for examples in (x.generated, x.held_out)
    )
    n, m = len(x.generated.data), len(x.held_out.data)
    p = excess_probability(
        copied=round(copied * n), samples=n, known=round(expected * m), held_out=m
    )
    if copied < expected + 0.05 or p > 1e-6:
        return None
    evidence = (
        f"{100 * copied:.0f} % of the sentences occur word for word in the training set, where "
        f"{100 * expected:.0f} % of held-out ones do"
    )
    advice = "more data; fewer steps of maximum likelihood (mle_steps); a smaller generator"
    numbers = {"copied": copied, "expected": expected}
    return Finding("memorization", evidence, advice, numbers, private=True)
