from __future__ import annotations

import time

import torch

from gansmith.data import open_data
from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import trainer_of
from gansmith.rng import Rng
from gansmith.walks import Ascent


def run(arm: str, seed: int, steps: int, climb: int, count: int) -> Numbers:
    """D's score of what G makes, and of what climbing D finds from noise; time of both."""
    trainer = trainer_of("nsgan", "fashion", seed, steps, width=16)
    trainer.fit()
    game = trainer.game
    assert isinstance(game, GAN)
    G, D = trainer.players["G"].eval(), trainer.players["D"].eval()
    noise = 2 * Rng(seed, 1).uniform(count, 1, 28, 28) - 1
    real = open_data("fashion").held["real"][:count].float() / 127.5 - 1
    z = game.latent.sample(count, Rng(seed, 2))
    untrained = trainer_of("nsgan", "fashion", seed + 1, 1, width=16).players["G"].eval()
    walk = Ascent(40.0, 1.0)
    with torch.no_grad():
        began = time.process_time()
        made = (G if arm == "generator" else untrained)(z)
        fast = time.process_time() - began
        began = time.process_time()
        found = walk(D, noise, walk.draw(noise, climb, Rng(seed, 3)))
        slow = time.process_time() - began
        low, own, high, true = (float(D(x).mean()) for x in (noise, made, found, real))
    return {
        "share": (own - low) / (high - low),
        "of real": (own - low) / (true - low),
        "faster": slow / fast,
    }


def check(arms: Arms) -> list[Check]:
    return [
        above("G's score from noise, over the argmax's", arms.mean("generator", "share"), 0.9),
        above("time of the climb over G's", arms.mean("generator", "faster"), 50.0),
        below("score of a G that is not trained", arms.mean("untrained", "share"), 0.5),
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
    quick=Form(1, {"steps": 800, "climb": 100, "count": 200}),
    full=Form(3, {"steps": 6000, "climb": 300, "count": 1000}),
)
