from __future__ import annotations

import torch
from scipy.stats import mannwhitneyu
from torch import Tensor, nn

from gansmith.data import open_data
from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.ring import stable_players, summarize, train_and_measure
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic
from gansmith.networks.minibatch_discrimination import minibatch_head

BATCH = 64


def critic(arm: str) -> nn.Module:
    return MLPCritic(2, 64, 2, head=minibatch_head(16, 5)) if arm == "on" else MLPCritic(2, 64, 2)


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    G, _ = stable_players(seed)
    game = GAN(G, critic(arm), objective=OBJECTIVES["non-saturating"])
    measured = summarize(
        train_and_measure(game, seed, steps, count, data="grid", rates={"D": 1e-3})
    )
    return {**measured, "area": batch_detection_auc(critic(arm), steps // 4)}


def batch_detection_auc(D: nn.Module, steps: int) -> float:
    """AUC of a trained D on batches that repeat one point against real batches."""
    real = open_data("grid").train["real"]
    optim = torch.optim.Adam(D.parameters(), lr=1e-3)
    for _ in range(steps):
        x, y = random_batch(real), repeated_batch(real)
        loss = OBJECTIVES["non-saturating"].d(D(x), D(y))
        optim.zero_grad()
        loss.backward()
        optim.step()
    with torch.no_grad():
        scores = [
            [float(D(batch(real)).mean()) for _ in range(200)]
            for batch in (random_batch, repeated_batch)
        ]
    return float(mannwhitneyu(*scores).statistic) / 200**2


def random_batch(real: Tensor) -> Tensor:
    """A batch of different points."""
    return real[torch.randint(len(real), (BATCH,))]


def repeated_batch(real: Tensor) -> Tensor:
    """A batch that repeats one of them: each point by itself is as likely as in the other."""
    return real[torch.randint(len(real), (1,))].repeat(BATCH, 1)


def check(arms: Arms) -> list[Check]:
    return [
        above("area under the curve, with", arms.mean("on", "area"), 0.95),
        below("without, further from even odds by", abs(arms.mean("off", "area") - 0.5), 0.1),
        above(
            "modes of the grid, with less without",
            arms.mean("on", "modes") - arms.mean("off", "modes"),
            1.0,
        ),
    ]


EXPERIMENT = Experiment(
    id="F10",
    title="A D that sees the batch detects a collapse",
    claim="Each of many identical samples may be perfect by itself: only a D that compares the "
    "samples of a batch can tell, and G then keeps more modes.",
    paper="arXiv:1606.03498, section 3.2",
    metric="D on batches that repeat one point against real batches; modes of the grid of 25",
    criterion="AUC at least 0.95 with minibatch discrimination, 0.5 without; one mode more with "
    "than without",
    arms=("on", "off"),
    run=run,
    check=check,
    control={"on": "off"},
    control_description="a plain D",
    quick=Budget(3, {"steps": 4000, "count": 8}),
    full=Budget(10, {"steps": 15_000, "count": 30}),
)
