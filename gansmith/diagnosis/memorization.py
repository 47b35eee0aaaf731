"""The verdict on memory: samples that are training examples, moved or mirrored ones included."""

from __future__ import annotations

from scipy.stats import binomtest
from torch import Tensor

from gansmith.diagnosis import draw
from gansmith.diagnosis.evidence import Evidence, Finding
from gansmith.metrics import MemoryReport, copied_share, memory_of_features, memory_report
from gansmith.metrics.memorization import nearest_moved

LOOKED_AT = 500  # samples, and held-out pictures, that are searched for
REACH = 2  # pixels


def memorising(x: Evidence) -> Finding | None:
    """Samples nearer to training examples than held-out examples ever are."""
    if x.kind == "text":
        return _sentences(x)
    if x.kind == "points":
        report = memory_of_features(x.fake.features, x.everything.double(), x.held.features)
    else:
        report = _pictures(x.fake.real[:LOOKED_AT], x.held.real, x.everything)
    if not report.alarm:
        return None
    said = (
        f"{100 * report.copied:.0f} % of the samples are as near to a training example as only "
        f"{100 * report.usual:.1f} % of held-out examples are"
        + (" (moved and mirrored ones included)" if x.kind == "image" else "")
    )
    numbers = {"copied": report.copied, "usual": report.usual, "closer": report.closer}
    shown = None
    if x.kind == "image":
        worst = report.suspects()[: draw.SHOWN]
        pairs = {"sample": x.fake.real[worst], "training": x.everything[report.nearest[worst]]}
        shown = draw.rows(pairs)
    advice = (
        "more data; differentiable augmentation of D's input; fewer steps, a smaller D; an earlier "
        "checkpoint"
    )
    return Finding("memorising", said, advice, numbers, shown, private=True)


def _pictures(fake: Tensor, held: Tensor, train: Tensor) -> MemoryReport:
    """Neighbours among moved and mirrored pictures. Raises ValueError for other sizes."""
    reach = min(REACH, (min(fake.shape[-2:]) - 4) // 4)
    known = held[:LOOKED_AT]
    return memory_report(
        nearest_moved(fake, train, reach=reach),
        nearest_moved(fake, held, reach=reach),
        nearest_moved(known, train, reach=reach),
        nearest_moved(known, held, reach=reach, itself=True),
        len(train),
    )


def _sentences(x: Evidence) -> Finding | None:
    """Sentences that stand in the training set word for word, against held-out ones that do."""
    ours, usual = (copied_share(kind.real, x.everything) for kind in (x.fake, x.held))
    n, m = len(x.fake.real), len(x.held.real)
    p = binomtest(round(ours * n), n, min(1.0, (usual * m + 1) / (m + 1)), "greater").pvalue
    if ours < usual + 0.05 or p > 1e-6:
        return None
    said = (
        f"{100 * ours:.0f} % of the sentences stand word for word in the training set, where "
        f"{100 * usual:.0f} % of held-out ones do"
    )
    advice = "more data; fewer steps of imitation; a smaller writer"
    return Finding("memorising", said, advice, {"copied": ours, "usual": usual}, private=True)
