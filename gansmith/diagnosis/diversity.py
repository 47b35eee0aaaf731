"""Verdicts on variety: collapse, and classes or modes that are missing."""

from __future__ import annotations

import torch
from scipy.stats import binom
from torch import Tensor

from gansmith.diagnosis import draw
from gansmith.diagnosis.evidence import Evidence, Finding
from gansmith.diagnosis.image_quality import seen_alike
from gansmith.metrics import duplicate_threshold, make_bins, mode_report, support_of_pairs
from gansmith.metrics.precision_recall import squared_distances

SURE = 1e-5  # chance of a verdict on real data, for each class or bin
ALIKE = 1e-4  # share of pairs of real examples that count as alike
LEAST_SPREAD = 0.5
FEW = 0.2  # of the variety of real data
MISSING = 0.25  # of a class's share in the real data
BINS = 30

MORE_VARIETY = (
    "more variety: minibatch (D sees a batch at once), unrolled, wgan-gp; a lower learning rate of "
    "G, or more moves of D; on little data, differentiable augmentation of D's input"
)


def collapse(x: Evidence) -> Finding | None:
    """Many samples are alike: the birthday paradox (arXiv:1706.08224) at a distance at which real
    examples are alike in one pair of ten thousand.

    Pictures are alike when they are so by the features and by the pixels.
    """
    real = seen_alike(x)
    views = [(x.fake.features, real.features)]
    if x.kind == "image":
        views.append((_pixels(x.fake.real), _pixels(real.real)))
    alike, usually = (_alike(views, of) for of in (0, 1))
    ours, usual = (support_of_pairs(int(m.triu(1).sum()), len(m)) for m in (alike, usually))
    if not ours.high < FEW * usual.low:
        return None
    said = (
        f"about {ours.estimate:,.0f} different samples (95 %: {ours.low:,.0f} to {ours.high:,.0f}) "
        f"by pairs that are alike, where real data shows more than {usual.low:,.0f}"
    )
    numbers = {"support": ours.estimate, "real": usual.low}
    return Finding(
        "collapse", said, MORE_VARIETY, numbers, draw.strip(x, x.fake.real[_groups(alike)])
    )


def _pixels(pictures: Tensor) -> Tensor:
    return pictures.flatten(1).double() / 127.5


def _alike(views: list[tuple[Tensor, Tensor]], of: int) -> Tensor:
    """Which pairs are alike in all views: (N, N), of samples (0) or of real examples (1)."""
    found = torch.ones(len(views[0][of]), len(views[0][of]), dtype=torch.bool)
    for fake, real in views:
        # Samples that are blurred, or of few classes, lie closer together and are not yet alike.
        spread = _spread(fake) / _spread(real)
        threshold = duplicate_threshold(real, ALIKE) * min(1.0, max(spread, LEAST_SPREAD))
        shown = (fake, real)[of] - real.mean(0)
        found &= squared_distances(shown, shown) <= threshold**2 + 1e-9
    return found


def _spread(features: Tensor) -> float:
    return float(features.var(0).sum().sqrt())


def _groups(near: Tensor, rows: int = 4, columns: int = 8) -> Tensor:
    """The places of samples that are alike, a group after the other, the largest first."""
    taken = torch.zeros(len(near), dtype=torch.bool)
    places: list[int] = []
    for place in near.sum(1).argsort(descending=True).tolist():
        if len(places) >= rows * columns:
            break
        if not taken[place]:
            group = near[place] & ~taken
            taken |= near[place]
            places += group.nonzero().flatten()[:columns].tolist()
    return torch.tensor(places)


def dropped(x: Evidence) -> Finding | None:
    """Classes, known modes, or else bins of the features, that hold far too few samples."""
    if x.kind == "text":
        return None
    what, names, ours, expected = _shares(x)
    n = int(ours.sum())
    limit = MISSING * expected
    rare = [
        i
        for i, count in enumerate(ours.tolist())
        if count < limit[i] * n and binom.cdf(count, n, float(expected[i])) < SURE
    ]
    if not rare:
        return None
    lost = float(expected[rare].sum())
    listed = ", ".join(names[i] for i in rare[:6]) + (" ..." if len(rare) > 6 else "")
    said = (
        f"{len(rare)} of {len(names)} {what} hold less than a quarter of what they hold in the "
        f"real data ({listed}): together {100 * lost:.0f} % of it"
    )
    numbers = {"dropped": float(len(rare)), "of": float(len(names)), "real share": lost}
    shown = draw.bars(names, (ours / n).tolist(), expected.tolist(), what)
    return Finding(f"dropped {what}", said, MORE_VARIETY, numbers, shown)


def _shares(x: Evidence) -> tuple[str, list[str], Tensor, Tensor]:
    """What is counted, its names, the samples in each, and the real shares."""
    if x.centres is not None:
        report = mode_report(x.fake.features, x.centres, x.std)
        count = len(x.centres)
        names = [f"mode {i}" for i in range(count)]
        held = mode_report(x.held.features, x.centres, x.std)
        return "modes", names, torch.tensor(report.counts).double(), _share(held.counts)
    real = seen_alike(x)
    if x.fake.labels is not None and real.labels is not None:
        count = len(x.classes)
        ours = x.fake.labels.bincount(minlength=count).double()
        usual = real.labels.bincount(minlength=count)
        return "classes", list(x.classes), ours, _share(usual.tolist())
    bins = make_bins(real.features, min(BINS, len(real.features) // 20))
    ours = bins.assign(x.fake.features).bincount(minlength=len(bins.shares)).double()
    return "bins", [f"bin {i}" for i in range(len(bins.shares))], ours, bins.shares


def _share(counts: object) -> Tensor:
    found = torch.as_tensor(counts).double()
    return found / found.sum()
