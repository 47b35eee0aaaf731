"""Training in several processes, started by `torchrun`.

Every process holds the whole game and its rows of each micro-batch. Gradients are summed
in one flat vector per move; nothing is wrapped.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

T = TypeVar("T")
_kind = "auto"  # of device, as `choose_device` was told


def choose_device(kind: str) -> None:
    """Compute on this kind of device from now on, in this process.

    kind: cpu, cuda, mps (Apple's GPUs), or auto: cuda where there is one, else cpu.
    Raises ValueError when this machine, or this build of PyTorch, has no such device.
    """
    global _kind
    usable = {
        "auto": True,
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available() and "RANK" not in os.environ,
    }
    if not usable.get(kind):
        there = ", ".join(name for name, usable_here in usable.items() if usable_here)
        raise ValueError(f"PyTorch cannot compute on {kind!r} here; --device is one of {there}")
    _kind = kind


def init() -> torch.device:
    """Join the process group that `torchrun` announces, if any; the device to compute on."""
    kind = _kind
    if kind == "auto":
        kind = "cuda" if torch.cuda.is_available() else "cpu"
    local = int(os.environ.get("LOCAL_RANK", 0))
    if "RANK" in os.environ and not dist.is_initialized():
        dist.init_process_group("nccl" if kind == "cuda" else "gloo")
    if kind == "cuda":
        torch.cuda.set_device(local)
        return torch.device("cuda", local)
    return torch.device(kind)


def world() -> int:
    """The number of processes."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """The number of this process; 0 writes the run folder."""
    return dist.get_rank() if world() > 1 else 0


def barrier() -> None:
    """Wait for every process."""
    if world() > 1:
        dist.barrier()


def gather(x: Tensor) -> Tensor:
    """The rows of every process in batch order, detached, (world * B, ...)."""
    if world() == 1:
        return x.detach()
    parts = [torch.empty_like(x, memory_format=torch.contiguous_format) for _ in range(world())]
    dist.all_gather(parts, x.detach().contiguous())
    return torch.cat(parts)


def on_rank_zero(make: Callable[[], T]) -> T:
    """What process 0 makes, sent to all others; an error there is raised on every process.

    So only process 0 has to see the run folder.
    """
    if world() == 1:
        return make()
    error: Exception | None = None
    sent: list[Any] = [None, ""]
    if rank() == 0:
        try:
            sent = [make(), ""]
        except Exception as caught:
            error = caught
            sent = [None, f"{type(caught).__name__}: {caught}"]
    dist.broadcast_object_list(sent, 0)
    if error is not None:
        raise error
    if sent[1]:
        raise RuntimeError(f"process {rank()} stops with process 0, which raised {sent[1]}")
    value: T = sent[0]
    return value


def all_or_raise(make: Callable[[], T]) -> T:
    """What every process makes for itself; an error on one is raised on all, with its origin."""
    if world() == 1:
        return make()
    value: T
    problem = ""
    try:
        value = make()
    except Exception as caught:
        problem = f"on {socket.gethostname()}: {type(caught).__name__}: {caught}"
    problems = [""] * world()
    dist.all_gather_object(problems, problem)
    if any(problems):
        raise RuntimeError(
            "; ".join(f"process {number} {what}" for number, what in enumerate(problems) if what)
        )
    return value


def broadcast_tensors(tensors: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """The tensors of process 0 by name, on every process; those of the others are ignored."""
    if world() == 1:
        return tensors
    headers = on_rank_zero(
        lambda: [(name, value.shape, value.dtype) for name, value in tensors.items()]
    )
    received = {}
    for name, shape, dtype in headers:
        if rank() == 0:
            received[name] = tensors[name].to(device).contiguous()
        else:
            received[name] = torch.empty(shape, dtype=dtype, device=device)
        if received[name].numel():
            dist.broadcast(received[name], 0)
    return received


def slice_of(x: Tensor) -> Tensor:
    """This process's rows of a global batch, (B / world, ...)."""
    return x.tensor_split(world())[rank()]


def all_reduce_sum(values: Tensor) -> Tensor:
    """The sum of a tensor over the processes."""
    if world() > 1:
        dist.all_reduce(values)
    return values


def any_rank(flag: bool, device: torch.device) -> bool:
    """True everywhere when it is true anywhere."""
    if world() == 1:
        return flag
    return bool(all_reduce_sum(torch.tensor(float(flag), device=device)) > 0)


def reduce_move(movers: Iterable[nn.Module], game: nn.Module) -> None:
    """Sum the movers' gradients and average the game's norm statistics, in one flat vector.

    A frozen generator's BatchNorm statistics move in the discriminator's phase too, so the
    statistics of every player ride along in every move. A parameter that only some processes used
    counts as a gradient of 0 on the others, so that all vectors have one layout; one that none used
    keeps no gradient: a move by 0 would still move Adam.
    """
    if world() == 1:
        return
    parameters = [p for player in movers for p in player.parameters()]
    statistics = [
        buffer
        for module in game.modules()
        if isinstance(module, _BatchNorm)
        for buffer in (module.running_mean, module.running_var)
        if buffer is not None
    ]
    if not parameters and not statistics:
        return
    device = (parameters or statistics)[0].device
    used = torch.tensor([float(p.grad is not None) for p in parameters], device=device)
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    parts = [used, *gradients, *(buffer / world() for buffer in statistics)]
    flat = torch.cat([part.flatten() for part in parts])
    dist.all_reduce(flat)
    counts, *sums = flat.split([part.numel() for part in parts])
    for parameter, gradient, count, new in zip(
        parameters, gradients, counts.tolist(), sums, strict=False
    ):
        if count:
            parameter.grad = gradient.copy_(new.view_as(gradient))
    for buffer, new in zip(statistics, sums[len(parameters) :], strict=True):
        buffer.copy_(new.view_as(buffer))
