"""Train the judges that ship with the package: features for the metrics, made from real data.

    python tools/train_judges.py fashion     # needs the whole of Fashion-MNIST on this machine
    python tools/train_judges.py digits
    python tools/train_judges.py emoji

Seeded, on the CPU. Writes gansmith/pretrained/files/NAME.safetensors and NAME.json. The weights
depend on the number of threads in their last bits, as float32 sums do.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.data.build import image_dataset
from gansmith.data.spec import Dataset
from gansmith.metrics.speech import recognizer_input
from gansmith.pretrained.judges import DIM, Judge, JudgeCard

FILES = Path(__file__).parents[1] / "gansmith" / "pretrained" / "files"
BATCH = 200


@dataclass(frozen=True)
class TrainingPlan:
    """What a judge is trained on, and how long and with which changes to the pictures.

    source: the data set trained on; shift: pixels; flip: mirrored half of the time;
    bend: size of the random linear map; grid: of the last map, the judge's own by default.
    """

    source: str
    data: str
    held: str
    licence: str
    epochs: int
    shift: int = 0
    flip: bool = False
    bend: float = 0.0
    grid: int | None = None


PLANS = {
    "fashion": TrainingPlan(
        source="fashion-mnist",
        data="the 60,000 training pictures of Fashion-MNIST",
        held="official test",
        licence="trained on Fashion-MNIST, MIT (Zalando SE)",
        epochs=10,
        shift=2,
        flip=True,
    ),
    "digits": TrainingPlan(  # shifts cost 2 % in cross-validation over blocks of digits
        source="digits",
        data="the 1,437 training pictures of the shipped 8x8 digits",
        held="held-out split",
        licence="trained on UCI optical digits, CC-BY-4.0 (Alpaydin and Kaynak)",
        epochs=60,
    ),
    "emoji": TrainingPlan(
        source="emoji",
        data="nine tenths of the emoji codes in four styles",
        held="held-out codes (every tenth)",
        licence="trained on Noto (Apache-2.0), Twemoji (CC-BY-4.0), OpenMoji (CC-BY-SA-4.0) "
        "and Fluent (MIT) emoji; the weights hold no picture",
        epochs=24,
        shift=2,
        flip=True,
        bend=0.1,
    ),
    "spoken-digits": TrainingPlan(
        source="spoken-digits",
        data="log-mel pictures of the 1,500 training clips of the shipped spoken digits",
        held="official test",
        licence="trained on the Free Spoken Digit Dataset, CC-BY-SA-4.0; the weights hold no sound",
        epochs=60,
        shift=2,
        grid=2,
    ),
}


def open_split(name: str) -> Dataset:
    """A data set of pictures; of sounds, what they look like."""
    data = open_data(name)
    if data.spec.kind == "image":
        return data
    parts = [
        {"real": recognizer_input(part["real"], data.spec.rate), "label": part["label"]}
        for part in (data.train, data.held_out)
    ]
    return image_dataset(name, *parts, classes=data.spec.classes, licence=data.spec.licence)


def jitter(x: Tensor, shift: int, flip: bool, rng: Rng) -> Tensor:
    """Each picture moved by at most `shift` pixels and mirrored half of the time; uint8."""
    n, _, height, width = x.shape
    rows, columns = (rng.integers(2 * shift + 1, n, 1) for _ in range(2))
    columns = columns + torch.arange(width)
    mirrored = rng.uniform(n, 1) < (0.5 if flip else 0.0)
    columns = torch.where(mirrored, columns.flip(1), columns)
    rows = rows + torch.arange(height)
    padded = F.pad(x.float(), (shift,) * 4, mode="replicate")
    picked = padded.permute(0, 2, 3, 1)[
        torch.arange(n).view(n, 1, 1), rows.unsqueeze(2), columns.unsqueeze(1)
    ]
    return picked.permute(0, 3, 1, 2)  # (B, C, H, W) in channels_last strides


def warp(x: Tensor, amount: float, rng: Rng) -> Tensor:
    """Each picture under a random linear map near the identity; float (B, C, H, W)."""
    maps = torch.eye(2, 3) + amount * (2 * rng.uniform(len(x), 2, 3) - 1)
    grid = F.affine_grid(maps, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


@torch.no_grad()
def accuracy(judge: Judge, x: Tensor, y: Tensor) -> float:
    """Share of pictures whose class is named rightly."""
    judge.eval()
    predicted = torch.cat([judge(judge.preprocess(part)).argmax(1) for part in x.split(1000)])
    return float((predicted == y).double().mean())


def fit(judge: Judge, data: Dataset, plan: TrainingPlan, seed: int) -> None:
    """AdamW with a short warm-up and a cosine to zero."""
    x, y = data.train["real"], data.train["label"]
    per_epoch = len(x) // BATCH
    steps = per_epoch * plan.epochs
    judge.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch has it
    optimiser = torch.optim.AdamW(judge.parameters(), lr=4e-3, weight_decay=0.05)
    warm = max(1, steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda i: min((i + 1) / warm, 0.5 + 0.5 * math.cos(math.pi * i / steps))
    )
    started = time.monotonic()
    for epoch in range(plan.epochs):
        judge.train()
        order = Rng(seed, epoch, 0).permutation(len(x))
        rng = Rng(seed, epoch, 1)
        for i in range(per_epoch):
            picks = order[i * BATCH : (i + 1) * BATCH]
            augmented = jitter(x[picks], plan.shift, plan.flip, rng) / 127.5 - 1
            if plan.bend:
                augmented = warp(augmented, plan.bend, rng)
            loss = F.cross_entropy(judge(augmented), y[picks])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        seconds = time.monotonic() - started
        print(f"epoch {epoch + 1} loss {loss.item():.3f} {seconds:.0f} s", flush=True)


def save_judge(name: str, judge: Judge, data: Dataset, plan: TrainingPlan, seed: int) -> None:
    """Store matrices in half precision, measure what was stored, write the card."""
    weights = {k: v.contiguous() for k, v in judge.state_dict().items()}
    weights = {k: v.half() if v.ndim > 1 else v for k, v in weights.items()}
    target = FILES / f"{name}.safetensors"
    save_file(weights, target)
    target.chmod(0o644)
    judge.load_state_dict({k: v.float() if v.ndim > 1 else v for k, v in weights.items()})
    held = {plan.held: data}
    if plan.source != name:  # more was at hand than ships with the package
        held["shipped held-out split"] = open_split(name)
    card = JudgeCard(
        name=name,
        size=judge.size,
        channels=judge.channels,
        classes=data.spec.classes,
        dim=DIM,
        accuracy={
            k: accuracy(judge, d.held_out["real"], d.held_out["label"]) for k, d in held.items()
        },
        counts={"train": data.spec.train, **{k: d.spec.held_out for k, d in held.items()}},
        data=plan.data,
        fingerprint=data.spec.fingerprint,
        preprocessing=f"{judge.size}x{judge.size}, {judge.channels} channels, bytes / 127.5 - 1",
        command=f"python tools/train_judges.py {name} --seed {seed}",
        seed=seed,
        epochs=plan.epochs,
        licence=plan.licence,
        grid=plan.grid,
    )
    (FILES / f"{name}.json").write_text(json.dumps(asdict(card), indent=2) + "\n", "utf-8")
    print(name, card.accuracy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=list(PLANS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    plan = PLANS[given.name]
    data = open_split(plan.source)
    torch.manual_seed(given.seed)  # the initial weights
    spec = data.spec
    judge = Judge(size=spec.size, channels=spec.channels, classes=len(spec.classes), grid=plan.grid)
    fit(judge, data, plan, given.seed)
    save_judge(given.name, judge, data, plan, given.seed)


if __name__ == "__main__":
    main()
