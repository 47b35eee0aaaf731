from __future__ import annotations

from typing import Any

import torch
from scipy.stats import spearmanr
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.data import open_data
from gansmith.games.gan import GAN
from gansmith.games.loss_sensitive import LossSensitiveGAN, MeanL1
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import evaluate_trainer, preset_trainer


class ConstantMargin(MeanL1):
    """The same margin for every pair."""

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.full_like(super().__call__(x, y), self.scale)


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    preset = "wgan-gp" if arm == "wgan-gp" else "loss-sensitive"
    trainer = preset_trainer(preset, "fashion", seed, steps, width=width)
    game = trainer.game
    if arm == "one margin for all":
        assert isinstance(game, LossSensitiveGAN)
        game.distance = ConstantMargin(0.5)
    trainer.fit()
    assert isinstance(game, GAN)
    found = {"cfid": evaluate_trainer(trainer, open_data("fashion"), 2000)["cfid"]}
    return found if arm == "wgan-gp" else {**found, **gap_statistics(game)}


def gap_statistics(game: GAN) -> Numbers:
    """The gap in score against the distance, on pictures blended with noise."""
    real = to_float(open_data("fashion").held_out["real"][:500])
    share = torch.rand(len(real), 1, 1, 1)
    noisy = (1 - share) * real + share * (2 * torch.rand_like(real) - 1)
    distance = MeanL1()(real, noisy)
    with torch.no_grad():
        D: Any = game.D.eval()
        gap = LossSensitiveGAN.loss(D(noisy)) - LossSensitiveGAN.loss(D(real))
    near, far = (gap[(distance < cut) == low].mean() for cut, low in outer_quartiles(distance))
    return {"rank": float(spearmanr(distance, gap)[0]), "near over far": float(near / far)}


def outer_quartiles(distance: Tensor) -> list[tuple[float, bool]]:
    """The nearest and the farthest quarter."""
    return [(float(distance.quantile(0.25)), True), (float(distance.quantile(0.75)), False)]


def check(arms: Arms) -> list[Check]:
    arm = "margin by distance"
    return [
        above("rank correlation of distance and gap", arms.mean(arm, "rank"), 0.5),
        below("gap of near fakes over far ones", arms.mean(arm, "near over far"), 0.8),
        below("cFID over wgan-gp", arms.mean(arm, "cfid") / arms.mean("wgan-gp", "cfid"), 1.2),
    ]


EXPERIMENT = Experiment(
    id="L5",
    title="The margin grows with the distance",
    claim="A fake near its real partner needs to score only a little lower: D's scores follow "
    "distances, and good fakes are not pushed away.",
    paper="arXiv:1701.06264",
    metric="gap in loss of pictures blended with noise, by their distance; cFID",
    criterion="rank correlation 0.5; near ones pushed less; cFID at most 1.2 times wgan-gp's",
    arms=("margin by distance", "one margin for all", "wgan-gp"),
    run=run,
    check=check,
    control={"margin by distance": "one margin for all"},
    control_description="one margin for all pairs",
    quick=Budget(3, {"steps": 800, "width": 16}),
    full=Budget(3, {"steps": 6000, "width": 32}),
)
