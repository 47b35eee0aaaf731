from __future__ import annotations

import torch
from torch import nn

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import numbers_of, sampled, trainer_of

MARGINS = {"margin": 0.2, "a tenth": 0.02, "none": 1e6, "none, copies bounded": 1e6}


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    trainer = trainer_of("ebgan", "fashion", seed, steps, margin=MARGINS[arm], width=width)
    if arm != "none, copies bounded":
        unbound(trainer.players["D"])
    trainer.fit()
    data = open_data("fashion")
    real = data.held["real"][:500].float() / 127.5 - 1
    with torch.no_grad():
        D = trainer.players["D"]
        energies = [-D(x).mean() for x in (real, sampled(trainer.game, 500, Rng(seed, 1)))]
    found = numbers_of(trainer, data, 2000)
    return {"real": float(energies[0]), "fake": float(energies[1]), "cfid": found["cfid"]}


def unbound(D: nn.Module) -> None:
    """Copies that may be anything, where the preset's end in tanh."""
    for part in list(D.modules()):
        for name, child in list(part.named_children()):
            if isinstance(child, nn.Tanh):
                setattr(part, name, nn.Identity())


def check(arms: Arms) -> list[Check]:
    copied = arms.mean("none", "real") / arms.mean("margin", "real")
    worse = arms.mean("none", "cfid") / arms.mean("margin", "cfid")
    return [
        above("error of real copies, without a margin over with", copied, 3.0),
        above("cFID, without over with", worse, 1.0),
        below("energy of fakes", arms.mean("margin", "fake"), 1.1 * MARGINS["margin"]),
    ]


EXPERIMENT = Experiment(
    id="L3",
    title="Without a margin D learns to spoil",
    says="It is easier to copy fakes badly without end than real examples well: the margin says "
    "when it is enough.",
    paper="arXiv:1609.03126, section 2",
    metric="error of D's copies of held-out pictures, energy of fakes, cFID",
    criterion="without: three times the error, a worse cFID; with: fakes up to the margin + 10 %",
    arms=tuple(MARGINS),
    run=run,
    check=check,
    control={"none": "margin"},
    fails="the margin in the place of none",
    quick=Form(1, {"steps": 1000, "width": 16}),
    full=Form(3, {"steps": 2500, "width": 16}),
    departs="D's copies end in a linear layer. Where they end in tanh, as in the preset, no error "
    "is over 4 and there is little to spoil: real copies are as good without a margin, though G's "
    "pictures are not",
)
