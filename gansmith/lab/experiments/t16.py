from __future__ import annotations

from itertools import combinations, product

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.lab.tools import preset_trainer_on_images, sample_on_cpu

WIDTHS = (32, 16, 64)  # the first is also the GAN's
SIDE = 8
GAN = f"wgan-gp, {WIDTHS[0]}"


def square_pairs() -> Tensor:
    """All halves (N, 8, 4) of two squares of four pixels that do not overlap."""
    places = list(product(range(SIDE - 1), range(SIDE // 2 - 1)))
    found = []
    for one, other in combinations(places, 2):
        half = torch.zeros(SIDE, SIDE // 2)
        for row, column in (one, other):
            half[row : row + 2, column : column + 2] += 1
        if half.max() == 1:
            found.append(half)
    return torch.stack(found)


def mirror(half: Tensor) -> Tensor:
    """The right half mirrors the left, twice as large: (N, 8, 4) -> (N, 1, 16, 16) uint8."""
    whole = torch.cat([half, half.flip(2)], 2)[:, None].mul(255).to(torch.uint8)
    return whole.repeat_interleave(2, 2).repeat_interleave(2, 3)


def valid_share(x: Tensor) -> float:
    """The share of pictures (N, 1, 16, 16) in [-1, 1] that, in black and white, are such glyphs."""
    known = {tuple(half.flatten().tolist()) for half in square_pairs()}
    ink = (x[:, 0] > 0).float()
    mirrors = (ink == ink.flip(2)).flatten(1).all(1)
    ink = ink[:, ::2, ::2]
    whole = [tuple(half.flatten().tolist()) in known for half in ink[:, :, : SIDE // 2]]
    return float((mirrors & torch.tensor(whole)).double().mean())


def run(arm: str, seed: int, steps: int) -> Numbers:
    preset, width = arm.split(", ")
    halves = square_pairs()
    train = mirror(halves[Rng(seed, 9).integers(len(halves), 8000)])
    trainer = preset_trainer_on_images(train, preset, seed, steps, width=int(width))
    trainer.fit()
    with trainer.ema.applied(trainer.game) as game:
        return {"kept": valid_share(sample_on_cpu(game, 2000, Rng(seed, 1)))}


def check(arms: Arms) -> list[Check]:
    gan = arms.mean(GAN, "kept")
    copies = [arms.mean(f"autoencoder, {width}", "kept") for width in WIDTHS]
    return [
        above("share that keeps the rule, GAN", gan, 0.05),
        above("over the decoder of the same width", gan / max(copies[0], 1e-9), 2.0),
        above("over the best decoder", gan / max(*copies, 1e-9), 1.0),
    ]


EXPERIMENT = Experiment(
    id="T16",
    title="D sees the parts of a picture together",
    claim="Two squares and their mirror images cannot be judged pixel by pixel: a squared error "
    "does not test whether a picture is consistent, D does.",
    paper="arXiv:1406.2661; structured output, lecture",
    metric="share of samples that are two squares and their mirror images, in every pixel",
    criterion="GAN twice the decoder of an auto-encoder of the same width, and above wider ones",
    arms=(GAN, *(f"autoencoder, {width}" for width in WIDTHS)),
    run=run,
    check=check,
    control={GAN: f"autoencoder, {WIDTHS[0]}"},
    control_description="the decoder in place of the GAN",
    quick=Budget(3, {"steps": 3000}),
    full=Budget(3, {"steps": 8000}),
)
