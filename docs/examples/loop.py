"""WGAN-GP on a ring of 8 Gaussians in a plain loop: objectives and penalties, no Game, no Trainer.

Run it with `python docs/examples/loop.py [STEPS [BATCH [SEED]]]`.
"""

import sys

import torch

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import energy_distance, mode_report, ring_modes
from gansmith.networks import MLPCritic, MLPGenerator
from gansmith.objectives import OBJECTIVES
from gansmith.penalties import InterpolatedGP


def main(steps: int = 600, batch: int = 128, seed: int = 0) -> tuple[float, float]:
    """Train, and return the energy distance to real points before and after."""
    torch.manual_seed(seed)
    ring = open_data("ring")
    latent = Latent(8)
    G, D = MLPGenerator(latent, 2, width=64), MLPCritic(2, width=64)
    objective, penalty = OBJECTIVES["wasserstein"], InterpolatedGP(1.0)
    move_G = torch.optim.Adam(G.parameters(), 1e-3, (0.5, 0.9))
    move_D = torch.optim.Adam(D.parameters(), 1e-3, (0.5, 0.9))
    rng = Rng(seed)

    def points(n: int) -> torch.Tensor:
        with torch.no_grad():
            return G(latent.sample(n, rng))

    before = energy_distance(points(2500), ring.held_out["real"][:2500])
    for step in range(steps):
        for _ in range(3):
            real = ring.train["real"][rng.integers(ring.spec.train, batch)]
            fake, noise = points(batch), penalty.draw(real, rng)
            loss = objective.d(D(real), D(fake)) + penalty(D, real, fake, noise)
            move_D.zero_grad()
            loss.backward()
            move_D.step()
        loss = objective.g(None, D(G(latent.sample(batch, rng))))
        move_G.zero_grad()
        loss.backward()
        move_G.step()
        if step % 100 == 0:
            print(f"step {step}: G {loss.item():.3f}")
    after = energy_distance(points(2500), ring.held_out["real"][:2500])
    print(f"energy distance {before:.4f} -> {after:.4f}")
    print(mode_report(points(2500), ring_modes(), 0.01))
    return before, after


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
