"""Attempts to pass the eager step: each against the trainer's own step, in turn, in one process.

    python benchmarks/past_eager.py [--rounds 8] [--channels 3]

The players are those of step_speed.py: C-64-128-256-1 at 32x32, batch 64. Every arm plays the same
game with one thing changed; `same maths` are those whose losses agree with the trainer's to
rounding. Compiling is timed apart: its first step is printed in seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F
from alternate import alternate, table
from step_speed import BATCH, SIZE, Step, pair, pictures
from torch import Tensor, nn

from gansmith.core.game import Batch, Losses
from gansmith.core.recipe import adam
from gansmith.core.trainer import Trainer
from gansmith.games.gan import GAN
from gansmith.games.shared_fakes import SharedFakesGAN
from gansmith.losses.objectives import OBJECTIVES


class OnePass(GAN):
    """D sees real and fake in one pass: the same maths where D has no batch norm."""

    def d_terms(self, x: Batch, fake: Tensor) -> Losses:
        real, fake = self.D(torch.cat((x.real, fake))).chunk(2)
        return dict(adv=self.objective.d(real, fake))


class Project(nn.Linear):
    """The first transposed convolution, of one pixel, as the product that it is."""

    def __init__(self, conv: nn.ConvTranspose2d) -> None:
        codes, channels, side, _ = conv.weight.shape
        super().__init__(codes, channels * side * side, bias=False)
        self.shape = (side, side, channels)
        with torch.no_grad():
            self.weight.copy_(conv.weight.permute(2, 3, 1, 0).reshape(-1, codes))

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z.flatten(1)).unflatten(1, self.shape).permute(0, 3, 1, 2)


class FoldedBatchNorm(nn.Module):
    """The last transposed convolution as a product and a sum of overlapping patches."""

    def __init__(self, conv: nn.ConvTranspose2d) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        patches = x.permute(0, 2, 3, 1).reshape(-1, c) @ self.weight.reshape(c, -1)
        columns = patches.view(b, h * w, -1).transpose(1, 2)
        y = F.fold(columns, (2 * h, 2 * w), 4, padding=1, stride=2)
        return y if self.bias is None else y + self.bias[:, None, None]


def out_of_place(G: nn.Module, D: nn.Module) -> None:
    for part in (*G.modules(), *D.modules()):
        if isinstance(part, (nn.ReLU, nn.LeakyReLU)):
            part.inplace = False


def replace_projection(G: Any, D: nn.Module) -> None:
    G.layers[0] = Project(G.layers[0])


def fold_batch_norm(G: Any, D: nn.Module) -> None:
    G.layers[-2] = FoldedBatchNorm(G.layers[-2])


def unchanged(G: nn.Module, D: nn.Module) -> None:
    """Nothing is changed."""


def step(
    channels: int,
    kind: type[GAN] = GAN,
    change: Callable[[Any, Any], None] = unchanged,
    norm: Callable[[int], nn.Module] | None = nn.BatchNorm2d,
    **options: Any,
) -> Step:
    """The trainer's step with one thing changed."""
    G, D = pair(channels, norm)
    change(G, D)
    optim = adam(2e-4, 0.5)
    chosen = dict(channels_last=True, ema=0.999) | options
    return Trainer(
        kind(G, D, objective=OBJECTIVES["non-saturating"]),  # type: ignore[arg-type]
        pictures(channels),
        optim={"G": optim, "D": optim},
        **chosen,
    ).play


def attempts(channels: int) -> dict[str, Step]:
    return {
        "trainer": step(channels),
        "rectifiers not in place": step(channels, change=out_of_place),
        "channels first": step(channels, channels_last=False),
        "first layer as a product": step(channels, change=replace_projection),
        "last layer folded": step(channels, change=fold_batch_norm),
        "one fake batch (not the same maths)": step(channels, SharedFakesGAN),
        "no norm in D": step(channels, norm=None),
        "no norm in D, real and fake in one pass": step(channels, OnePass, norm=None),
        "bfloat16": step(channels, precision="bfloat16"),
        "compiled": step(channels, compile=True),
        "compiled, channels first": step(channels, compile=True, channels_last=False),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--channels", type=int, default=3)
    options = parser.parse_args()
    arms = attempts(options.channels)
    for name, act in arms.items():
        if name.startswith("compiled"):
            began = perf_counter()
            act()
            print(f"{name}: first step {perf_counter() - began:.0f} s", flush=True)
    shape = f"{BATCH}x{options.channels}x{SIZE}x{SIZE}"
    print(f"{shape}, {torch.get_num_threads()} threads, {options.rounds} rounds\n")
    print(table(alternate(arms, options.rounds), "trainer"))


if __name__ == "__main__":
    main()
