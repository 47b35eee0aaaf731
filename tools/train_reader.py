"""Train the reader of faces that ships with the package, on faces that the library draws.

    python tools/train_reader.py

Seeded, on the CPU, some ten minutes. Every few steps there are new faces; blur, noise and small
shifts teach it to read pictures that are not drawn well. Writes
gansmith/pretrained/files/faces.safetensors and faces.json.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data.builtin.faces.attributes import BINARY, CONTINUOUS, attributes
from gansmith.data.builtin.faces.drawing import draw_faces
from gansmith.data.builtin.faces.people import IDENTITY, identity
from gansmith.data.builtin.faces.sets import random_faces
from gansmith.data.builtin.faces.shape import POINTS, landmarks
from gansmith.pretrained.face_reader import (
    HIDDEN,
    FaceReader,
    FaceReading,
    ReaderCard,
    landmark_error,
    reidentification_rate,
)

FILES = Path(__file__).parents[1] / "gansmith" / "pretrained" / "files"
BATCH, POOL, REUSED = 128, 2048, 4  # faces of a batch and of a pool, and how often a pool is seen
WIDE = 128  # hidden units while it learns; those that matter least are cut out in the end
TRAINING, TESTING = 10, 11  # of the streams of random faces, apart from those of the data sets


def faces(count: int, *key: int) -> tuple[Tensor, FaceReading]:
    """Faces as bytes and what they were drawn from."""
    people, poses, _ = random_faces(count, *key)
    true = (attributes(people, poses), landmarks(people, poses), identity(people))
    return draw_faces(people, poses), FaceReading(*(torch.from_numpy(x).float() for x in true))


def degrade(x: Tensor, rng: Rng) -> Tensor:
    """Pictures in [-1, 1], some blurred, all with noise of a strength drawn for each."""
    n = len(x)
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = torch.lerp(x, soft, rng.uniform(n, 1, 1, 1) * (rng.uniform(n, 1, 1, 1) < 0.5))
    return x + 0.15 * rng.uniform(n, 1, 1, 1) * rng.normal(*x.shape)


def loss(predicted: FaceReading, true: FaceReading) -> Tensor:
    yes = len(BINARY)
    sure = F.binary_cross_entropy_with_logits(
        predicted.attributes[:, :yes], (true.attributes[:, :yes] + 1) / 2
    )
    degrees = F.mse_loss(predicted.attributes[:, yes:], true.attributes[:, yes:])
    places = F.smooth_l1_loss(predicted.landmarks, true.landmarks, beta=0.02)
    return sure + degrees + 10 * places + F.mse_loss(predicted.identity, true.identity)


def fit(reader: FaceReader, steps: int, seed: int) -> None:
    reader.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch has it
    optimiser = torch.optim.AdamW(reader.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda i: min((i + 1) / 100, 0.5 + 0.5 * math.cos(math.pi * i / steps))
    )
    per_pool, started = POOL // BATCH * REUSED, time.monotonic()
    for step in range(steps):
        if step % per_pool == 0:
            pool, true = faces(POOL, TRAINING, seed, step)
        rows = Rng(seed, step).permutation(POOL)[:BATCH]
        x = degrade(to_float(pool[rows]), Rng(seed, step, 1))
        value = loss(reader(x), FaceReading(*(t[rows] for t in true)))
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        schedule.step()
        if step % 200 == 199:
            print(f"{step + 1} {value.item():.3f} {time.monotonic() - started:.0f} s", flush=True)


def prune(reader: FaceReader) -> FaceReader:
    """The same with the hidden units of the largest weights only, so that it is small to ship."""
    small = FaceReader(len(BINARY), len(CONTINUOUS), POINTS, IDENTITY)
    matter = reader.hidden.weight.norm(dim=1) * reader.head.weight.norm(dim=0)
    kept = matter.topk(HIDDEN).indices.sort().values
    weights = reader.state_dict()
    for name in ("hidden.weight", "hidden.bias"):
        weights[name] = weights[name][kept]
    weights["head.weight"] = weights["head.weight"][:, kept]
    small.load_state_dict(weights)
    return small


def report(reader: FaceReader, seed: int) -> dict[str, float]:
    """The accuracy on faces that it was not trained on."""
    pictures, true = faces(4000, TESTING, seed)
    found, yes = reader.read(pictures), len(BINARY)
    right = (found.attributes[:, :yes] > 0) == (true.attributes[:, :yes] > 0)
    numbers = {"binary": float(right.double().mean())}
    for place, name in enumerate(BINARY):
        numbers[name] = float(right[:, place].double().mean())
    for place, name in enumerate(CONTINUOUS, yes):
        both = torch.stack([found.attributes[:, place], true.attributes[:, place].double()])
        numbers[name] = float(torch.corrcoef(both)[0, 1])
    numbers["landmarks"] = landmark_error(found.landmarks, true.landmarks)
    numbers["reidentification"] = reidentification_rate(found.identity, true.identity)
    return numbers


def save_reader(reader: FaceReader, seed: int, steps: int) -> None:
    """Store matrices in half precision, measure what was stored, write the card."""
    weights = {
        k: (v.half() if v.ndim > 1 else v).contiguous() for k, v in reader.state_dict().items()
    }
    save_file(weights, FILES / "faces.safetensors")
    (FILES / "faces.safetensors").chmod(0o644)
    reader.load_state_dict({k: v.float() if v.ndim > 1 else v for k, v in weights.items()})
    card = ReaderCard(
        binary=BINARY,
        continuous=CONTINUOUS,
        points=POINTS,
        identity=IDENTITY,
        held_out=report(reader.eval(), seed),
        data="faces drawn by the library, new ones all the time",
        command=f"python tools/train_reader.py --seed {seed} --steps {steps}",
        seed=seed,
        licence="CC0-1.0",
    )
    (FILES / "faces.json").write_text(json.dumps(asdict(card), indent=2) + "\n", "utf-8")
    print(card.held_out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)  # the initial weights
    reader = FaceReader(len(BINARY), len(CONTINUOUS), POINTS, IDENTITY, WIDE)
    fit(reader, given.steps, given.seed)
    save_reader(prune(reader), given.seed, given.steps)


if __name__ == "__main__":
    main()
