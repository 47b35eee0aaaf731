"""What metrics cost beside the matrix products that they cannot do without.

    python benchmarks/metrics_speed.py [--rounds 3] [--count 10000]

Frechet distance at 2048 dimensions against SciPy's matrix square root; precision and recall of
10,000 by 10,000 features of 2048 against its three products; the Parzen window of 10,000 by 10,000
points of 784 against its one; exact transport of 2,000 points against POT alone. Arms in turn,
medians of per-round ratios; writes benchmarks/results/metrics_speed.md.
"""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

import numpy as np
import ot
import torch
from scipy.linalg import sqrtm

from gansmith.metrics import fit_gaussian, frechet_distance, log_kernel_density, precision_recall
from gansmith.theory import optimal_transport

try:
    from benchmarks.alternate import alternate, table
except ImportError:  # started as a file
    from alternate import alternate, table  # type: ignore[no-redef]

PAGE = Path(__file__).parent / "results" / "metrics_speed.md"


def measure_frechet(rounds: int) -> tuple[str, str]:
    x, y = torch.randn(6000, 2048).double(), torch.randn(6000, 2048).double() * 1.2 + 0.1
    a, b = fit_gaussian(x), fit_gaussian(y)

    def by_root() -> float:
        root = sqrtm(a.covariance.numpy() @ b.covariance.numpy())
        shift = (a.mean - b.mean).square().sum()
        spread = a.covariance.trace() + b.covariance.trace()
        return float(shift + spread - 2 * np.trace(root).real)

    assert abs(by_root() - frechet_distance(a, b)) < 1e-6 * frechet_distance(a, b)
    times = alternate({"sqrtm": by_root, "ours": lambda: frechet_distance(a, b)}, rounds)
    return "Frechet distance, 2048 dimensions", table(times, "sqrtm")


def measure_precision_recall(rounds: int, count: int) -> tuple[str, str]:
    x, y = torch.randn(count, 2048).double(), torch.randn(count, 2048).double()

    def products() -> None:
        for one, other in ((x, x), (y, y), (x, y)):
            for part in one.split(1000):
                part @ other.T

    times = alternate(
        {"products": products, "ours": lambda: precision_recall(generated=x, real=y)}, rounds
    )
    return f"Precision and recall, {count} by {count} of 2048", table(times, "products")


def measure_bandwidth(rounds: int, count: int) -> tuple[str, str]:
    x, y = torch.rand(count, 784).double(), torch.rand(count, 784).double()

    def product() -> None:
        for part in y.split(1000):
            part @ x.T

    times = alternate(
        {"product": product, "ours": lambda: log_kernel_density(samples=x, x=y, std=0.2)}, rounds
    )
    return f"Parzen window, {count} by {count} of 784", table(times, "product")


def measure_shifted(rounds: int) -> tuple[str, str]:
    x, y = torch.randn(2000, 2).double(), torch.randn(2000, 2).double() + 1
    weights = np.full(2000, 1 / 2000)

    def alone() -> float:
        return float(ot.emd2(weights, weights, ot.dist(x.numpy(), y.numpy(), "euclidean")))

    assert abs(alone() - optimal_transport(x, y).cost) < 1e-9
    times = alternate({"POT": alone, "ours": lambda: optimal_transport(x, y)}, rounds)
    return "Exact transport of 2,000 points", table(times, "POT")


def main() -> None:
    """Time all four, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=10_000)
    given = parser.parse_args()
    threads = torch.get_num_threads()
    page = [
        "# What metrics cost",
        f"    python benchmarks/metrics_speed.py --rounds {given.rounds} --count {given.count}",
        f"torch {torch.__version__}, Python {platform.python_version()}, {threads} threads",
    ]
    for heading, lines in (
        measure_frechet(given.rounds),
        measure_precision_recall(given.rounds, given.count),
        measure_bandwidth(given.rounds, given.count),
        measure_shifted(given.rounds),
    ):
        page.append(f"## {heading}\n\n{lines}")
        print(page[-1], flush=True)
    PAGE.write_text("\n\n".join(page) + "\n")


if __name__ == "__main__":
    main()
