"""Several processes playing one game, started by `torchrun`.

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


def start() -> torch.device:
    """Join the process group that `torchrun` announces, if any; the device to play on."""
    cuda = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", 0))
    if "RANK" in os.environ and not dist.is_initialized():
        dist.init_process_group("nccl" if cuda else "gloo")
    if cuda:
        torch.cuda.set_device(local)
        return torch.device("cuda", local)
    return torch.device("cpu")


def world() -> int:
    """How many processes play."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of them this one is; 0 writes the run folder."""
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


def first(make: Callable[[], T]) -> T:
    """What the first process makes, told to the others; an error there is raised everywhere.

    So only the first process needs to see the run folder.
    """
    if world() == 1:
        return make()
    error: Exception | None = None
    told: list[Any] = [None, ""]
    if rank() == 0:
        try:
            told = [make(), ""]
        except Exception as caught:
            error = caught
            told = [None, f"{type(caught).__name__}: {caught}"]
    dist.broadcast_object_list(told, 0)
    if error is not None:
        raise error
    if told[1]:
        raise RuntimeError(f"process {rank()} stops with the first one, which said: {told[1]}")
    made: T = told[0]
    return made


def together(act: Callable[[], T]) -> T:
    """What every process makes for itself; an error on one is raised on all, and says where."""
    if world() == 1:
        return act()
    made: T
    problem = ""
    try:
        made = act()
    except Exception as caught:
        problem = f"on {socket.gethostname()}: {type(caught).__name__}: {caught}"
    problems = [""] * world()
    dist.all_gather_object(problems, problem)
    if any(problems):
        raise RuntimeError(
            "; ".join(f"process {number} {what}" for number, what in enumerate(problems) if what)
        )
    return made


def spread(tensors: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """The first process's tensors by name, at every process; what the others give is not read."""
    if world() == 1:
        return tensors
    facts = first(lambda: [(name, value.shape, value.dtype) for name, value in tensors.items()])
    told = {}
    for name, shape, dtype in facts:
        if rank() == 0:
            told[name] = tensors[name].to(device).contiguous()
        else:
            told[name] = torch.empty(shape, dtype=dtype, device=device)
        if told[name].numel():
            dist.broadcast(told[name], 0)
    return told


def slice_of(x: Tensor) -> Tensor:
    """This process's rows of a global batch, (B / world, ...)."""
    return x.tensor_split(world())[rank()]


def total(values: Tensor) -> Tensor:
    """The sum of a tensor over the processes."""
    if world() > 1:
        dist.all_reduce(values)
    return values


def agree(flag: bool, device: torch.device) -> bool:
    """True everywhere when it is true anywhere."""
    if world() == 1:
        return flag
    return bool(total(torch.tensor(float(flag), device=device)) > 0)


def reduce_move(movers: Iterable[nn.Module], game: nn.Module) -> None:
    """Sum the movers' gradients and average the game's norm statistics, in one flat vector.

    A frozen generator's BatchNorm statistics move in the discriminator's phase too, so the
    statistics of every player ride along in every move.
    """
    if world() == 1:
        return
    gradients = [p.grad for player in movers for p in player.parameters() if p.grad is not None]
    statistics = [
        buffer
        for module in game.modules()
        if isinstance(module, _BatchNorm)
        for buffer in (module.running_mean, module.running_var)
        if buffer is not None
    ]
    parts = gradients + [buffer / world() for buffer in statistics]
    flat = torch.cat([part.flatten() for part in parts])
    dist.all_reduce(flat)
    for part, new in zip(
        gradients + statistics, flat.split([part.numel() for part in parts]), strict=True
    ):
        part.copy_(new.view_as(part))
