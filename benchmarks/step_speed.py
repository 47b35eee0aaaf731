"""The trainer's step against a plain textbook loop and against the bare passes.

    python benchmarks/step_speed.py gan        --rounds 12
    python benchmarks/step_speed.py wgan-gp    --rounds 6
    python benchmarks/step_speed.py points     --rounds 40
    python benchmarks/step_speed.py memory

gan: DCGAN players at 32x32, C-64-128-256-1 with batch norm, codes of 100, batch 64.
wgan-gp: the critic without norm, five moves of it for one of G.
points: MLPs on 2-D points, where the work is so small that every overhead shows.
memory: the largest resident size of processes that play twenty steps each, of both kinds.

Every way plays on the same pictures from memory, with the threads that torch takes by itself.
"plain" is what a textbook writes: default layout and Adam, a detached fake batch, nothing frozen.
"bare" makes the passes that a step cannot do without, and nothing else: no loss, no optimiser, no
random numbers. Its layout is channels last, the faster one.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from statistics import median

import torch
import torch.nn.functional as F
from alternate import alternate, table
from torch import Tensor, nn

from gansmith.core.images import to_float
from gansmith.core.latent import Latent
from gansmith.core.recipe import adam
from gansmith.core.trainer import Trainer
from gansmith.data.source import Source
from gansmith.games.gan import GAN
from gansmith.games.shared_fakes import SharedFakesGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import DCGANDiscriminator, DCGANGenerator, MLPCritic, MLPGenerator
from gansmith.penalties import InterpolatedGP
from gansmith.penalties.analytic import analytic_gradient_norm

SIZE, LATENT, BATCH = 32, 100, 64
Pair = tuple[nn.Module, nn.Module]
Step = Callable[[], object]


def pair(channels: int, norm: Callable[[int], nn.Module] | None = nn.BatchNorm2d) -> Pair:
    """The players of all arms, from one seed."""
    torch.manual_seed(0)
    return (
        DCGANGenerator(Latent(LATENT), channels, SIZE, 64),
        DCGANDiscriminator(channels, SIZE, 64, norm),
    )


def pictures(channels: int, batch: int = BATCH) -> Source:
    """2,048 random pictures in memory."""
    torch.manual_seed(1)
    real = torch.randint(0, 256, (2048, channels, SIZE, SIZE), dtype=torch.uint8)
    return Source({"real": real}, batch, 0)


def reader(source: Source) -> Callable[[], Tensor]:
    """The next batch, as a plain loop would read it."""
    count = iter(range(10**9))
    return lambda: to_float(source.at(next(count))["real"])


def plain_step(channels: int) -> Step:
    """A textbook step of the non-saturating game: D, then G, on a batch of each."""
    G, D = pair(channels)
    opt_d = torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999))
    opt_g = torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999))
    batch = reader(pictures(channels))
    ones, zeros = torch.ones(BATCH), torch.zeros(BATCH)
    bce = F.binary_cross_entropy_with_logits

    def step() -> None:
        real = batch()
        opt_d.zero_grad()
        fake = G(torch.randn(BATCH, LATENT)).detach()
        (bce(D(real), ones) + bce(D(fake), zeros)).backward()
        opt_d.step()
        opt_g.zero_grad()
        bce(D(G(torch.randn(BATCH, LATENT))), ones).backward()
        opt_g.step()

    return step


def library_step(kind: type[GAN], channels: int, average: float = 0.999) -> Step:
    """The trainer's step of the same game, as the presets play it: the average of G included."""
    G, D = pair(channels)
    optim = adam(2e-4, 0.5)
    return Trainer(
        kind(G, D, objective=OBJECTIVES["non-saturating"]),  # type: ignore[arg-type]
        pictures(channels),
        optim={"G": optim, "D": optim},
        ema=average,
        channels_last=True,
    ).play


def bare_step(channels: int, passes: int = 1) -> Step:
    """The passes of a step: G (once, or once for each player), D on real, on fake, and for G."""
    G, D = (player.to(memory_format=torch.channels_last) for player in pair(channels))
    z = torch.randn(BATCH, LATENT)
    real = torch.rand(BATCH, channels, SIZE, SIZE).to(memory_format=torch.channels_last)
    up = torch.full((BATCH,), 1 / BATCH)

    def step() -> None:
        G.requires_grad_(True)
        D.requires_grad_(False)
        fake = G(z)
        D(fake).backward(up)
        fake = fake.detach()
        G.requires_grad_(False)
        for _ in range(passes - 1):
            fake = G(z)
        D.requires_grad_(True)
        D(real).backward(up)
        D(fake).backward(up)
        for player in (G, D):
            for parameter in player.parameters():
                parameter.grad = None

    return step


