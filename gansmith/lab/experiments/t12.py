from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.experiments.f3 import DATA
from gansmith.lab.tools import trainer_of

LABELS = 100


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """What a D knows: of a density on the line, and of garments."""
    length = steps if arm == "trained" else 1
    toy = trainer_of("nsgan", "mixture-1d", seed, length, lr=5e-4)
    toy.fit()
    x = open_data("mixture-1d").held["real"][:2000]
    with torch.no_grad():
        logit = toy.players["D"](x)
    trainer = trainer_of("dcgan", "fashion", seed, length, width=width)
    trainer.fit()
    return {
        "density": float(
            torch.corrcoef(torch.stack([logit.double(), DATA.log_prob(x[:, 0].double())]))[0, 1]
        ),
        "half": float((logit.sigmoid() - 0.5).abs().max()),
        "probe": probed(trainer.players["D"], seed),
    }


@torch.no_grad()
def probed(D: Any, seed: int) -> float:
    """Accuracy of ridge regression on D's maps, from 10 labelled pictures of each class."""
    data = open_data("fashion")
    label = data.train["label"]
    torch.manual_seed(seed)
    order = torch.randperm(len(label))
    chosen = torch.cat([order[label[order] == k][: LABELS // 10] for k in range(10)])
    x, y = (seen(D.eval(), part) for part in (data.train["real"][chosen], data.held["real"]))
    middle, scale = x.mean(0), x.std(0) + 1e-6
    x, y = (x - middle) / scale, (y - middle) / scale
    target = nn.functional.one_hot(label[chosen], 10).double() - 0.1
    kernel = x @ x.T
    weight = x.T @ torch.linalg.solve(kernel + 0.1 * kernel.trace() / 100 * torch.eye(100), target)
    return float(((y @ weight).argmax(1) == data.held["label"]).double().mean())


def seen(D: Any, pictures: Tensor) -> Tensor:
    """Every map of D, the largest of each of 4 x 4 parts: features (N, F) of pictures."""
    rows = []
    for x in pictures.split(500):
        x, maps = x.float() / 127.5 - 1, []
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
        below("D on the data, furthest from 1/2", arms.mean("trained", "half"), 0.45),
        below("correlation of its logit and the density", arms.mean("trained", "density"), 0.95),
    ]


EXPERIMENT = Experiment(
    id="T12",
    title="A D at the end is neither flat nor a density",
    says="In theory D ends at 1/2 everywhere, in pictures it is drawn as a density of the data; a "
    "trained one is in between, and what it has learnt is of use.",
    paper="arXiv:1406.2661; arXiv:1511.06434, section 5.1",
    metric="correlation of logit and log density, distance to 1/2; linear probe with 100 labels",
    criterion="the probe 5 points over random features; neither sure nor a density",
    arms=("trained", "random"),
    run=run,
    check=check,
    control={"trained": "random"},
    fails="a D that is not trained",
    quick=Form(1, {"steps": 1200, "width": 16}),
    full=Form(3, {"steps": 8000, "width": 32}),
)
