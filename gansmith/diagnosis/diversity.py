"""Faults of diversity: collapse, and classes or modes that are missing."""

from __future__ import annotations

import torch
from scipy.stats import binom
from torch import Tensor

from gansmith.diagnosis.evidence import Evidence, Finding, other_presets
from gansmith.diagnosis.image_quality import comparable_real
from gansmith.metrics import duplicate_threshold, make_bins, mode_report, support_from_pairs
from gansmith.metrics.precision_recall import SLACK, squared_distances
from gansmith.rendering import plots
from gansmith.rendering.grid import named_rows

MAX_P_VALUE = 1e-5  # rate of false alarms on real data, for each class or bin
DUPLICATE_RATE = 1e-4  # share of pairs of real examples that count as alike
MIN_SPREAD = 0.5
COLLAPSED = 0.2  # of the support of real data
DROPPED = 0.25  # of a class's share in the real data
BINS = 30

SHOWN = 12  # held-out examples of each dropped bin in a picture
ROWS = 8  # dropped bins in a picture


def collapse(x: Evidence) -> Finding | None:
    """Many samples are near-duplicates: the birthday paradox (arXiv:1706.08224) at a distance at
    which one pair of real examples in ten thousand counts as duplicates.

    Pictures are duplicates when they are so in the features and in the pixels.
    """
    real = comparable_real(x)
    views = [(x.generated.features, real.features)]
    if x.images:
        views.append((_pixels(x.generated.data), _pixels(real.data)))
    duplicates, real_duplicates = (_duplicates(views, of) for of in (0, 1))
    found, expected = (
        support_from_pairs(int(pairs.triu(1).sum()), len(pairs))
        for pairs in (duplicates, real_duplicates)
    )
    if not found.high < COLLAPSED * expected.low:
        return None
    evidence = (
        f"about {found.estimate:,.0f} different samples (95 %: {found.low:,.0f} to "
        f"{found.high:,.0f}) by the number of near-duplicates; real data has more than "
        f"{expected.low:,.0f}"
    )
    numbers = {"support": found.estimate, "real": expected.low}
    picture = x.sheet(x.generated.data[_groups(duplicates)])
    return Finding("collapse", evidence, _advice(x), numbers, picture)


def _advice(x: Evidence) -> str:
    presets = other_presets(x.preset, "minibatch-discrimination", "unrolled", "wgan-gp")
    if x.adversarial is False:
        return f"a generator trained against a discriminator: {presets}; a longer code; more steps"
    return (
        f"a preset made for diversity: {presets}; a lower learning rate of G, or more steps of D; "
        "on little data, differentiable augmentation of D's input"
    )


def _pixels(pictures: Tensor) -> Tensor:
    return pictures.flatten(1).double() / 127.5


def _duplicates(views: list[tuple[Tensor, Tensor]], of: int) -> Tensor:
    """Pairs that are near-duplicates in all views: (N, N), of samples (0) or real examples (1)."""
    found = torch.ones(len(views[0][of]), len(views[0][of]), dtype=torch.bool)
    for fake, real in views:
        # Blurred samples, or samples of few classes, lie closer together: that is no collapse.
        spread = _spread(fake) / _spread(real)
        threshold = duplicate_threshold(real, DUPLICATE_RATE) * min(1.0, max(spread, MIN_SPREAD))
        points = (fake, real)[of]
        found &= squared_distances(points, points) <= threshold**2 * SLACK
    return found


def _spread(features: Tensor) -> float:
    return float(features.var(0).sum().sqrt())


def _groups(duplicates: Tensor, rows: int = 4, columns: int = 8) -> Tensor:
    """Indices of near-duplicates, group by group, the largest first."""
    taken = torch.zeros(len(duplicates), dtype=torch.bool)
    places: list[int] = []
    for place in duplicates.sum(1).argsort(descending=True).tolist():
        if len(places) >= rows * columns:
            break
        if not taken[place]:
            group = duplicates[place] & ~taken
            taken |= duplicates[place]
            places += group.nonzero().flatten()[:columns].tolist()
    return torch.tensor(places)


def dropped_modes(x: Evidence) -> Finding | None:
    """Classes, known modes, or else bins of the features, with far too few samples."""
    if not x.metric:
        return None
    what, names, counts, expected, groups = _counts(x)
    n = int(counts.sum())
    limit = DROPPED * expected
    rare = [
        i
        for i, count in enumerate(counts.tolist())
        if count < limit[i] * n and binom.cdf(count, n, float(expected[i])) < MAX_P_VALUE
    ]
    if not rare:
        return None
    lost = float(expected[rare].sum())
    listed = ", ".join(names[i] for i in rare[:6]) + (" ..." if len(rare) > 6 else "")
    evidence = (
        f"{len(rare)} of {len(names)} {what} hold less than a quarter of what they hold in the "
        f"real data ({listed}): together {100 * lost:.0f} % of it"
    )
    numbers = {"dropped": float(len(rare)), "of": float(len(names)), "real share": lost}
    rows = [] if groups is None else [(groups == i).nonzero().flatten()[:SHOWN] for i in rare]
    shown = {
        f"{names[i]}\n{counts[i] / n:.1%}, real {expected[i]:.1%}": x.held_out.data[places]
        for i, places in zip(rare, rows, strict=False)
        if len(places)
    }
    if shown:
        picture: bytes | None = named_rows(dict(list(shown.items())[:ROWS]), SHOWN)
        evidence += "; the picture shows held-out examples of them"
    else:
        picture = plots.shares(names, (counts / n).tolist(), expected.tolist(), what)
    return Finding(f"dropped {what}", evidence, _advice(x), numbers, picture)


def _counts(x: Evidence) -> tuple[str, list[str], Tensor, Tensor, Tensor | None]:
    """What is counted, its names, the number of samples in each, the real shares, and, where names
    say little and there are pictures, to which of them each held-out example belongs.
    """
    if x.mode_centers is not None:
        report = mode_report(x.generated.features, x.mode_centers, x.mode_std)
        count = len(x.mode_centers)
        names = [f"mode {i}" for i in range(count)]
        real_report = mode_report(x.held_out.features, x.mode_centers, x.mode_std)
        counts = torch.tensor(report.counts).double()
        return "modes", names, counts, _shares(real_report.counts), None
    real = comparable_real(x)
    if x.generated.labels is not None and real.labels is not None:
        count = len(x.class_names)
        counts = x.generated.labels.bincount(minlength=count).double()
        real_counts = real.labels.bincount(minlength=count)
        return "classes", list(x.class_names), counts, _shares(real_counts.tolist()), None
    bins = make_bins(real.features, min(BINS, len(real.features) // 20))
    counts = bins.assign(x.generated.features).bincount(minlength=len(bins.shares)).double()
    groups = bins.assign(real.features[-len(x.held_out.data) :]) if x.images else None
    return "bins", [f"bin {i}" for i in range(len(bins.shares))], counts, bins.shares, groups


def _shares(counts: object) -> Tensor:
    found = torch.as_tensor(counts).double()
    return found / found.sum()
