from __future__ import annotations

from typing import Any

import torch
from scipy.stats import spearmanr
from torch import Tensor

from gansmith.data import open_data
from gansmith.games.gan import GAN
from gansmith.games.loss_sensitive import LossSensitive, MeanL1
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import numbers_of, trainer_of


class Constant(MeanL1):
    """The same margin for every pair."""

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.full_like(super().__call__(x, y), self.scale)


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    preset = "wgan-gp" if arm == "wgan-gp" else "loss-sensitive"
    trainer = trainer_of(preset, "fashion", seed, steps, width=width)
    game = trainer.game
    if arm == "one margin for all":
        assert isinstance(game, LossSensitive)
        game.distance = Constant(0.5)
    trainer.fit()
    assert isinstance(game, GAN)
    found = {"cfid": numbers_of(trainer, open_data("fashion"), 2000)["cfid"]}
    return found if arm == "wgan-gp" else {**found, **pushed(game)}


def pushed(game: GAN) -> Numbers:
    """How a gap in score goes with the distance, on pictures that are blended with noise."""
    real = open_data("fashion").held["real"][:500].float() / 127.5 - 1
    share = torch.rand(len(real), 1, 1, 1)
    spoilt = (1 - share) * real + share * (2 * torch.rand_like(real) - 1)
    distance = MeanL1()(real, spoilt)
    with torch.no_grad():
        D: Any = game.D.eval()
        gap = LossSensitive.loss(D(spoilt)) - LossSensitive.loss(D(real))
    near, far = (gap[(distance < cut) == low].mean() for cut, low in cuts(distance))
    return {"rank": float(spearmanr(distance, gap)[0]), "near over far": float(near / far)}


def cuts(distance: Tensor) -> list[tuple[float, bool]]:
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
    says="A fake near its real partner needs to score only a little lower: D's scores follow "
    "distances, and good fakes are not pushed away.",
    paper="arXiv:1701.06264",
    metric="gap in loss of pictures blended with noise, by their distance; cFID",
    criterion="rank correlation 0.5; near ones pushed less; cFID at most 1.2 times wgan-gp's",
    arms=("margin by distance", "one margin for all", "wgan-gp"),
    run=run,
    check=check,
    control={"margin by distance": "one margin for all"},
    fails="one margin for all pairs",
    quick=Form(1, {"steps": 800, "width": 16}),
    full=Form(3, {"steps": 6000, "width": 32}),
)
