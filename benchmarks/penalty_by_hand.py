"""The gradient penalty by hand against autograd, in turn, in one process.

Critic C-64-128-256-1, 4x4 kernels, stride 2, no norm; pictures 32x32. Each round times both ways,
in changing order; the ratio is the median over rounds of autograd's time over the other's.

    python benchmarks/penalty_by_hand.py --rounds 8 --batch 64
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn

from gansmith.penalties import InterpolatedGP, Penalty
from gansmith.penalties.analytic import analytic_gradient_norm


class Critic(nn.Module):
    """The plain strided critic, (B, channels, 32, 32) -> (B,)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = [channels, 64, 128, 256]
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y.flatten()


def seconds(run: Callable[[Penalty], None], penalty: Penalty) -> float:
    start = perf_counter()
    run(penalty)
    return perf_counter() - start


def compare(run: Callable[[Penalty], None], rounds: int) -> tuple[float, float, float]:
    """Median milliseconds by autograd and by hand, and the median ratio."""
    ways = (InterpolatedGP(10.0), InterpolatedGP(10.0, gradient_norm=analytic_gradient_norm))
    for way in ways:
        run(way)
    times: list[tuple[float, float]] = []
    for index in range(rounds):
        if index % 2:
            by_hand = seconds(run, ways[1])
            times.append((seconds(run, ways[0]), by_hand))
        else:
            times.append((seconds(run, ways[0]), seconds(run, ways[1])))
    general, hand = (1000 * median(column) for column in zip(*times, strict=True))
    return general, hand, median(a / b for a, b in times)


def work(batch: int, channels: int, layout: torch.memory_format) -> dict[str, Callable[..., None]]:
    """What is timed: the penalty alone, and a critic's whole move with it."""
    critic = Critic(channels)
    for parameter in critic.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=layout)
    real, fake = (
        (2 * torch.rand(batch, channels, 32, 32) - 1).contiguous(memory_format=layout)
        for _ in range(2)
    )
    mix = torch.rand(batch, 1)
    optimiser = torch.optim.Adam(critic.parameters(), 1e-4, betas=(0.0, 0.9), fused=True)

    def penalty_alone(penalty: Penalty) -> None:
        optimiser.zero_grad()
        penalty(critic, real, fake, mix).backward()

    def whole_move(penalty: Penalty) -> None:
        optimiser.zero_grad()
        score = critic(fake).mean() - critic(real).mean()
        (score + penalty(critic, real, fake, mix)).backward()
        optimiser.step()

    return {"penalty": penalty_alone, "critic move": whole_move}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=8)
    options.add_argument("--batch", type=int, default=64)
    options.add_argument("--channels", type=int, default=3)
    chosen = options.parse_args()
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, batch {chosen.batch}")
    print(f"{'layout':15}{'what':15}{'autograd ms':>12}{'by hand ms':>12}{'x':>7}")
    layouts = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
    for layout, memory_format in layouts.items():
        for what, run in work(chosen.batch, chosen.channels, memory_format).items():
            general, hand, ratio = compare(run, chosen.rounds)
            print(f"{layout:15}{what:15}{general:12.1f}{hand:12.1f}{ratio:7.2f}")


if __name__ == "__main__":
    main()
