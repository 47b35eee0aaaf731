"""How many threads a run computes with.

Sums are taken in another order with another number of threads, so the last bits of convolutions
differ: the number is chosen when a run begins, recorded, and kept when it is resumed.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import torch

from gansmith.core import distributed
from gansmith.core.trainer import Trainer

TRIAL = 0.3  # seconds of steps, at least one, with each number of threads
GAIN = 0.9  # more threads are taken where a step then takes less than this part of the time


@contextmanager
def using_threads(count: int) -> Iterator[None]:
    """Compute with so many threads, or with as many as the processor runs at a time."""
    before = torch.get_num_threads()
    torch.set_num_threads(min(count, os.cpu_count() or count))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def is_given() -> bool:
    """Whether the environment says how many threads there are, as torchrun does."""
    return "OMP_NUM_THREADS" in os.environ


def choose_threads(make: Callable[[], Trainer]) -> int:
    """The number of threads that is fastest just now, by a trial of 1, 2, 4, ...

    At most those that torch has, and half of them where threads wait by spinning long, since
    PyTorch was imported before gansmith: with every core taken, a busy machine would crawl.
    No trial is made on a GPU, with several processes, or where the number is given.
    make: makes a trainer, which is thrown away afterwards.
    """
    most = torch.get_num_threads()
    if is_given() or distributed.world() > 1 or distributed.init().type != "cpu":
        return most
    if "GOMP_SPINCOUNT" not in os.environ and "OMP_WAIT_POLICY" not in os.environ:
        most = max(most // 2, 1)
    if most == 1:
        return 1
    trainer = make()
    best, least = 1, math.inf
    for count in (*(2**k for k in range((most - 1).bit_length())), most):
        with using_threads(count):
            seconds = _step_seconds(trainer)
        if seconds > GAIN * least:
            break
        best, least = count, seconds
    return best


def _step_seconds(trainer: Trainer) -> float:
    """The median of the steps of a short while, after one to warm up."""
    trainer.train_step()
    end = time.perf_counter() + TRIAL
    taken: list[float] = []
    while not taken or time.perf_counter() < end:
        began = time.perf_counter()
        trainer.train_step()
        taken.append(time.perf_counter() - began)
    return median(taken)
