"""pix2pix's step against a plain rewrite of the published one, and large pictures in tiles.

    python benchmarks/pix2pix_speed.py step --rounds 12
    python benchmarks/pix2pix_speed.py step --size 128 --width 64 --patch 70 --batch 1
    python benchmarks/pix2pix_speed.py memory

step: both play the same nets, from one seed, on the same batches of random pairs. "plain" is the
recipe as published: D on a detached answer, halved, then G, with D frozen, on the adversarial and
the absolute loss; default layout, Adam as it comes, no running average. "trainer" is what the
preset plays, the average of G included.
memory: the largest resident size of a process that answers one picture of a side, in tiles and, up
to 2048 pixels, at once; less that of a process which only loads the net.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from alternate import alternate, table
from torch import Tensor

from gansmith.core.images import to_float, to_uint8
from gansmith.core.recipe import Recipe
from gansmith.core.trainer import Trainer
from gansmith.data import Condition, DataSpec
from gansmith.data.source import Source
from gansmith.presets.paired import pix2pix
from gansmith.sampling.tiling import tiled

COUNT = 256  # pairs in memory
SIDES = (512, 1024, 2048, 4096)
LARGEST_AT_ONCE = 2048
WARMUP = 20  # steps before any are timed
CALLS = 5  # steps in a row: the other arm's nets leave the cache


def recipe(options: argparse.Namespace) -> Recipe:
    """The preset's players and constants, from one seed."""
    condition = Condition("image", channels=3, height=options.size, width=options.size)
    spec = DataSpec("image", "toy", size=options.size, channels=3, condition=condition)
    torch.manual_seed(0)
    return pix2pix(spec, width=options.width, patch_size=options.patch, batch=options.batch)


def pairs(options: argparse.Namespace) -> Source:
    torch.manual_seed(1)
    shape = (COUNT, 3, options.size, options.size)
    fields = {
        name: torch.randint(0, 256, shape, dtype=torch.uint8) for name in ("real", "condition")
    }
    return Source(fields, options.batch, 0)


def plain_step(made: Recipe, source: Source) -> Callable[[], object]:
    """The published step, on logits, of a recipe's players."""
    players: dict[str, Any] = dict(made.game.named_children())
    G, D = players["G"], players["D"]
    opt_g, opt_d = (torch.optim.Adam(player.parameters(), 5e-4, (0.5, 0.999)) for player in (G, D))
    count = iter(range(10**9))
    bce = F.binary_cross_entropy_with_logits

    def scaled(values: Tensor) -> Tensor:
        return values.float().div_(127.5).sub_(1)

    def step() -> None:
        batch = source.at(next(count))
        real, given = scaled(batch["real"]), scaled(batch["condition"])
        fake = G(2 * torch.rand(len(real), G.latent.dim) - 1, given)
        D.requires_grad_(True)
        opt_d.zero_grad()
        real_logits, fake_logits = D(real, given), D(fake.detach(), given)
        ones, zeros = torch.ones_like(real_logits), torch.zeros_like(fake_logits)
        (0.5 * (bce(real_logits, ones) + bce(fake_logits, zeros))).backward()
        opt_d.step()
        D.requires_grad_(False)
        opt_g.zero_grad()
        (bce(D(fake, given), ones) + 100 * F.l1_loss(fake, real)).backward()
        opt_g.step()

    return step


def library_step(options: argparse.Namespace) -> Callable[[], object]:
    """The trainer's step of the same."""
    made = recipe(options)
    return Trainer(
        made.game,
        pairs(options),
        optim=made.optim,
        ema=made.ema,
        channels_last=made.channels_last,
    ).play


def measure_alone(how: str, options: argparse.Namespace) -> None:
    """Answer one picture and print the largest resident size in MB."""
    G = dict(recipe(options).game.named_children())["G"].eval().requires_grad_(False)
    z = torch.ones(1, G.latent.dim)

    def net(part: Tensor) -> Tensor:
        return to_uint8(G(z, to_float(part)))

    if how != "loaded":
        x = torch.randint(0, 256, (1, 3, options.side, options.side), dtype=torch.uint8)
        made = tiled(net, x, G.reach) if how == "tiles" else net(x)
        assert made.shape == x.shape
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def memory(rounds: int) -> None:
    """A table of what an answer takes."""

    def resident(how: str, side: int) -> float:
        words = [sys.executable, __file__, "memory", "--alone", how, "--side", str(side)]
        return median(
            float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
            for _ in range(rounds)
        )

    base = resident("loaded", 0)
    print(f"\nthe net alone: {base:.0f} MB\n")
    print(
        "| side | picture and answer, MB | in tiles, MB | at once, MB |\n| --- | --- | --- | --- |"
    )
    for side in SIDES:
        tiles = f"{resident('tiles', side) - base:.0f}"
        whole = f"{resident('whole', side) - base:.0f}" if side <= LARGEST_AT_ONCE else ""
        print(f"| {side} | {2 * 3 * side**2 / 2**20:.0f} | {tiles} | {whole} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["step", "memory"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--patch", type=int, default=16)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--alone", help="loaded, tiles or whole: print the memory of this alone")
    parser.add_argument("--side", type=int, default=0)
    options = parser.parse_args()
    if options.alone:
        measure_alone(options.alone, options)
        return
    if options.kind == "memory":
        memory(options.rounds)
        return
    print(
        f"{options.size}x{options.size}, width {options.width}, patches of {options.patch}, batch "
        f"{options.batch}, {torch.get_num_threads()} threads\n"
    )
    arms = {"plain": plain_step(recipe(options), pairs(options)), "trainer": library_step(options)}
    for step in arms.values():
        for _ in range(WARMUP):
            step()
    print(table(alternate(arms, options.rounds, CALLS), "plain"))


if __name__ == "__main__":
    main()
