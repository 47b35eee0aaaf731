"""How often the copy alarm is raised by honest samples, and how many copies it takes.

    python benchmarks/copy_alarm.py [--draws 400] [--moved 60]

Samples, training and held-out examples are three independent sets of one distribution: Gaussians
in 2 and 12 dimensions, and garments by the judge's features and by pixels, shifted and mirrored
ones included (`--moved` draws, which are slow). The alarm promises at most 1 in 1,000 whatever the
number of held-out examples. Then a share of the samples are copies of training examples.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import (
    MemorizationReport,
    NearestNeighbors,
    load_judge,
    memorization_report,
    nearest_neighbors,
    nearest_shifted,
)

PAGE = Path(__file__).parent / "results" / "copy_alarm.md"
HELD_OUT = (20, 50, 100, 160, 1000, 10_000)
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
SAMPLES, TRAIN = 300, 1000

Draw = Callable[[int, int], Tensor]  # (seed, rows) -> rows, those of one seed disjoint
Search = Callable[[Tensor, Tensor], NearestNeighbors]


def gaussian(dimensions: int) -> Draw:
    return lambda seed, n: Rng(seed).normal(n, dimensions).double()


def without_repetition(rows: Tensor) -> Draw:
    return lambda seed, n: rows[Rng(seed).permutation(len(rows))[:n]]


def first(found: NearestNeighbors, n: int) -> NearestNeighbors:
    return NearestNeighbors(found.distance[:n], found.index[:n], found.second[:n])


def reports(
    draw: Draw, search: Search, seed: int, sizes: tuple[int, ...], share: float, train: int
) -> list[MemorizationReport]:
    """One for each number of held-out examples."""
    rows = draw(seed, train + SAMPLES + sizes[-1])
    source, samples, held = rows.split([train, SAMPLES, sizes[-1]])
    copies = round(share * SAMPLES)
    samples = torch.cat([source[:copies], samples[copies:]])
    near, known = search(x=samples, reference=source), search(x=held, reference=source)
    return [memorization_report(samples=near, held_out=first(known, n), train=train) for n in sizes]


def row(
    name: str, draw: Draw, search: Search, draws: int, sizes: tuple[int, ...], train: int = TRAIN
) -> list[str]:
    """A line of the table for each number of held-out examples."""
    found = [reports(draw, search, seed, sizes, 0.0, train) for seed in range(draws)]
    needed = dict.fromkeys(sizes, "none of these")
    for share in reversed(SHARES):
        tried = [reports(draw, search, seed, sizes, share, train) for seed in range(10)]
        for n, of_size in zip(sizes, zip(*tried, strict=True), strict=True):
            if sum(report.alarm for report in of_size) >= 9:
                needed[n] = f"{share:.0%}"
    lines = []
    for n, of_size in zip(sizes, zip(*found, strict=True), strict=True):
        alarms = sum(report.alarm for report in of_size)
        small = [sum(report.p < level for report in of_size) / draws for level in (0.01, 0.1)]
        shown = " | ".join(f"{100 * value:.1f} %" for value in small)
        lines.append(f"| {name} | {n:,} | {alarms} of {draws} | {shown} | {needed[n]} |")
        print(lines[-1], flush=True)
    return lines


def garments() -> tuple[Tensor, Tensor]:
    """Pictures, and the judge's features of some."""
    data = open_data("fashion")
    pictures = torch.cat([data.train["real"], data.held_out["real"]])
    return pictures, load_judge("fashion").extract(pictures[:6000])[0]


def write_page(lines: list[str], draws: int, moved: int) -> None:
    header = "| data | held out | false alarms | p < 0.01 | p < 0.1 | copies needed |"
    PAGE.write_text(
        "# The copy alarm: false alarms, and the copies it takes\n\n"
        f"    python benchmarks/copy_alarm.py --draws {draws} --moved {moved}\n\n"
        f"torch {torch.__version__}, Python {platform.python_version()}. {SAMPLES} samples, "
        f"{TRAIN:,} training examples (300 for pixels). The alarm\n(p < 0.001, and a share of "
        "copies 1 % above that among held-out examples) promises at most 1 false alarm in 1,000;\n"
        "p is below any level at most as often as the level says. Copies needed: the least of 1, "
        "2, 5, 10, 20, 30 and\n50 % of the samples that raises it in 9 of 10 draws.\n\n"
        f"{header}\n|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n"
    )
    print(f"wrote {PAGE}")


def main() -> None:
    """Draw, count, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--moved", type=int, default=60)
    args = parser.parse_args()
    pictures, features = garments()
    plain, moved = without_repetition(features), without_repetition(pictures)
    lines = [
        *row("Gaussian, 2 dimensions", gaussian(2), nearest_neighbors, args.draws, HELD_OUT),
        *row("Gaussian, 12 dimensions", gaussian(12), nearest_neighbors, args.draws, HELD_OUT),
        *row("garments, features", plain, nearest_neighbors, args.draws, HELD_OUT[:-1]),
        *row(
            "garments, pixels, shifted and mirrored",
            moved,
            nearest_shifted,
            args.moved,
            HELD_OUT[:4],
            300,
        ),
    ]
    write_page(lines, args.draws, args.moved)


if __name__ == "__main__":
    main()
