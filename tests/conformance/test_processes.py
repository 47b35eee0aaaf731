"""Two processes (gloo) are one: the same global batches, the same players at the end.

In float64, where sums taken in another order agree to about 1e-15: in float32 the last bits
differ, as they must, and the game amplifies them.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from small import CASES, tensors, trainer
from torch import Tensor

from gansmith.runs import checkpoint

PAIR = Path(__file__).with_name("pair.py")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The end states of all cases, played once by one pair of processes."""
    folder = tmp_path_factory.mktemp("pair")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shared = os.environ | {
        "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
        "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "",
    }  # fmt: skip
    processes = [
        subprocess.Popen(
            [sys.executable, str(PAIR), str(folder)],
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        for process in processes:
            _, errors = process.communicate(timeout=240)
            assert process.returncode == 0, errors
    finally:
        for process in processes:
            process.kill()
    return folder


def end(folder: Path, rank: int, name: str) -> dict[str, Tensor]:
    return checkpoint.read(folder / f"{rank}-{name}{checkpoint.SUFFIX}")[0]


@pytest.mark.parametrize("name", CASES)
def test_two_processes_hold_the_same_state_bit_for_bit(name: str, folder: Path) -> None:
    first, second = end(folder, 0, name), end(folder, 1, name)
    assert first.keys() == second.keys()
    for key in first:
        assert first[key].equal(second[key]), key


@pytest.mark.parametrize("name", CASES)
def test_two_processes_are_one_unless_examples_are_coupled(name: str, folder: Path) -> None:
    alone = trainer(name, double=True)
    alone.fit()
    one, two = tensors(alone), end(folder, 0, name)
    assert one["number.step"] == two["number.step"] == CASES[name][1].steps
    assert one.keys() == two.keys()
    floats = [key for key, value in one.items() if value.dtype == torch.float64]
    assert floats
    apart = max(float((one[key] - two[key]).abs().max()) for key in floats)
    if alone.game.batch_coupled:
        # Each process normalises by the statistics of its own quarter batch: another game.
        assert apart > 1e-8
    else:
        for key in one:
            torch.testing.assert_close(two[key], one[key], rtol=0, atol=1e-10)
