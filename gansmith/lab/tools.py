"""What several experiments share: fitting a D alone, playing a preset, numbers of what it made."""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Normal

from gansmith.api import plan
from gansmith.core.recipe import Recipe
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import Dataset, open_source
from gansmith.evaluation.evaluate import measure
from gansmith.losses.objectives import Objective
from gansmith.modalities.sheets import png, tile, to_uint8
from gansmith.penalties import Absent, Penalty
from gansmith.presets import PRESETS
from gansmith.sampling.prompts import made

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Sampler = Callable[[int], Tensor]  # n -> (n, d), fresh at every call
NONE = Absent()


def fit_critic(
    D: nn.Module,
    objective: Objective,
    real: Sampler,
    fake: Sampler,
    *,
    steps: int,
    lr: float = 1e-3,
    batch: int = 512,
    penalty: Penalty = NONE,
    after: Callable[[nn.Module], None] | None = None,
    falling: bool = True,
    seed: int = 0,
) -> nn.Module:
    """Train D alone on fresh samples; the rate falls to a hundredth. after: called after a move."""
    optim = torch.optim.Adam(D.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optim, 0.01 ** (1 / steps) if falling else 1)
    for step in range(steps):
        x, y = real(batch), fake(batch)
        loss = objective.d(D(x), D(y)) + penalty(D, x, y, penalty.draw(x, Rng(seed, step)))
        optim.zero_grad()
        loss.backward()
        optim.step()
        schedule.step()
        if after is not None:
            after(D)
    return D.requires_grad_(False)


def normal(mean: float = 0.0, std: float = 1.0, dim: int = 1) -> Sampler:
    """Samples of a Gaussian whose first coordinate has this mean."""
    shift = torch.zeros(dim)
    shift[0] = mean
    return lambda n: torch.randn(n, dim) * std + shift


def gaussian(mean: float, std: float = 1.0) -> Normal:
    """N(mean, std^2) in double precision, for closed forms."""
    return Normal(torch.tensor(mean, dtype=torch.float64), torch.tensor(std, dtype=torch.float64))


def trainer_of(
    preset: str, data: str, seed: int, steps: int, *, first: int | None = None, **keywords: Any
) -> Trainer:
    """A trainer of a preset, whose run folder is thrown away. first: examples that are learnt."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        run = plan(preset, data=data, seed=seed, steps=steps, out=out, **keywords)
        if first is not None:
            train = {name: value[:first] for name, value in run.dataset.train.items()}
            run.dataset = replace(run.dataset, train=train)
        return run.trainer(run.recipe())


def trainer_on(pictures: Tensor, preset: str, seed: int, steps: int, **keywords: Any) -> Trainer:
    """The same on pictures (N, C, H, W) uint8 that an experiment has made."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pictures.npz"
        np.savez(path, images=pictures.permute(0, 2, 3, 1).numpy())
        return trainer_of(preset, str(path), seed, steps, **keywords)


def trainer_for(dataset: Dataset, preset: str, seed: int, steps: int, **keywords: Any) -> Trainer:
    """A trainer of a preset on a data set that an experiment has made."""
    chosen = PRESETS[preset]
    torch.manual_seed(seed)
    return trainer_with(
        dataset, chosen.build(dataset.spec, **chosen.keywords(keywords)), seed, steps
    )


def trainer_with(dataset: Dataset, recipe: Recipe, seed: int, steps: int) -> Trainer:
    """A trainer of a recipe that an experiment has put together."""
    return Trainer(
        recipe.game,
        open_source(dataset, recipe.batch, seed),
        optim=recipe.optim,
        steps=steps,
        schedule=recipe.schedule,
        average=recipe.average,
        channels_last=recipe.channels_last,
        seed=seed,
    )


def answers_of(trainer: Trainer, dataset: Dataset, n: int, seed: int = 1) -> Tensor:
    """What the averaged players answer to the first n held-out conditions, in [-1, 1]."""
    with trainer.averages.playing(trainer.game) as game, torch.no_grad():
        return made(game, dataset, n, Rng(seed))


def kept(pictures: Tensor, columns: int = 8) -> str:
    """Pictures, uint8 or in [-1, 1], as a sheet that fits into a file of numbers."""
    sheet = pictures if pictures.dtype == torch.uint8 else to_uint8(pictures)
    return base64.b64encode(png(tile(sheet, columns))).decode()


def sheets(named: dict[str, str], across: int = 2) -> Figure:
    """Kept sheets beside and below each other, under their names."""
    from PIL import Image

    down = -(-len(named) // across)
    figure = figure_of(4.2 * across, 2.4 * down)
    for place, (name, sheet) in enumerate(named.items()):
        axes = figure.add_subplot(down, across, place + 1)
        axes.imshow(np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet)))))
        axes.set_title(name, fontsize=9)
        axes.axis("off")
    return figure


def auc(high: Tensor, low: Tensor) -> float:
    """How often a score of the first kind is above one of the second; ties count half."""
    above = (high[:, None] > low[None]).double() + 0.5 * (high[:, None] == low[None]).double()
    return float(above.mean())


def numbers_of(trainer: Trainer, dataset: Dataset, n: int = 2500) -> dict[str, float]:
    """The numbers of `evaluate` of the averaged players."""
    with trainer.averages.playing(trainer.game) as game:
        return {key: number.value for key, number in measure(game, dataset, n).items()}


@torch.no_grad()
def sampled(game: Any, n: int, rng: Rng) -> Tensor:
    """n samples of a game, on the CPU."""
    found: Tensor = game.sample(n, rng).cpu()
    return found


def panel(width: float = 5.0, height: float = 3.2) -> tuple[Figure, Any]:
    """A figure with one set of axes."""
    figure = figure_of(width, height)
    return figure, figure.add_subplot()


def figure_of(width: float, height: float) -> Figure:
    """A figure, in inches, that no window knows of."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
