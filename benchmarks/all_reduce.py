"""What it costs to sum the gradients of a move over two processes, as the nets grow.

    python benchmarks/all_reduce.py --rounds 7

Two processes of gloo on this machine call `gansmith.core.distributed.reduce_move` on players
with 1, 10 and 100 MB of gradients, in 40 tensors. Timed are the whole call, the all-reduce of one
flat vector within it, and the copies into that vector and back. Then, without measuring anything,
what a ring all-reduce of as many bytes takes between two accelerators over links of common speed:

    time = 2 (n - 1) / n * bytes / bandwidth + 2 (n - 1) * latency
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
import torch.distributed as dist
from torch import nn

from gansmith.core import distributed

SIZES = (1, 10, 100)  # MB of float32 gradients
TENSORS = 40
# bytes per second and seconds, in one direction: what is usually reached, not the nominal figure
LINKS = {
    "NVLink (200 GB/s)": (200e9, 10e-6),
    "PCIe 4.0 x16 (20 GB/s)": (20e9, 20e-6),
    "100 Gb Ethernet (10 GB/s)": (10e9, 30e-6),
    "10 Gb Ethernet (1.1 GB/s)": (1.1e9, 50e-6),
}
COMPUTE_MS = (5, 20, 100)  # milliseconds that a move computes


class Player(nn.Module):
    """Parameters of so many MB with gradients, in equal parts."""

    def __init__(self, megabytes: int) -> None:
        super().__init__()
        count = megabytes * 10**6 // 4 // TENSORS
        self.parts = nn.ParameterList([nn.Parameter(torch.zeros(count)) for _ in range(TENSORS)])
        for part in self.parts:
            part.grad = torch.ones_like(part)


def worker(rounds: int) -> None:
    """Time the parts, in turn, with both processes starting each together; the first one prints."""
    distributed.init()
    found = {}
    for megabytes in SIZES:
        player = Player(megabytes)
        flat = torch.ones(megabytes * 10**6 // 4)
        gradients = [p.grad for p in player.parameters() if p.grad is not None]

        def copies(gradients: list[torch.Tensor] = gradients) -> None:
            vector = torch.cat([g.flatten() for g in gradients])
            for g, new in zip(gradients, vector.split([g.numel() for g in gradients]), strict=True):
                g.copy_(new.view_as(g))

        arms: dict[str, Callable[[], object]] = {
            "reduce_move": lambda player=player: distributed.reduce_move([player], player),  # type: ignore[misc]
            "all-reduce": lambda flat=flat: dist.all_reduce(flat),  # type: ignore[misc]
            "copies": copies,
        }
        times: dict[str, list[float]] = {name: [] for name in arms}
        for _ in range(rounds + 1):
            for name, act in arms.items():
                distributed.barrier()
                began = perf_counter()
                act()
                times[name].append(perf_counter() - began)
        found[megabytes] = {name: 1000 * median(values[1:]) for name, values in times.items()}
    if distributed.rank() == 0:
        print(json.dumps(found))
    dist.destroy_process_group()


def measure_links(rounds: int) -> dict[int, dict[str, float]]:
    """Milliseconds by MB and part, of two processes on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shared = os.environ | dict(
        WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=port, CUDA_VISIBLE_DEVICES=""
    )
    words = [sys.executable, __file__, "--worker", "--rounds", str(rounds)]
    processes = [
        subprocess.Popen(
            words,
            env=shared | dict(RANK=str(rank), LOCAL_RANK=str(rank)),
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        outputs = [process.communicate(timeout=600)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return {int(size): parts for size, parts in json.loads(outputs[0]).items()}


def ring(size: float, bandwidth: float, latency: float, n: int = 2) -> float:
    """Seconds of a ring all-reduce of `size` bytes over n processes."""
    return 2 * (n - 1) / n * size / bandwidth + 2 * (n - 1) * latency


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--worker", action="store_true", help="used by the script itself")
    options = parser.parse_args()
    if options.worker:
        worker(options.rounds)
        return
    print(f"Measured, two processes of gloo, torch {torch.__version__}, ms:\n")
    print("| MB | reduce_move | all-reduce alone | copies alone |\n| --- | --- | --- | --- |")
    for size, parts in measure_links(options.rounds).items():
        print(f"| {size} | {' | '.join(f'{value:.3g}' for value in parts.values())} |")
    print("\nComputed, two accelerators, ms:\n")
    print("| link | " + " | ".join(f"{size} MB" for size in SIZES) + " |")
    print("| --- " * (1 + len(SIZES)) + "|")
    for link, (bandwidth, latency) in LINKS.items():
        row = " | ".join(f"{1000 * ring(s * 1e6, bandwidth, latency):.3g}" for s in SIZES)
        print(f"| {link} | {row} |")
    print("\nComputed, share of a move that waits for the sum, if nothing overlaps:\n")
    heads = [f"{size} MB, {move} ms" for size in SIZES for move in COMPUTE_MS]
    print("| link | " + " | ".join(heads) + " |\n" + "| --- " * (1 + len(heads)) + "|")
    for link, (bandwidth, latency) in LINKS.items():
        shares = []
        for size in SIZES:
            wait = 1000 * ring(size * 1e6, bandwidth, latency)
            shares += [f"{wait / (wait + move):.0%}" for move in COMPUTE_MS]
        print(f"| {link} | {' | '.join(shares)} |")
    print("\nComputed, MB of gradients from which the sum is a tenth of the whole move:\n")
    print("| link | " + " | ".join(f"move of {move} ms" for move in COMPUTE_MS) + " |")
    print("| --- " * (1 + len(COMPUTE_MS)) + "|")
    for link, (bandwidth, latency) in LINKS.items():
        sizes = [
            (move / 9000 - ring(0, bandwidth, latency)) * bandwidth / 1e6 for move in COMPUTE_MS
        ]
        print(f"| {link} | {' | '.join(f'{size:,.1f}' for size in sizes)} |")


if __name__ == "__main__":
    main()
