from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gansmith.core.images import to_float
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.experiments.f3 import DATA
from gansmith.lab.tools import preset_trainer

LABELS = 100


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """D after training: on a density in one dimension, and its features of garments."""
    length = steps if arm == "trained" else 1
    toy = preset_trainer("nsgan", "mixture-1d", seed, length, lr=5e-4)
    toy.fit()
    x = open_data("mixture-1d").held_out["real"][:2000]
    with torch.no_grad():
        logit = toy.players["D"](x)
    trainer = preset_trainer("dcgan", "fashion", seed, length, width=width)
    trainer.fit()
    return {
        "density": float(
            torch.corrcoef(torch.stack([logit.double(), DATA.log_prob(x[:, 0].double())]))[0, 1]
        ),
        "half": float((logit.sigmoid() - 0.5).abs().max()),
        "probe": probe_accuracy(trainer.players["D"], seed),
    }


@torch.no_grad()
def probe_accuracy(D: Any, seed: int) -> float:
    """Accuracy of ridge regression on D's features, from 10 labelled pictures of each class."""
    data = open_data("fashion")
    label = data.train["label"]
    torch.manual_seed(seed)
    order = torch.randperm(len(label))
    chosen = torch.cat([order[label[order] == k][: LABELS // 10] for k in range(10)])
    x, y = (
        pooled_features(D.eval(), part)
        for part in (data.train["real"][chosen], data.held_out["real"])
    )
    middle, scale = x.mean(0), x.std(0) + 1e-6
    x, y = (x - middle) / scale, (y - middle) / scale
    target = nn.functional.one_hot(label[chosen], 10).double() - 0.1
    kernel = x @ x.T
    weight = x.T @ torch.linalg.solve(kernel + 0.1 * kernel.trace() / 100 * torch.eye(100), target)
    return float(((y @ weight).argmax(1) == data.held_out["label"]).double().mean())


def pooled_features(D: Any, pictures: Tensor) -> Tensor:
    """All feature maps of D, max-pooled to 4 x 4: pictures -> features (N, F)."""
    rows = []
    for x in pictures.split(500):
        x, maps = to_float(x), []
        for layer in D.layers:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                maps.append(nn.functional.adaptive_max_pool2d(x, 4).flatten(1))
        rows.append(torch.cat(maps, 1))
    return torch.cat(rows).double()


def check(arms: Arms) -> list[Check]:
    gain = arms.mean("trained", "probe") - arms.mean("random", "probe")
    return [
        above("accuracy over a random D's", gain, 0.05),
        above("D on the data, furthest from 1/2", arms.mean("trained", "half"), 0.1),
        below("D on the data, furthest from 1/2", arms.mean("trained", "half"), 0.45),
        below("correlation of its logit and the density", arms.mean("trained", "density"), 0.95),
    ]


EXPERIMENT = Experiment(
    id="T12",
    title="A trained D is neither flat nor a density",
    claim="In theory D ends at 1/2 everywhere, and figures often draw it as a density of the "
    "data; a trained D is neither, and its features are useful for classification.",
    paper="arXiv:1406.2661; arXiv:1511.06434, section 5.1",
    metric="correlation of logit and log density, distance to 1/2; linear probe with 100 labels",
    criterion="the probe 5 points over random features; D between 0.1 and 0.45 from 1/2 where it "
    "is furthest; correlation with the log density at most 0.95",
    arms=("trained", "random"),
    run=run,
    check=check,
    control={"trained": "random"},
    control_description="an untrained D",
    quick=Budget(3, {"steps": 1200, "width": 16}),
    full=Budget(3, {"steps": 8000, "width": 32}),
)
