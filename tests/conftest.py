"""One thread for every test, and the seam by which tests that train are played with other seeds."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping

import pytest
import torch

# Small tensors gain nothing from more threads, and a shared machine loses.
torch.set_num_threads(1)

# A shell ignores these for what it puts in the background, and programs leave that as it is.
for name, usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    number = getattr(signal, name, None)
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

Bounds = Mapping[str, tuple[float, float]]
Within = Callable[[Mapping[str, float], Bounds], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that train, so that benchmarks/trained_tests.py finds them."""
    for item in items:
        if "within" in getattr(item, "fixturenames", ()):
            item.add_marker("trained")


@pytest.fixture
def seed() -> int:
    """The seed of a test that trains: GANSMITH_TEST_SEED, or 0."""
    return int(os.environ.get("GANSMITH_TEST_SEED", "0"))


@pytest.fixture
def within(record_property: Callable[[str, object], None]) -> Within:
    """Asserts that what a test has trained lies within bounds, and records the numbers."""

    def check(numbers: Mapping[str, float], bounds: Bounds) -> None:
        assert numbers.keys() == bounds.keys()
        for name, value in numbers.items():
            low, high = bounds[name]
            record_property(name, f"{value:.6g} {low:.6g} {high:.6g}")
        # NaN lies within nothing.
        missed = {k: v for k, v in numbers.items() if not bounds[k][0] <= v <= bounds[k][1]}
        assert not missed, f"{missed} of {dict(numbers)}; wanted {dict(bounds)}"

    return check
