from __future__ import annotations

import time

import torch

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.games.ebm import Energy
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above
from gansmith.lab.tools import trainer_of
from gansmith.networks import MLPGenerator


def run(arm: str, seed: int, steps: int, learnt: int, count: int) -> Numbers:
    """D's score of what G makes, and of what climbing D finds from noise; time of both."""
    trainer = trainer_of("energy", "ring", seed, steps, noise=None)
    trainer.fit()
    game = trainer.game.eval()
    assert isinstance(game, Energy)
    G = MLPGenerator(Latent(2), 2, 128, 3)
    optim = torch.optim.Adam(G.parameters(), lr=1e-3)
    for _ in range(learnt if arm == "generator" else 0):
        loss = -game.D(G(torch.randn(256, 2))).mean()
        optim.zero_grad()
        loss.backward()
        optim.step()
    z, noise = torch.randn(count, 2), game.replay.fresh(count, Rng(seed, 1))
    with torch.no_grad():
        began = time.process_time()
        made = G(z)
        fast = time.process_time() - began
    began = time.process_time()
    found = game.sample(count, Rng(seed, 1))
    slow = time.process_time() - began
    with torch.no_grad():
        low, own, high = (float(game.D(x).mean()) for x in (noise, made, found))
    return {"share": (own - low) / (high - low), "slower": slow / fast}


def check(arms: Arms) -> list[Check]:
    return [
        above("G's score over noise, of the argmax's", arms.mean("generator", "share"), 0.9),
        above("time of the climb over G's", arms.mean("generator", "slower"), 50.0),
    ]


EXPERIMENT = Experiment(
    id="L7",
    title="A generator stands in for the argmax",
    says="Where a D alone must climb for each sample, G gives one in a single pass that D scores "
    "about as high.",
    paper="arXiv:1609.03126; lecture",
    metric="D's score over that of noise, as a share of the climb's; processor time",
    criterion="90 % of the climb's score in a fiftieth of the time",
    arms=("generator", "untrained"),
    run=run,
    check=check,
    control={"generator": "untrained"},
    fails="a G that is not trained",
    quick=Form(1, {"steps": 4000, "learnt": 500, "count": 2000}),
    full=Form(3, {"steps": 12_000, "learnt": 3000, "count": 2000}),
    departs="D is learnt alone on the ring. A GAN's own D cannot be climbed: from noise one finds "
    "what it has never seen and scores far above the data",
)
