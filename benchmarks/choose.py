"""Which unconditional preset suits one's own images: equal processor time, several data sets.

    python benchmarks/choose.py run NAME --data PATH --size 64 --seconds 120 [--seed 0] [PRESET ...]
    python benchmarks/choose.py table    # benchmarks/results/choose.md, from what is there

Each run trains a preset's default constants for so many processor seconds on one core, so that
other work on the machine changes little, then measures samples of the averaged generator against
the held-out quarter of the images, as `gansmith evaluate` does. Images that are not shipped have no
judge of their own, so cFID is by a stand-in: only ratios within one data set mean anything, and the
sheet of each run, in --sheets, has to be looked at. A run leaves a JSON in
benchmarks/results/choose/, and one that has left it is not repeated.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

RESULTS = Path(__file__).parent / "results" / "choose"
PAGE = Path(__file__).parent / "results" / "choose.md"
PRESETS = ("ebgan", "dcgan", "wgan-gp", "r3gan", "hinge", "lsgan", "sngan")
METRICS = ("cfid", "precision", "recall", "sharpness")
VAL = 0.25
CHUNK = 5  # steps between two looks at the clock


def play(name: str, preset: str, options: argparse.Namespace) -> None:
    """One run in this process, on one core."""
    import torch

    from gansmith.core.images import to_uint8
    from gansmith.core.rng import Rng
    from gansmith.core.trainer import NonFiniteError
    from gansmith.evaluation.evaluate import measure
    from gansmith.rendering.grid import make_grid
    from gansmith.runs.plan import plan

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        run = plan(
            preset,
            data=options.data,
            size=options.size,
            val=VAL,
            seed=options.seed,
            minutes=options.seconds / 60,
            out=Path(folder) / "run",
        )
        trainer = run.trainer(run.recipe())
    spent, diverged = 0.0, ""
    while spent < options.seconds and not diverged:
        began = time.process_time()
        try:
            for _ in range(CHUNK):
                trainer.train_step()
        except NonFiniteError as error:
            diverged = str(error)
        spent += time.process_time() - began
    spec = run.dataset.spec
    result: dict[str, Any] = {
        "preset": preset,
        "data": name,
        "size": spec.size,
        "channels": spec.channels,
        "train": spec.train,
        "held_out": spec.held_out,
        "seed": options.seed,
        "steps": trainer.step,
        "seconds": round(spent, 1),
        "torch": torch.__version__,
    }
    if diverged:
        result["diverged"] = diverged
    else:
        with trainer.ema.applied(trainer.game) as game:
            found = measure(game, run.dataset, only=METRICS)
            sheet = make_grid(to_uint8(game.sample(32, Rng(0, 1, 1))), 8)
        result |= {key: found[key].value for key in METRICS}
        result |= {f"real_{key}": found[key].real for key in METRICS}
        if options.sheets is not None:
            options.sheets.mkdir(parents=True, exist_ok=True)
            sheet.save(options.sheets / f"{stem(name, preset, options.seed)}.png")
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{stem(name, preset, options.seed)}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


def stem(name: str, preset: str, seed: int) -> str:
    """What a run's files are called."""
    return f"{name}-{preset}-{seed}"


def results() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """What the runs left: data -> preset -> seeds."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for path in sorted(RESULTS.glob("*.json")):
        run = json.loads(path.read_text())
        found.setdefault(run["data"], {}).setdefault(run["preset"], []).append(run)
    return found


def rows_of(runs: dict[str, list[dict[str, Any]]]) -> list[str]:
    """A row for each preset, the best first."""
    rows = []
    for preset in sorted(runs, key=lambda x: mean(run.get("cfid", 1e9) for run in runs[x])):
        steps = " / ".join(f"{run['steps']:,}" for run in runs[preset])
        cells = [
            " / ".join(f"{run[key]:.3g}" if key in run else "diverged" for run in runs[preset])
            for key in METRICS
        ]
        rows.append(f"| `{preset}` | {steps} | {' | '.join(cells)} |")
    return rows


def table() -> None:
    """choose.md: a table for each data set, the best preset first."""
    lines = [
        "# Which preset for one's own images",
        "",
        "Default constants, equal processor seconds of one core, numbers of the averaged generator",
        "against the held-out quarter (`python benchmarks/choose.py`). Two numbers are seeds 0 and",
        "1, one is seed 0. cFID is by a stand-in judge, trained on other images: compare within a",
        "table only, and take small differences for chance.",
    ]
    for name, runs in results().items():
        one = next(iter(runs.values()))[0]
        color = "grey" if one["channels"] == 1 else "RGB"
        real = ", ".join(
            f"{key} {one[f'real_{key}']:.3g}" for key in METRICS if f"real_{key}" in one
        )
        form = f"{one['train']:,} images, {one['size']} px, {color}, {one['seconds']:.0f} s"
        lines += [
            "",
            f"## {name}: {form}",
            "",
            f"Real ({one['held_out']} held out): {real}.",
            "",
            "| preset | steps | cFID | precision | recall | sharpness |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows_of(runs),
        ]
    PAGE.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("act", choices=["run", "table"])
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("presets", nargs="*")
    parser.add_argument("--data", default="")
    parser.add_argument("--size", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheets", type=Path, default=None)
    options = parser.parse_intermixed_args()
    if options.act == "table":
        table()
        return
    for preset in options.presets or PRESETS:
        if not (RESULTS / f"{stem(options.name, preset, options.seed)}.json").exists():
            play(options.name, preset, options)


if __name__ == "__main__":
    main()
