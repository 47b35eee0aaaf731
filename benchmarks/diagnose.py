"""Planted faults: how often `gansmith diagnose` finds them, and how often it raises false alarms.

    OMP_NUM_THREADS=1 python benchmarks/diagnose.py [--repeats 5] [--data fashion digits emoji ring]

Half of the held-out examples stand for a perfect generator; a fault of known strength is planted in
them and the rest is what they are measured against. "missed" counts repeats in which the fault is
not named, "false" those in which anything else is. Runs are short ones of `nsgan` and `wgan` on the
ring with harmful settings. Writes benchmarks/results/diagnose.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.api import train
from gansmith.core.rng import Rng
from gansmith.data import Dataset, open_data
from gansmith.diagnosis import diagnose, diagnose_samples

PAGE = Path(__file__).parent / "results" / "diagnose.md"
MAX_TRAIN = 5000  # training examples, so that a search through all of them is short

Fault = Callable[[Tensor, Dataset, Rng], Tensor]


def collapsed_samples(kinds: int, share: float, x: Tensor, data: Dataset, rng: Rng) -> Tensor:
    """A share of the samples are of so many kinds."""
    few = x[rng.integers(kinds, len(x))]
    bad = rng.uniform(len(x)) < share
    grain = 0.02 if x.dtype == torch.uint8 else 0.001
    return torch.where(bad.view(-1, *[1] * (x.ndim - 1)), with_noise(grain, few, data, rng), x)


def drop_classes(classes: int, x: Tensor, data: Dataset, rng: Rng) -> Tensor:
    """The examples of some classes, or modes, are gone and others stand in their place."""
    label = labels(x, data)
    gone = rng.permutation(int(label.max()) + 1)[:classes]
    held_out = x[~torch.isin(label, gone)]
    return held_out[rng.integers(len(held_out), len(x))] if len(held_out) < 50 else held_out


def labels(x: Tensor, data: Dataset) -> Tensor:
    if data.spec.kind == "points":
        angle = torch.atan2(x[:, 1], x[:, 0])
        return (angle / (torch.pi / 4)).round().long() % 8
    place = {row.numpy().tobytes(): i for i, row in enumerate(data.held_out["real"])}
    return torch.stack([data.held_out["label"][place[row.numpy().tobytes()]] for row in x])


def copied_samples(how: str, share: float, x: Tensor, data: Dataset, rng: Rng) -> Tensor:
    """A share of the samples are training examples: exact, moved, mirrored or with some noise."""
    source = data.train["real"]
    taken = source[rng.permutation(len(source))[: len(x)]]
    if how == "moved":
        reach = 2 if x.shape[-1] > 16 else 1
        taken = torch.roll(taken, (reach, -reach), (2, 3))
    if how == "mirrored":
        taken = taken.flip(3)
    if how == "noisy":
        taken = with_noise(0.05, taken, data, rng)
    bad = rng.uniform(len(x)) < share
    return torch.where(bad.view(-1, *[1] * (x.ndim - 1)), taken, x)


def with_noise(std: float, x: Tensor, data: Dataset, rng: Rng) -> Tensor:
    """Gaussian noise on every example; std on the scale of [-1, 1], or of the points' own."""
    if x.dtype != torch.uint8:
        return x + std * x.std() * rng.normal(*x.shape)
    return (x + 127.5 * std * rng.normal(*x.shape)).round().clamp(0, 255).to(torch.uint8)


def noise_only_samples(share: float, x: Tensor, data: Dataset, rng: Rng) -> Tensor:
    """A share of the samples are nothing but noise."""
    bad = (rng.uniform(len(x)) < share).view(-1, *[1] * (x.ndim - 1))
    if x.dtype != torch.uint8:
        return torch.where(bad, 2 * x.abs().max() * (2 * rng.uniform(*x.shape) - 1), x)
    return torch.where(bad, rng.integers(256, *x.shape).to(torch.uint8), x)


def gaussian_blur(std: float, x: Tensor, data: Dataset, rng: Rng) -> Tensor:
    """A Gaussian blur of so many pixels."""
    at = torch.arange(-6, 7).float()
    line = torch.exp(-(at**2) / (2 * std**2))
    kernel = (line[:, None] * line / line.sum() ** 2).expand(x.shape[1], 1, 13, 13)
    padded = F.pad(x.float(), (6, 6, 6, 6), "replicate")
    return F.conv2d(padded, kernel, groups=x.shape[1]).round().to(torch.uint8)


