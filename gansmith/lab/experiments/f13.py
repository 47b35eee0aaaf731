from __future__ import annotations

from gansmith.core.images import to_uint8
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.lab.tools import preset_trainer_on_images, sample_on_cpu
from gansmith.metrics import load_judge, stack_channels, stacked_modes

PRESETS = ("nsgan", "minibatch-discrimination", "wgan-gp")


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    """Combinations of three digits, as a judge of single digits recognizes them."""
    data, judge = open_data("digits"), load_judge("digits")
    samples = stack_channels(data.held_out["real"], count, Rng(seed, 2))
    if arm != "real":
        train = stack_channels(data.train["real"], 20_000, Rng(seed, 1))
        trainer = preset_trainer_on_images(train, arm, seed, steps)
        trainer.fit()
        with trainer.ema.applied(trainer.game) as game:
            samples = to_uint8(sample_on_cpu(game, count, Rng(seed, 3)))
    report = stacked_modes(samples, judge)
    return {"modes": report.found, "kl": report.kl}


def check(arms: Arms) -> list[Check]:
    plain = arms.mean("nsgan", "modes")
    best = max(arms.mean(arm, "modes") for arm in PRESETS[1:])
    return [
        above("combinations in real stacks", arms.mean("real", "modes"), 990.0),
        above("the better of minibatch discrimination and wgan-gp over nsgan", best / plain, 1.2),
    ]


EXPERIMENT = Experiment(
    id="F13",
    title="Stacked pictures count modes",
    claim="Three digits as the channels of one picture give a thousand modes. Those that a plain "
    "GAN drops are kept by a D that sees the batch or by a Wasserstein critic.",
    paper="arXiv:1611.02163; arXiv:1705.07761",
    metric="combinations that the judge recognizes in 26,000 samples, of 1,000",
    criterion="990 in real stacks; 1.2 times the plain GAN's by one of the two",
    arms=(*PRESETS, "real"),
    run=run,
    check=check,
    control={"minibatch-discrimination": "nsgan", "wgan-gp": "nsgan"},
    control_description="the plain GAN itself",
    quick=Budget(3, {"steps": 800, "count": 26_000}),
    full=Budget(3, {"steps": 8000, "count": 26_000}),
)
