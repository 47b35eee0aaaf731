from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from gansmith.core import distributed

WORKER = """
import sys, torch, torch.distributed as dist
from torch import nn
from gansmith.core import distributed

torch.set_num_threads(1)
assert distributed.world() == 1 and distributed.rank() == 0
device = distributed.init()
distributed.init()  # joining twice is joining once
rank, cpu = distributed.rank(), torch.device("cpu")
assert distributed.world() == 2 and device == cpu

rows = torch.arange(6.0).view(6, 1)
mine = distributed.slice_of(rows)
assert mine.flatten().tolist() == [[0, 1, 2], [3, 4, 5]][rank]
grown = mine.clone().requires_grad_()
whole = distributed.gather(grown)
assert whole.equal(rows) and not whole.requires_grad
turned = mine.expand(3, 4).T  # not contiguous
assert distributed.gather(turned).shape == (8, 3)
assert distributed.gather(mine.long()).dtype == torch.int64

assert distributed.all_reduce_sum(torch.tensor([1.0, rank])).tolist() == [2.0, 1.0]
assert distributed.any_rank(rank == 1, cpu) and distributed.any_rank(True, cpu)
assert not distributed.any_rank(False, cpu)

assert distributed.on_rank_zero(lambda: {"rank": rank}) == {"rank": 0}
assert distributed.all_or_raise(lambda: rank) == rank


def said(act):
    try:
        act()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


told = said(lambda: distributed.on_rank_zero(lambda: {}["key"]))
end = "process 1 stops with process 0, which raised KeyError: 'key'"
assert told == ["KeyError: 'key'", f"RuntimeError: {end}"][rank]
told = said(lambda: distributed.all_or_raise(lambda: [7][rank]))
assert told.startswith("RuntimeError: process 1 on ")
assert told.endswith(": IndexError: list index out of range")
mine = {"a": torch.full((2, 3), 1.0 + rank).T, "b": torch.tensor(rank == 0), "c": torch.zeros(0)}
told = distributed.broadcast_tensors(mine if rank == 0 else {}, cpu)
assert list(told) == ["a", "b", "c"] and told["a"].shape == (3, 2)
assert (told["a"] == 1).all() and bool(told["b"]) and told["c"].numel() == 0


class Game(nn.Module):
    def __init__(self):
        super().__init__()
        self.G = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        self.D = nn.Linear(3, 1).double()


game = Game()
G, D = game.G, game.D
frozen = [p.clone() for p in game.parameters()]
G[0].weight.grad = torch.full((3, 2), 1.0 + rank).T.contiguous().T  # strides of its own
G[0].bias.grad = None  # an unused head has no gradient, on either
D.weight.grad = torch.full((1, 3), 5.0, dtype=torch.float64)  # does not move
G[1].weight.grad = torch.arange(3.0) * (1 - 2 * rank)
G[1].running_mean.fill_(rank)
G[1].running_var.fill_(3 + rank)
distributed.reduce_move([G], game)
assert (G[0].weight.grad == 3).all() and G[0].bias.grad is None
assert (G[1].weight.grad == 0).all()
assert (D.weight.grad == 5).all(), "only the movers' gradients are summed"
assert (G[1].running_mean == 0.5).all() and (G[1].running_var == 3.5).all()
assert all(p.equal(q) for p, q in zip(game.parameters(), frozen))

# one process uses one head, the other another, nobody the third
heads = nn.ModuleList(nn.Linear(2, 1, bias=False) for _ in range(3))
heads[rank].weight.grad = torch.full((1, 2), 1.0 + rank)
distributed.reduce_move([heads], heads)
assert [None if h.weight.grad is None else h.weight.grad.tolist() for h in heads] == [
    [[1.0, 1.0]], [[2.0, 2.0]], None
]
heads.zero_grad(set_to_none=True)
if rank:
    heads[0].weight.grad = torch.ones(1, 2)  # of two players only one moves, on one process
distributed.reduce_move([heads[0], heads[1]], heads)
assert heads[0].weight.grad.tolist() == [[1.0, 1.0]] and heads[1].weight.grad is None

distributed.barrier()
print("fine", rank)
dist.destroy_process_group()
"""


def test_two_processes_gather_sum_and_agree(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shared = os.environ | dict(
        WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=port, CUDA_VISIBLE_DEVICES=""
    )
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    processes = [
        subprocess.Popen(
            [sys.executable, str(script)],
            env=shared | dict(RANK=str(rank), LOCAL_RANK=str(rank)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        for rank, process in enumerate(processes):
            out, errors = process.communicate(timeout=120)
            assert out.strip() == f"fine {rank}", errors
    finally:
        for process in processes:
            process.kill()


def test_alone_there_is_one_process_and_nothing_to_wait_for() -> None:
    assert (distributed.world(), distributed.rank()) == (1, 0)
    distributed.barrier()
    assert distributed.on_rank_zero(lambda: 3) == distributed.all_or_raise(lambda: 3) == 3
    kept = {"a": torch.zeros(2)}
    assert distributed.broadcast_tensors(kept, torch.device("cpu")) is kept
    x = torch.arange(4.0).requires_grad_()
    assert distributed.slice_of(x).equal(x)
    assert distributed.gather(x).equal(x)
    assert not distributed.gather(x).requires_grad
    assert distributed.all_reduce_sum(torch.tensor(3.0)) == 3
    for flag in (True, False):
        assert distributed.any_rank(flag, torch.device("cpu")) is flag


def test_alone_gradients_stay_as_they_are() -> None:
    player = nn.BatchNorm1d(2)
    player.weight.grad = torch.ones(2)
    distributed.reduce_move([player], player)
    assert player.weight.grad.equal(torch.ones(2))
    assert player.running_mean is not None
    assert player.running_mean.equal(torch.zeros(2))


@pytest.mark.skipif(torch.cuda.is_available(), reason="then it is the accelerator")
def test_alone_the_device_is_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    assert distributed.init() == torch.device("cpu")
    assert not torch.distributed.is_initialized()


def test_a_device_is_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setattr(distributed, "_kind", "auto")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    distributed.choose_device("mps")
    assert distributed.init() == torch.device("mps")
    distributed.choose_device("cpu")
    assert distributed.init() == torch.device("cpu")
    for kind in ("cuda", "tpu", ""):
        with pytest.raises(ValueError, match="--device is one of auto, cpu, mps"):
            distributed.choose_device(kind)
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(ValueError, match="one of auto, cpu$"):
        distributed.choose_device("mps")  # gloo and nccl carry no tensors of it
