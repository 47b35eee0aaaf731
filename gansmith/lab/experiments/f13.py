from __future__ import annotations

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above
from gansmith.lab.tools import sampled, trainer_on
from gansmith.metrics import load_judge, stack, stacked_modes
from gansmith.metrics.pictures import to_bytes

PRESETS = ("nsgan", "minibatch", "wgan-gp")


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    """Combinations of three digits that a judge of single ones sees."""
    data, judge = open_data("digits"), load_judge("digits")
    made = stack(data.held["real"], count, Rng(seed, 2))
    if arm != "real":
        learnt = stack(data.train["real"], 20_000, Rng(seed, 1))
        trainer = trainer_on(learnt, arm, seed, steps)
        trainer.fit()
        with trainer.averages.playing(trainer.game) as game:
            made = to_bytes(sampled(game, count, Rng(seed, 3)))
    report = stacked_modes(made, judge)
    return {"modes": report.found, "kl": report.kl}


def check(arms: Arms) -> list[Check]:
    plain = arms.mean("nsgan", "modes")
    best = max(arms.mean(arm, "modes") for arm in PRESETS[1:])
    return [
        above("combinations in real stacks", arms.mean("real", "modes"), 990.0),
        above("the better of minibatch and wgan-gp over nsgan", best / plain, 1.2),
    ]


EXPERIMENT = Experiment(
    id="F13",
    title="Stacked pictures count modes",
    says="Three digits as the channels of one picture are a thousand modes. What a plain GAN "
    "drops of them, a D that sees the batch or a Wasserstein critic keeps.",
    paper="arXiv:1611.02163; arXiv:1705.07761",
    metric="combinations that the judge sees in 26,000 samples, of 1,000",
    criterion="990 in real stacks; 1.2 times the plain game's by one of the two",
    arms=(*PRESETS, "real"),
    run=run,
    check=check,
    control={"minibatch": "nsgan", "wgan-gp": "nsgan"},
    fails="the plain game itself",
    quick=Form(1, {"steps": 800, "count": 26_000}),
    full=Form(3, {"steps": 8000, "count": 26_000}),
)
