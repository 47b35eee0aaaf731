from __future__ import annotations

import time

import torch

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.games.ebm import EBM
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.lab.tools import preset_trainer
from gansmith.networks import MLPGenerator


def run(arm: str, seed: int, steps: int, g_steps: int, count: int) -> Numbers:
    """D's score of G's samples and of gradient ascent on D from noise; the time of both."""
    trainer = preset_trainer("ebm", "ring", seed, steps, noise=None)
    trainer.fit()
    game = trainer.game.eval()
    assert isinstance(game, EBM)
    G = MLPGenerator(Latent(2), 2, 128, 3)
    optim = torch.optim.Adam(G.parameters(), lr=1e-3)
    for _ in range(g_steps if arm == "generator" else 0):
        loss = -game.D(G(torch.randn(256, 2))).mean()
        optim.zero_grad()
        loss.backward()
        optim.step()
    z, noise = torch.randn(count, 2), game.replay.initial(count, Rng(seed, 1))
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
    title="A generator replaces the argmax",
    claim="Where D alone needs gradient ascent for each sample, G gives one in a single pass that "
    "D scores about as high.",
    paper="arXiv:1609.03126; lecture",
    metric="D's score over that of noise, as a share of the score after gradient ascent; CPU time",
    criterion="90 % of the score of gradient ascent in a fiftieth of the time",
    arms=("generator", "untrained"),
    run=run,
    check=check,
    control={"generator": "untrained"},
    control_description="an untrained G",
    quick=Budget(3, {"steps": 4000, "g_steps": 500, "count": 2000}),
    full=Budget(3, {"steps": 12_000, "g_steps": 3000, "count": 2000}),
    departures="D is trained alone on the ring. On a GAN's own D gradient ascent fails: from "
    "noise it finds points that D was never trained on and scores far above the data",
)
