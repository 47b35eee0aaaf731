from __future__ import annotations

import torch

from gansmith.core.latent import Latent
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import modes, open_data, open_source
from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, near
from gansmith.lab.tools import sample_on_cpu
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic, MLPGenerator

SIZES = (1, 5, 25)
NEAR, ENOUGH, SAMPLES = 0.2, 10, 2500


def run(arm: str, seed: int, steps: int) -> Numbers:
    """Shares of the ring's modes that groups of members cover, by the size of a group."""
    members = [
        covered_modes(seed, number, steps, arm == "one alone") for number in range(SIZES[-1])
    ]
    found = torch.stack(members)
    if arm == "one alone":  # the first one, repeated for every member
        found = found[:1].expand(SIZES[-1], -1)
    return {
        f"of {size}": float(found.unflatten(0, (-1, size)).any(1).double().mean()) for size in SIZES
    }


def covered_modes(seed: int, number: int, steps: int, only_first: bool) -> torch.Tensor:
    """The modes that a collapsing GAN covers: G's learning rate is ten times D's."""
    known = modes("ring")
    assert known is not None
    if only_first and number:
        return torch.zeros(len(known[0]), dtype=torch.bool)
    own = 1000 * seed + number
    torch.manual_seed(own)
    game = GAN(
        MLPGenerator(Latent(2), 2, 32, 2),
        MLPCritic(2, 32, 2),
        objective=OBJECTIVES["non-saturating"],
    )
    optim = {"G": adam(1e-2, 0.5), "D": adam(1e-3, 0.5)}
    source = open_source(open_data("ring"), 32, own)
    Trainer(game, source, optim=optim, steps=steps, seed=own).fit()
    count = SAMPLES * (SIZES[-1] if only_first else 1)
    distance, nearest = torch.cdist(sample_on_cpu(game, count, Rng(own, 1)), known[0]).min(1)
    return nearest[distance < NEAR].bincount(minlength=len(known[0])) >= ENOUGH


def check(arms: Arms) -> list[Check]:
    shares = [arms.mean("ensemble", f"of {size}") for size in SIZES]
    predicted = [1 - (1 - shares[0]) ** size for size in SIZES]
    return [
        Check("more members cover no less", shares == sorted(shares)),
        above("share of the modes that 25 cover", shares[2], 7 / 8),
        near("of 5, by the formula", shares[1], predicted[1], 1 / 8),
        near("of 25, by the formula", shares[2], predicted[2], 1 / 8),
    ]


EXPERIMENT = Experiment(
    id="F9",
    title="An ensemble covers what each member has dropped",
    claim="Generators that each cover a few modes cover most of them together: N of them, a share "
    "p each, cover 1 - (1 - p)^N.",
    paper="arXiv:1612.00991",
    metric="share of the ring's modes with 10 samples within 0.2, of 2,500 a member",
    criterion="7 of 8 modes by 25 members; the formula within one mode",
    arms=("ensemble", "one alone"),
    run=run,
    check=check,
    control={"ensemble": "one alone"},
    control_description="one generator with 25 times the samples",
    quick=Budget(3, {"steps": 600}),
    full=Budget(10, {"steps": 600}),
)
