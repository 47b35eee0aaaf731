"""Does the single-step method of f-GAN find the Gaussian that is nearest, as the alternating does?

    OMP_NUM_THREADS=1 python benchmarks/fgan_single_step.py [adam] [--seeds 2] [--steps 3000]
    OMP_NUM_THREADS=1 python benchmarks/fgan_single_step.py descent --seeds 1 --steps 6000

The paper's first experiment (arXiv:1606.00709, section 2.5): p = .33 N(-1, .0625) + .67 N(2, 2),
G(z) = mu + sigma z, D of two layers of 64 tanh units, batch 1024, rate .01. By Adam with beta1 0.5,
the rate falling to 0 over the second half, or by plain gradient descent, as Algorithm 1 writes it.
Given is the mean of (mu, sigma) over the last tenth of a run, then over the seeds; `exact` is the
minimum by quadrature, `off` the larger of |mu - mu*| and |sigma - sigma*|, the worst seed's.
"""

from __future__ import annotations

import argparse
import math
import time
from statistics import mean

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, MixtureSameFamily, Normal

from gansmith.core.latent import Latent
from gansmith.core.recipe import adam, constant, linear_decay, sgd
from gansmith.core.trainer import NonFiniteError, Trainer
from gansmith.data import open_data, open_source
from gansmith.data.builtin.generated import mixture
from gansmith.games.gan import GAN
from gansmith.games.simultaneous import SingleStepGAN
from gansmith.losses.fdivergence import F_DIVERGENCES
from gansmith.networks import MLPCritic
from gansmith.theory import best_gaussian

BATCH, RATE = 1024, 0.01
METHODS = {"alternating": GAN, "single-step": SingleStepGAN}
OPTIMIZERS = {"adam": (adam(RATE, 0.5), linear_decay(0.5)), "descent": (sgd(RATE), constant)}


class Affine(nn.Module):
    """G(z) = mu + sigma z, from mu = 0 and sigma = 1."""

    def __init__(self) -> None:
        super().__init__()
        self.latent = Latent(1)
        self.mu, self.sigma = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.ones(1))

    def forward(self, z: Tensor) -> Tensor:
        return self.mu + self.sigma * z


def data() -> Distribution:
    """The density of the data."""
    centres, std, weights = (part.double() for part in mixture("mixture-1d"))
    return MixtureSameFamily(Categorical(weights), Normal(centres[:, 0], std))


def fit_gaussian(
    name: str, method: str, optimizer: str, steps: int, seed: int
) -> tuple[float, float]:
    """The mean (mu, sigma) of the last tenth of a run; nan when it diverged."""
    torch.manual_seed(seed)
    G = Affine()
    game = METHODS[method](G, MLPCritic(1, 64, 2, nn.Tanh), objective=F_DIVERGENCES[name])
    optim, schedule = OPTIMIZERS[optimizer]
    trainer = Trainer(
        game,
        open_source(open_data("mixture-1d"), BATCH, seed),
        optim={"G": optim, "D": optim},
        steps=steps,
        schedule=schedule,
        seed=seed,
    )
    path: list[tuple[float, float]] = []

    def watch(trainer: Trainer, terms: dict[str, Tensor]) -> bool:
        if trainer.step > 0.9 * steps:
            path.append((float(G.mu), abs(float(G.sigma))))
        return False

    try:
        trainer.fit(callbacks=[watch])
    except NonFiniteError:
        return math.nan, math.nan
    return mean(mu for mu, _ in path), mean(sigma for _, sigma in path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("optimizer", nargs="?", choices=OPTIMIZERS, default="adam")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3000)
    options = parser.parse_args()
    began = time.process_time()
    print(
        f"torch {torch.__version__}, {options.optimizer}, {options.steps} steps, "
        f"{options.seeds} seeds\n"
    )
    heads = [f"{method} | off" for method in METHODS]
    print(f"| divergence | exact mu, sigma | {' | '.join(heads)} |")
    print("| --- | --- |" + " --- |" * 2 * len(heads))
    for name in F_DIVERGENCES:
        exact = best_gaussian(data(), name)
        cells = []
        for method in METHODS:
            ends = [
                fit_gaussian(name, method, options.optimizer, options.steps, seed)
                for seed in range(options.seeds)
            ]
            mu, sigma = (mean(end[i] for end in ends) for i in (0, 1))
            off = max(max(abs(m - exact.mean), abs(s - exact.std)) for m, s in ends)
            cells.append(f"{mu:.3f}, {sigma:.3f} | {off:.3f}")
        print(f"| {name} | {exact.mean:.3f}, {exact.std:.3f} | {' | '.join(cells)} |", flush=True)
    print(f"\n{time.process_time() - began:.0f} seconds of one core")


if __name__ == "__main__":
    main()
