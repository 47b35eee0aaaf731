"""Shared by experiments: training a D alone or a preset, measuring its samples, plots."""

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

from gansmith.core.images import png_bytes, to_uint8
from gansmith.core.recipe import Recipe
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import Dataset, open_source
from gansmith.evaluation.evaluate import measure
from gansmith.losses.objectives import Objective
from gansmith.penalties import NoPenalty, Penalty
from gansmith.presets import PRESETS
from gansmith.rendering.grid import make_grid
from gansmith.runs.plan import plan
from gansmith.sampling.generate import generate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Sampler = Callable[[int], Tensor]  # n -> (n, d), fresh at every call
NO_PENALTY = NoPenalty()


def fit_critic(
    D: nn.Module,
    objective: Objective,
    real: Sampler,
    fake: Sampler,
    *,
    steps: int,
    lr: float = 1e-3,
    batch: int = 512,
    penalty: Penalty = NO_PENALTY,
    after: Callable[[nn.Module], None] | None = None,
    decay: bool = True,
    seed: int = 0,
) -> nn.Module:
    """Train D alone on fresh samples; lr decays to a hundredth. after: called after each step."""
    optim = torch.optim.Adam(D.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optim, 0.01 ** (1 / steps) if decay else 1)
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


def normal_sampler(mean: float = 0.0, std: float = 1.0, dim: int = 1) -> Sampler:
    """Samples of a Gaussian whose first coordinate has this mean."""
    shift = torch.zeros(dim)
    shift[0] = mean
    return lambda n: torch.randn(n, dim) * std + shift


def normal_distribution(mean: float, std: float = 1.0) -> Normal:
    """N(mean, std^2) in double precision, for closed forms."""
    return Normal(torch.tensor(mean, dtype=torch.float64), torch.tensor(std, dtype=torch.float64))


def preset_trainer(
    preset: str, data: str, seed: int, steps: int, *, first: int | None = None, **keywords: Any
) -> Trainer:
    """A trainer of a preset on a data set by its name; no run folder is kept.

    first: how many training examples are used; all by default.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        run = plan(preset, data=data, seed=seed, steps=steps, out=out, **keywords)
        if first is not None:
            train = {name: value[:first] for name, value in run.dataset.train.items()}
            run.dataset = replace(run.dataset, train=train)
        return run.trainer(run.recipe())


def preset_trainer_on_images(
    pictures: Tensor, preset: str, seed: int, steps: int, **keywords: Any
) -> Trainer:
    """A trainer of a preset on pictures (N, C, H, W), uint8."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pictures.npz"
        np.savez(path, images=pictures.permute(0, 2, 3, 1).numpy())
        return preset_trainer(preset, str(path), seed, steps, **keywords)


def preset_trainer_on_dataset(
    dataset: Dataset, preset: str, seed: int, steps: int, **keywords: Any
) -> Trainer:
    """A trainer of a preset on a data set in memory."""
    chosen = PRESETS[preset]
    torch.manual_seed(seed)
    return recipe_trainer(
        dataset, chosen.build(dataset.spec, **chosen.keywords(keywords)), seed, steps
    )


def recipe_trainer(dataset: Dataset, recipe: Recipe, seed: int, steps: int) -> Trainer:
    """A trainer of a recipe on a data set in memory."""
    return Trainer(
        recipe.game,
        (recipe.source or open_source)(dataset, recipe.batch, seed),
        optim=recipe.optim,
        steps=steps,
        schedule=recipe.schedule,
        ema=recipe.ema,
        channels_last=recipe.channels_last,
        seed=seed,
    )


def conditional_samples(trainer: Trainer, dataset: Dataset, n: int, seed: int = 1) -> Tensor:
    """Samples of the averaged players, in [-1, 1], conditioned on the first n held-out examples."""
    with trainer.ema.applied(trainer.game) as game, torch.no_grad():
        return generate(game, dataset, n, Rng(seed))


def encode_sheet(pictures: Tensor, columns: int = 8) -> str:
    """A sheet of pictures, uint8 or in [-1, 1], as base64 text of a PNG."""
    sheet = pictures if pictures.dtype == torch.uint8 else to_uint8(pictures)
    return base64.b64encode(png_bytes(make_grid(sheet, columns))).decode()


def sheets_figure(named: dict[str, str], across: int = 2) -> Figure:
    """Encoded sheets in a grid, with their names as titles."""
    from PIL import Image

    down = -(-len(named) // across)
    figure = new_figure(4.2 * across, 2.4 * down)
    for place, (name, sheet) in enumerate(named.items()):
        axes = figure.add_subplot(down, across, place + 1)
        axes.imshow(np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet)))))
        axes.set_title(name, fontsize=9)
        axes.axis("off")
    return figure


def auc(high: Tensor, low: Tensor) -> float:
    """Area under the ROC curve of the scores `high` over `low`; ties count half."""
    above = (high[:, None] > low[None]).double() + 0.5 * (high[:, None] == low[None]).double()
    return float(above.mean())


def evaluate_trainer(trainer: Trainer, dataset: Dataset, n: int = 2500) -> dict[str, float]:
    """The numbers of `evaluate` for the averaged players, by key."""
    with trainer.ema.applied(trainer.game) as game:
        return {key: number.value for key, number in measure(game, dataset, n).items()}


@torch.no_grad()
def sample_on_cpu(game: Any, n: int, rng: Rng) -> Tensor:
    """n samples of a game, on the CPU."""
    found: Tensor = game.sample(n, rng).cpu()
    return found


def single_axes(width: float = 5.0, height: float = 3.2) -> tuple[Figure, Any]:
    """A figure with one set of axes."""
    figure = new_figure(width, height)
    return figure, figure.add_subplot()


def new_figure(width: float, height: float) -> Figure:
    """A figure of this size in inches, without a window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
