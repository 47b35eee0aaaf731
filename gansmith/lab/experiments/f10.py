from __future__ import annotations

import torch
from scipy.stats import mannwhitneyu
from torch import Tensor, nn

from gansmith.data import open_data
from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.ring import looks, settled, summary
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic
from gansmith.networks.minibatch_discrimination import minibatch_head

BATCH = 64


def critic(arm: str) -> nn.Module:
    return MLPCritic(2, 64, 2, head=minibatch_head(16, 5)) if arm == "on" else MLPCritic(2, 64, 2)


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    G, _ = settled(seed)
    game = GAN(G, critic(arm), objective=OBJECTIVES["non-saturating"])
    seen = summary(looks(game, seed, steps, count, data="grid", rates={"D": 1e-3}))
    return {**seen, "area": told(critic(arm), steps // 4)}


def told(D: nn.Module, steps: int) -> float:
    """How well D, once trained, tells batches of one point over and over from real batches."""
    real = open_data("grid").train["real"]
    optim = torch.optim.Adam(D.parameters(), lr=1e-3)
    for _ in range(steps):
        x, y = drawn(real), repeated(real)
        loss = OBJECTIVES["non-saturating"].d(D(x), D(y))
        optim.zero_grad()
        loss.backward()
        optim.step()
    with torch.no_grad():
        scores = [[float(D(batch(real)).mean()) for _ in range(200)] for batch in (drawn, repeated)]
    return float(mannwhitneyu(*scores).statistic) / 200**2


def drawn(real: Tensor) -> Tensor:
    """A batch of different points."""
    return real[torch.randint(len(real), (BATCH,))]


def repeated(real: Tensor) -> Tensor:
    """A batch of one of them: each point alone is as likely as in the other."""
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
    title="A D that sees the batch sees a collapse",
    says="Each of many equal samples may be perfect alone: only a D that compares the samples of a "
    "batch can tell, and G keeps more modes for it.",
    paper="arXiv:1606.03498, section 3.2",
    metric="D on batches of one point over and over against real ones; modes of the grid of 25",
    criterion="area at least 0.95 with, even odds without; one mode more with than without",
    arms=("on", "off"),
    run=run,
    check=check,
    control={"on": "off"},
    fails="a plain D",
    quick=Form(2, {"steps": 4000, "count": 8}),
    full=Form(10, {"steps": 15_000, "count": 30}),
)