def plain_wgan_gp_step(channels: int) -> Step:
    """A textbook cycle: five moves of the critic with a penalty by double backward, one of G."""
    G, D = pair(channels, None)
    opt_d = torch.optim.Adam(D.parameters(), 1e-4, (0.0, 0.9))
    opt_g = torch.optim.Adam(G.parameters(), 1e-4, (0.0, 0.9))
    batch = reader(pictures(channels))

    def step() -> None:
        for _ in range(5):
            real = batch()
            opt_d.zero_grad()
            fake = G(torch.randn(BATCH, LATENT)).detach()
            mix = torch.rand(BATCH, 1, 1, 1)
            between = (mix * real + (1 - mix) * fake).requires_grad_(True)
            (slope,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
            penalty = 10 * (slope.flatten(1).norm(dim=1) - 1).square().mean()
            (D(fake).mean() - D(real).mean() + penalty).backward()
            opt_d.step()
        opt_g.zero_grad()
        (-D(G(torch.randn(BATCH, LATENT))).mean()).backward()
        opt_g.step()

    return step


def library_wgan_gp_step(channels: int, penalty: InterpolatedGP) -> Step:
    """The trainer's cycle of the same game."""
    G, D = pair(channels, None)
    optim = adam(1e-4, 0.0, 0.9)
    return Trainer(
        GAN(G, D, objective=OBJECTIVES["wasserstein"], penalty=penalty, d_steps=5),  # type: ignore[arg-type]
        pictures(channels),
        optim={"G": optim, "D": optim},
        ema=0.999,
        channels_last=True,
    ).play


WIDTH, POINTS = 128, 256


def points() -> Source:
    """20,000 points."""
    torch.manual_seed(1)
    return Source({"real": torch.randn(20_000, 2)}, POINTS, 0)


def bare_points_step() -> Step:
    """The trainer's game of points as the leanest loop by hand: fused Adam, D frozen for G."""
    torch.manual_seed(0)
    G, D = MLPGenerator(Latent(16), 2, WIDTH), MLPCritic(2, WIDTH)
    opt_d = torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999), fused=True)
    opt_g = torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999), fused=True)
    source, count = points(), iter(range(10**9))

    def step() -> None:
        D.requires_grad_(True)
        real = source.at(next(count))["real"]
        opt_d.zero_grad()
        with torch.no_grad():
            fake = G(torch.randn(POINTS, 16))
        (F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()).backward()
        opt_d.step()
        D.requires_grad_(False)
        opt_g.zero_grad()
        F.softplus(-D(G(torch.randn(POINTS, 16)))).mean().backward()
        opt_g.step()

    return step


def library_points_step(average: float) -> Step:
    """The trainer's step of the same."""
    torch.manual_seed(0)
    G, D = MLPGenerator(Latent(16), 2, WIDTH), MLPCritic(2, WIDTH)
    optim = adam(2e-4, 0.5)
    return Trainer(
        GAN(G, D, objective=OBJECTIVES["non-saturating"]),
        points(),
        optim={"G": optim, "D": optim},
        ema=average,
    ).play


ARMS: dict[str, dict[str, Callable[[int], Step]]] = {
    "gan": {
        "plain": plain_step,
        "trainer": lambda c: library_step(GAN, c),
        "trainer, shared": lambda c: library_step(SharedFakesGAN, c),
        "bare": lambda c: bare_step(c, 2),
        "bare, shared": bare_step,
    },
    "wgan-gp": {
        "plain": plain_wgan_gp_step,
        "trainer": lambda c: library_wgan_gp_step(c, InterpolatedGP(10.0)),
        "trainer, by hand": lambda c: library_wgan_gp_step(
            c, InterpolatedGP(10.0, gradient_norm=analytic_gradient_norm)
        ),
    },
    "points": {
        "bare loop": lambda c: bare_points_step(),
        "trainer": lambda c: library_points_step(0.0),
        "trainer, average": lambda c: library_points_step(0.999),
    },
}
CALLS = {"gan": 1, "wgan-gp": 1, "points": 50}


def resident_memory(kind: str, arm: str, channels: int) -> float:
    """Megabytes that a process of its own needs at most for twenty steps of an arm."""
    words = [sys.executable, __file__, kind, "--alone", arm, "--channels", str(channels)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def memory(channels: int, rounds: int) -> None:
    """A table of the largest resident sizes, medians over processes."""
    print("| | largest resident MB |\n| --- | --- |")
    for kind, arm in (
        ("gan", "plain"),
        ("gan", "trainer"),
        ("gan", "trainer, shared"),
        ("wgan-gp", "plain"),
        ("wgan-gp", "trainer"),
        ("wgan-gp", "trainer, by hand"),
    ):
        sizes = [resident_memory(kind, arm, channels) for _ in range(rounds)]
        print(f"| {kind}, {arm} | {median(sizes):.0f} |", flush=True)
    G, _ = pair(channels)
    count = sum(v.numel() * v.element_size() for v in G.state_dict().values())
    print(f"\nA copy of G: {count / 1e6:.1f} MB.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=[*ARMS, "memory"])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--alone", help="play twenty steps of this arm and print the memory")
    options = parser.parse_args()
    if options.kind == "memory":
        memory(options.channels, options.rounds)
        return
    arms = ARMS[options.kind]
    if options.alone:
        step = arms[options.alone](options.channels)
        for _ in range(20):
            step()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    steps = {name: make(options.channels) for name, make in arms.items()}
    times = alternate(steps, options.rounds, CALLS[options.kind])
    print(f"{options.kind}, {options.channels} channels, {torch.get_num_threads()} threads\n")
    for base in ("plain", "bare", "bare, shared", "bare loop"):
        if base in times:
            print(table(times, base) + "\n")


if __name__ == "__main__":
    main()
