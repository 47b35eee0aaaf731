from __future__ import annotations

import torch
from torch import Tensor

from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above
from gansmith.lab.tools import sampled, trainer_on
from gansmith.rng import Rng

WIDTHS = (8, 16, 32)
SIDE = 8


def glyphs(n: int, seed: int) -> Tensor:
    """Pictures (n, 1, 8, 8) whose right half mirrors the left: four strokes at random places."""
    rng = Rng(seed, 9)
    half = torch.zeros(n, SIDE, SIDE // 2)
    rows, columns = (rng.integers(high, 4 * n).view(4, n) for high in (SIDE, SIDE // 2))
    down = rng.uniform(4, n) < 0.5
    place = torch.arange(n)
    for row, column, upright in zip(rows, columns, down, strict=True):
        for step in range(2):  # two pixels long
            r = (row + step * upright).clamp(max=SIDE - 1)
            c = (column + step * ~upright).clamp(max=SIDE // 2 - 1)
            half[place, r, c] = 1
    return torch.cat([half, half.flip(2)], 2)[:, None].mul(255).to(torch.uint8)


def kept(x: Tensor) -> float:
    """Share of pictures whose halves mirror each other but for two pixels, and that have ink."""
    ink = x[:, 0] > 0
    unlike = (ink != ink.flip(2)).flatten(1).sum(1) // 2
    count = ink.flatten(1).sum(1)
    return float(((unlike <= 2) & (count >= 4) & (count <= 32)).double().mean())


def run(arm: str, seed: int, steps: int) -> Numbers:
    preset, width = arm.split(", ")
    trainer = trainer_on(glyphs(8000, seed), preset, seed, steps, width=int(width))
    trainer.fit()
    with trainer.averages.playing(trainer.game) as game:
        return {"kept": kept(sampled(game, 2000, Rng(seed, 1)))}


def check(arms: Arms) -> list[Check]:
    gan = arms.mean(f"dcgan, {WIDTHS[0]}", "kept")
    copies = [arms.mean(f"autoencoder, {width}", "kept") for width in WIDTHS]
    return [
        above("share that keeps the rule, GAN", gan, 0.1),
        above("over the decoder of the same width", gan / max(copies[0], 1e-9), 2.0),
        above("over the best decoder", gan / max(*copies, 1e-9), 1.0),
    ]


EXPERIMENT = Experiment(
    id="T16",
    title="D sees the parts of a picture together",
    says="Whether two halves mirror each other is no matter of pixels one by one: a squared error "
    "does not ask for it, D does.",
    paper="arXiv:1406.2661; structured output, lecture",
    metric="share of samples of mirrored glyphs whose halves mirror each other but for 2 pixels",
    criterion="GAN twice the decoder of an auto-encoder of the same width, and over wider ones",
    arms=(f"dcgan, {WIDTHS[0]}", *(f"autoencoder, {width}" for width in WIDTHS)),
    run=run,
    check=check,
    control={f"dcgan, {WIDTHS[0]}": f"autoencoder, {WIDTHS[0]}"},
    fails="the decoder in the GAN's place",
    quick=Form(1, {"steps": 1500}),
    full=Form(3, {"steps": 8000}),
)
