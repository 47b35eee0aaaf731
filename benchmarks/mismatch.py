"""Real examples with wrong conditions as negatives of D: each preset with each weight, three seeds.

    python benchmarks/mismatch.py run [PRESET ...] [--seeds 3] [--share 0.5]  # what is missing
    python benchmarks/mismatch.py table                                      # from what is there

A run trains a share of the preset's own steps, one thread; then the averaged players at the last
step are measured on held-out conditions. Each run leaves a JSON in benchmarks/results/mismatch/;
`table` writes mismatch.md from them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

RESULTS = Path(__file__).parent / "results" / "mismatch"
PAGE = RESULTS.with_suffix(".md")
N = 1000
# preset -> weights of real and of mismatched pairs, the generated pairs having 1, and the numbers
ARMS: dict[str, tuple[tuple[tuple[float, float], ...], tuple[str, ...]]] = {
    "projection": (((1, 0), (1, 1)), ("cfid", "accuracy")),
    "sound-to-image": (((1, 0), (1, 1)), ("cfid", "r_precision")),
    "gan-cls": (((2, 1), (1, 1), (1, 0)), ("cfid", "r_precision")),
    "two-score": (((2, 1), (1, 1)), ("cfid", "accuracy")),
    "stackgan": (((2, 1), (1, 1)), ("cfid", "r_precision")),
    "pix2pix": (((1, 0), (1, 1)), ("cfid", "l1")),
    "next-frame": (((1, 0), (1, 1)), ("cfid", "psnr")),
    "multi-label": (((1, 0), (1, 1)), ("f1", "exact")),
}


def play(preset: str, weights: tuple[float, float], seed: int, share: float) -> dict[str, Any]:
    """One run."""
    import torch

    from gansmith.evaluation.evaluate import measure
    from gansmith.presets import PRESETS
    from gansmith.runs.plan import plan

    torch.set_num_threads(1)
    data = PRESETS[preset].data
    given = {"mismatch_weight": float(weights[1])}
    if weights[0] != 1 or preset in ("gan-cls", "two-score", "stackgan"):
        given["real_weight"] = float(weights[0])
    with tempfile.TemporaryDirectory() as folder:
        whole = plan(preset, data=data, out=Path(folder) / "run").config.steps
        if preset == "stackgan":
            given["small_steps"] = round(share * whole / 2)
        steps = round(share * whole)
        run = plan(preset, data=data, seed=seed, steps=steps, out=Path(folder) / "run", **given)
        trainer = run.trainer(run.recipe())
    began = time.process_time()
    while trainer.step < steps:
        trainer.train_step()
    spent = time.process_time() - began
    with trainer.ema.applied(trainer.game) as game:
        found = measure(game, run.dataset, N, only=ARMS[preset][1])
    return {
        "preset": preset,
        "weights": weights,
        "seed": seed,
        "steps": steps,
        "seconds": round(spent, 1),
        "torch": torch.__version__,
        "numbers": {key: number.value for key, number in found.items()},
        "real": {key: number.real for key, number in found.items()},
    }


def run_all(presets: list[str], seeds: int, share: float) -> None:
    """Every run that has left no JSON yet."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    for preset in presets or ARMS:
        for seed in range(seeds):
            for weights in ARMS[preset][0]:
                path = RESULTS / f"{preset}-{weights[0]:g}-{weights[1]:g}-{seed}.json"
                if not path.exists():
                    found = play(preset, weights, seed, share)
                    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
                    print(preset, weights, seed, found["seconds"], found["numbers"], flush=True)


def table() -> str:
    """A row for each preset and weight."""
    lines = ["| preset | real : generated : mismatched | steps | seconds a run | numbers |"]
    lines += ["| --- " * 5 + "|"]
    for preset, (arms, keys) in ARMS.items():
        for weights in arms:
            paths = sorted(RESULTS.glob(f"{preset}-{weights[0]:g}-{weights[1]:g}-*.json"))
            runs = [json.loads(path.read_text("utf-8")) for path in paths]
            if not runs:
                continue
            cells = []
            for key in keys:
                each = [run["numbers"][key] for run in runs]
                if each:
                    shown = ", ".join(f"{x:.3g}" for x in each)
                    cells.append(f"{key} {mean(each):.3g} ({shown})")
            shown = f"{weights[0]:g} : 1 : {weights[1]:g}"
            seconds = mean(run["seconds"] for run in runs)
            row = [
                f"`{preset}`",
                shown,
                f"{runs[0]['steps']:,}",
                f"{seconds:.0f}",
                "; ".join(cells),
            ]
            lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("presets", nargs="*")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.5)
    options = parser.parse_args()
    if options.what == "run":
        run_all(options.presets, options.seeds, options.share)
    else:
        head = f"# Mismatched pairs\n\n{__doc__}\n"
        PAGE.write_text(f"{head}\n{table()}\n", "utf-8")
        print(table())


if __name__ == "__main__":
    main()
