from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gansmith.data import open_data
from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below, near
from gansmith.lab.tools import evaluate_trainer, preset_trainer, single_axes
from gansmith.losses.objectives import OBJECTIVES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOGIT = -4.59512  # D = 0.01


def run(arm: str, seed: int, ahead: int, looked: int, steps: int, width: int) -> Numbers:
    trainer = preset_trainer("nsgan", "fashion", seed, steps, width=width, lr=2e-4)
    game = trainer.game
    assert isinstance(game, GAN)
    game.objective = OBJECTIVES[arm]
    logit = torch.tensor([LOGIT], dtype=torch.float64, requires_grad=True)
    game.objective.g(None, logit).backward()
    exact = float(logit.grad) if logit.grad is not None else 0.0
    judge = game.phases()[0]
    for _ in range(ahead):
        trainer.move(judge, trainer.draw(judge))
    norms = []
    for step in range(steps):
        trainer.train_step()
        if step < looked:
            grads = [p.grad.norm() for p in trainer.parameters["G"] if p.grad is not None]
            norms.append(float(torch.stack(grads).norm()))
    found = evaluate_trainer(trainer, open_data("fashion"), 2000)
    mean = sum(norms) / len(norms)
    return {"exact": abs(exact), "gradient": mean, "norms": norms, "cfid": found["cfid"]}


def check(arms: Arms) -> list[Check]:
    exact = arms.mean("non-saturating", "exact") / arms.mean("minimax", "exact")
    slope = arms.mean("non-saturating", "gradient") / arms.mean("minimax", "gradient")
    end = arms.mean("minimax", "cfid") / arms.mean("non-saturating", "cfid")
    return [
        near("ratio of the gradients at D = 0.01", exact, 99.0, 1e-3),
        above("ratio of G's gradients behind a trained D", slope, 5.0),
        above("final cFID, minimax over non-saturating", end, 0.5),
        below("final cFID, minimax over non-saturating", end, 2.0),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    for arm in ("minimax", "non-saturating"):
        axes.semilogy(arms.first(arm, "norms"), label=arm, lw=1)
    axes.set_xlabel("moves of G, after D was trained alone")
    axes.set_ylabel("norm of G's gradient")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="T5",
    title="Minimax starts slowly, non-saturating does not",
    claim="When D is sure, log(1 - D) is flat and -log D is steep; in the end both give pictures "
    "of about the same quality.",
    paper="arXiv:1406.2661, section 3; arXiv:1710.08446",
    metric="gradient with respect to the logit at D = 0.01; G's gradient after D was trained "
    "alone; final cFID",
    criterion="ratio 99 exactly; G's gradient over 5 times larger; ratio of cFID in [0.5, 2]",
    arms=("minimax", "non-saturating"),
    run=run,
    check=check,
    control={"minimax": "non-saturating"},
    control_description="the non-saturating game in place of both",
    quick=Budget(3, {"ahead": 200, "looked": 100, "steps": 600, "width": 16}),
    full=Budget(3, {"ahead": 200, "looked": 100, "steps": 4000, "width": 32}),
    plot=plot,
)
