from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Losses, Phase
from gansmith.core.images import to_uint8
from gansmith.core.latent import Latent
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.lab.tools import sample_on_cpu
from gansmith.losses.objectives import OBJECTIVES
from gansmith.metrics import duplicate_threshold, load_judge, support_size
from gansmith.networks import DCGANDiscriminator, DCGANGenerator
from gansmith.networks.autoencoder import code_head

CODES, FEATURES = 64, 128


class JointDiscriminator(nn.Module):
    """A discriminator of pairs of picture and code: (x, z) -> logits (B,)."""

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.of_x = DCGANDiscriminator(1, size, width, None, code_head(FEATURES)).layers
        self.of_z = nn.Sequential(nn.Linear(CODES, FEATURES), nn.LeakyReLU(0.2))
        self.both = nn.Sequential(
            nn.LeakyReLU(0.2), nn.Linear(2 * FEATURES, FEATURES), nn.LeakyReLU(0.2),
            nn.Linear(FEATURES, 1),
        )  # fmt: skip

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return self.both(torch.cat([self.of_x(x), self.of_z(z)], 1)).squeeze(1)


class BiGAN(GAN):
    """D discriminates (x, E(x)) from (G(z), z); E and G are trained against it."""

    averaged = ("G",)

    def __init__(self, G: DCGANGenerator, D: nn.Module, E: nn.Module) -> None:
        super().__init__(G, D, objective=OBJECTIVES["non-saturating"])
        self.E = E

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.judge), Phase("G", self.fool), Phase("E", self.fool)

    def judge(self, x: Batch) -> Losses:
        return dict(adv=self.objective.d(self.D(x.real, self.E(x.real)), self.D(self.G(x.z), x.z)))

    def fool(self, x: Batch) -> Losses:
        real, fake = self.D(x.real, self.E(x.real)), self.D(self.G(x.z), x.z)
        return dict(adv=self.objective.g(None, fake), own=self.objective.g(None, -real))


def run(arm: str, seed: int, steps: int, width: int, count: int) -> Numbers:
    data, judge = open_data("fashion"), load_judge("fashion")
    torch.manual_seed(seed)
    G = DCGANGenerator(Latent(CODES), 1, 28, width)
    if arm == "bidirectional":
        E = DCGANDiscriminator(1, 28, width, nn.BatchNorm2d, code_head(CODES)).layers
        game: GAN = BiGAN(G, JointDiscriminator(28, width), E)
    else:
        D = DCGANDiscriminator(1, 28, width)
        game = GAN(G, D, objective=OBJECTIVES["non-saturating"])
    optim = {name: adam(5e-4, 0.5) for name in game.players()}
    Trainer(game, open_source(data, 32, seed), optim=optim, steps=steps, seed=seed).fit()
    samples = to_uint8(sample_on_cpu(game.eval(), count, Rng(seed, 1)))
    if arm == "collapsed":
        samples = samples[:50][Rng(seed, 2).integers(50, count)]
    threshold = duplicate_threshold(judge.extract(data.train["real"][:count])[0], 1e-5)
    found = support_size(judge.extract(samples)[0], threshold)
    return {"support": min(found.estimate, 1e9), "pairs": found.pairs}


def check(arms: Arms) -> list[Check]:
    few = arms.mean("collapsed", "support")
    return [
        above(f"support of {arm} over a collapsed one's", arms.mean(arm, "support") / few, 10.0)
        for arm in ("dcgan", "bidirectional")
    ]


EXPERIMENT = Experiment(
    id="M10",
    title="Support of a GAN with and without an encoder",
    claim="By the birthday paradox a bidirectional GAN of faces has a larger support than DCGAN, "
    "1,000,000 against 160,000; here both are estimated on garments.",
    paper="arXiv:1706.08224; arXiv:1605.09782",
    metric="support from near-duplicates: pairs of samples nearer, by the judge's features, than "
    "1 in 100,000 real pairs",
    criterion="both far above a collapsed generator; which of the two is larger is reported",
    arms=("dcgan", "bidirectional", "collapsed"),
    run=run,
    check=check,
    control={"dcgan": "collapsed", "bidirectional": "collapsed"},
    control_description="a generator that repeats 50 pictures",
    quick=Budget(3, {"steps": 500, "width": 16, "count": 2000}),
    full=Budget(3, {"steps": 6000, "width": 32, "count": 4000}),
)