PICTURES: dict[tuple[str, str], Fault] = {
    ("collapse", "one picture"): partial(collapsed_samples, 1, 1.0),
    ("collapse", "20 pictures"): partial(collapsed_samples, 20, 1.0),
    ("collapse", "5 pictures, in half of the samples"): partial(collapsed_samples, 5, 0.5),
    ("collapse", "5 pictures, in a tenth of the samples"): partial(collapsed_samples, 5, 0.1),
    ("dropped", "1 class"): partial(drop_classes, 1),
    ("dropped", "3 classes"): partial(drop_classes, 3),
    ("memorization", "copies"): partial(copied_samples, "exact", 1.0),
    ("memorization", "copies, a tenth of the samples"): partial(copied_samples, "exact", 0.1),
    ("memorization", "copies moved both ways"): partial(copied_samples, "moved", 1.0),
    ("memorization", "mirrored copies"): partial(copied_samples, "mirrored", 1.0),
    ("memorization", "copies with noise of 0.05"): partial(copied_samples, "noisy", 1.0),
    ("noise", "nothing else, in a tenth of the samples"): partial(noise_only_samples, 0.1),
    ("noise", "std 0.1 on all"): partial(with_noise, 0.1),
    ("noise", "std 0.3 on all"): partial(with_noise, 0.3),
    ("blur", "of 0.7 pixels"): partial(gaussian_blur, 0.7),
    ("blur", "of 1 pixel"): partial(gaussian_blur, 1.0),
    ("blur", "of 2 pixels"): partial(gaussian_blur, 2.0),
}
POINTS = {
    ("collapse", "one point"): partial(collapsed_samples, 1, 1.0),
    ("collapse", "20 points"): partial(collapsed_samples, 20, 1.0),
    ("dropped", "1 mode"): partial(drop_classes, 1),
    ("dropped", "4 modes"): partial(drop_classes, 4),
    ("memorization", "copies"): partial(copied_samples, "exact", 1.0),
    ("noise", "nothing else, in a tenth of the samples"): partial(noise_only_samples, 0.1),
}
NO_FAULT = ("none", "held-out examples")


def no_fault(x: Tensor, data: Dataset, rng: Rng) -> Tensor:
    """Nothing planted."""
    return x


def sample_rows(name: str, repeats: int) -> list[str]:
    """A line for each fault planted in a data set's examples."""
    data = open_data(name)
    lines = []
    faults = {NO_FAULT: no_fault} | (POINTS if data.spec.kind == "points" else PICTURES)
    for (fault, strength), plant in faults.items():
        missed = false_alarms = 0
        also: set[str] = set()
        for seed in range(repeats):
            rng = Rng(seed, 7)
            order = rng.permutation(data.spec.held_out)
            half = data.spec.held_out // 2
            held_out = {k: v[order[half:]] for k, v in data.held_out.items()}
            few = rng.permutation(data.spec.train)[:MAX_TRAIN]
            less = replace(data, train={k: v[few] for k, v in data.train.items()})
            samples = plant(data.held_out["real"][order[:half]], less, rng)
            spec = replace(data.spec, held_out=data.spec.held_out - half)
            found = diagnose_samples(samples, replace(less, held_out=held_out, spec=spec), seed)
            named = {finding.name.split(" ")[0] for finding in found}
            missed += fault != "none" and fault not in named
            false_alarms += bool(named - {fault})
            also |= named - {fault}
        missed_cell = "" if fault == "none" else f"{missed} of {repeats}"
        lines.append(
            f"| {name} | {fault} | {strength} | {missed_cell} | {false_alarms} of {repeats} | "
            f"{', '.join(sorted(also))} |"
        )
        print(lines[-1], flush=True)
    return lines


RUNS = {
    ("saturated", "gan on ring, D moves ten times, at ten times the rate"): dict(
        preset="gan", data="ring", lr=2e-3, d_steps=10, steps=1500
    ),
    ("exploding", "wgan on ring, weights up to 100"): dict(
        preset="wgan", data="ring", weight_clip=100.0, steps=1500
    ),
    ("undertrained", "nsgan on digits, stopped at step 200"): dict(
        preset="nsgan", data="digits", steps=200
    ),
    ("none", "wgan-gp on ring, 6,000 steps"): dict(preset="wgan-gp", data="ring", steps=6000),
}


def run_rows(repeats: int) -> list[str]:
    """A line for each run with a harmful setting."""
    lines = []
    for (fault, strength), options in RUNS.items():
        missed = false_alarms = 0
        also: set[str] = set()
        for seed in range(repeats):
            with tempfile.TemporaryDirectory() as home:
                run = train(**options, seed=seed, out=Path(home) / "run")
                named = {
                    f.name.split(" ")[0] for f in diagnose(run.folder, checkpoint="latest").findings
                }
            named_of_runs = named & {"saturated", "exploding", "undertrained"}
            missed += fault != "none" and fault not in named_of_runs
            false_alarms += bool(named_of_runs - {fault})
            also |= named_of_runs - {fault}
        missed_cell = "" if fault == "none" else f"{missed} of {repeats}"
        lines.append(
            f"| a run | {fault} | {strength} | {missed_cell} | {false_alarms} of {repeats} | "
            f"{', '.join(sorted(also))} |"
        )
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Plant, count, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--data", nargs="*", default=["fashion", "digits", "emoji", "ring"])
    parser.add_argument("--no-runs", action="store_true", help="leave out the runs")
    args = parser.parse_args()
    lines = [line for name in args.data for line in sample_rows(name, args.repeats)]
    lines += [] if args.no_runs else run_rows(args.repeats)
    header = "| data | planted | strength | missed | something else named | which |"
    PAGE.write_text(
        "# Planted faults, and what `gansmith diagnose` says of them\n\n"
        f"    OMP_NUM_THREADS=1 python benchmarks/diagnose.py --repeats {args.repeats}\n\n"
        "Half of the held-out examples are the generator; what is planted in them is named in the "
        "table.\nA fault may bring another with it: copies of few pictures, or half a data set's "
        "classes, are\nless variety too.\n\n"
        f"{header}\n|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n"
    )
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
