"""Quality for time: every unconditional preset on `fashion`, equal processor time, two seeds.

    python benchmarks/quality.py run [PRESET ...] [--minutes 5] [--seeds 2]  # what is missing
    python benchmarks/quality.py table                                      # from what is there
    python benchmarks/quality.py run --data digits --minutes 0.5            # another shipped set

A run trains the default constants for so many minutes of one core; the seeds of a preset play side
by side, one core each. Processor time and not the wall clock is counted, so that other work on the
machine changes little. Then 4,000 samples of the averaged players at the last step are measured
against the held-out pictures. Each run leaves a JSON and a strip of samples (the first ones, not
chosen) in benchmarks/results/quality/DATA/; `table` writes quality.md and the pictures from them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

RESULTS = Path(__file__).parent / "results" / "quality"
PAGE = Path(__file__).parent / "results" / "quality.md"
PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
DATA = "fashion"
OTHER_DATA = ("digits", "emoji")  # the other shipped pictures
SOLVED_GAIN = 3  # times nearer than an untrained generator
METRICS = ("cfid", "precision", "recall", "sharpness")
STRIP = 16
CHUNK = 5  # steps between two looks at the clock
WARMUP_STEPS = 20  # steps of a trial, to foresee the number of steps: some presets part a run by it


def names() -> list[str]:
    """The presets whose default data is `fashion`."""
    from gansmith.presets import PRESETS

    return [name for name, preset in PRESETS.items() if preset.data == DATA]


def play(preset: str, data: str, seed: int, minutes: float) -> None:
    """One run, in this process and on one core."""
    import torch

    from gansmith.core.images import to_uint8
    from gansmith.core.rng import Rng
    from gansmith.core.trainer import NonFiniteError
    from gansmith.evaluation.evaluate import measure
    from gansmith.rendering.grid import make_grid
    from gansmith.runs.plan import plan

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        trial = plan(preset, data=data, seed=seed, out=out)
        trainer = trial.trainer(trial.recipe())
        began = time.process_time()
        for _ in range(WARMUP_STEPS):
            trainer.train_step()
        steps = WARMUP_STEPS * 60 * minutes / (time.process_time() - began)
        run = plan(preset, data=data, seed=seed, steps=round(steps), out=out)
        trainer = run.trainer(run.recipe())
    with trainer.ema.applied(trainer.game) as game:
        untrained = measure(game, run.dataset, n=1000)["cfid"].value
    spent, diverged = 0.0, ""
    while spent < 60 * minutes and not diverged:
        began = time.process_time()
        try:
            for _ in range(CHUNK):
                trainer.train_step()
        except NonFiniteError as error:
            diverged = str(error)
        spent += time.process_time() - began
    result: dict[str, Any] = {
        "preset": preset,
        "data": data,
        "seed": seed,
        "minutes": minutes,
        "steps": trainer.step,
        "seconds": round(spent, 1),
        "untrained_cfid": untrained,
        "keywords": run.config.keywords,
        "torch": torch.__version__,
    }
    if diverged:
        result["diverged"] = diverged
    else:
        with trainer.ema.applied(trainer.game) as game:
            found = measure(game, run.dataset)
            strip = make_grid(to_uint8(game.sample(STRIP, Rng(0, 1, 1))), STRIP)
        result |= {name: found[name].value for name in METRICS}
        result |= {f"real_{name}": found[name].real for name in METRICS}
        strip.save(RESULTS / data / f"{preset}-{seed}.png")
    (RESULTS / data / f"{preset}-{seed}.json").write_text(json.dumps(result, indent=1) + "\n")


def run_all(presets: list[str], data: str, minutes: float, seeds: int) -> None:
    """Every run that has left no JSON yet, the seeds of a preset at once."""
    folder = RESULTS / data
    folder.mkdir(parents=True, exist_ok=True)
    for preset in presets or names():
        missing = [s for s in range(seeds) if not (folder / f"{preset}-{s}.json").exists()]
        words = [sys.executable, __file__, "one", preset, "--data", data]
        words += ["--minutes", str(minutes), "--seed"]
        for process in [subprocess.Popen([*words, str(seed)]) for seed in missing]:
            process.wait()
        if missing:
            print(table_row(preset, data), flush=True)


def results(preset: str, data: str = DATA) -> list[dict[str, Any]]:
    """What the runs of a preset left, by seed."""
    paths = sorted((RESULTS / data).glob(f"{preset}-[0-9].json"))
    return [json.loads(path.read_text()) for path in paths]


def table_row(preset: str, data: str = DATA) -> str:
    """The row of a preset: the mean of each number, and the number of each seed behind it."""
    runs = results(preset, data)
    good = [run for run in runs if "diverged" not in run]
    steps = " / ".join(f"{run['steps']:,}" for run in runs)
    if not good:
        return f"| `{preset}` | {steps} | diverged | | | | |"
    cells = []
    for name in METRICS:
        each = " / ".join("diverged" if "diverged" in run else f"{run[name]:.3g}" for run in runs)
        cells.append(f"{mean(run[name] for run in good):.3g} ({each})")
    return f"| `{preset}` | {steps} | {' | '.join(cells)} | {improvement(good):.0f}x |"


def improvement(runs: list[dict[str, Any]]) -> float:
    """How many times nearer a trained generator is than an untrained one."""
    return mean(run["untrained_cfid"] / run["cfid"] for run in runs)


def other_data_rows(presets: list[str]) -> list[str]:
    """The other shipped pictures: cFID, and how often it is that of no training."""
    minutes, real = {}, {}
    for data in OTHER_DATA:
        for run in results(presets[0], data)[:1]:
            minutes[data], real[data] = run["minutes"], run["real_cfid"]
    if len(minutes) < len(OTHER_DATA):
        return []
    head = [f"{data}, {60 * minutes[data]:g} s (real {real[data]:.3g})" for data in OTHER_DATA]
    rows = [f"| preset | {' | gain | '.join(head)} | gain |", "| --- " * 5 + "|"]
    failed = []
    for preset in presets:
        cells = []
        for data in OTHER_DATA:
            good = [run for run in results(preset, data) if "diverged" not in run]
            if good:
                times = improvement(good)
                cells += [" / ".join(f"{run['cfid']:.3g}" for run in good), f"{times:.1f}x"]
            else:
                times = 0.0
                cells += ["diverged" if results(preset, data) else "not run", ""]
            if times < SOLVED_GAIN:
                failed.append(f"`{preset}` on {data}")
        rows.append(f"| `{preset}` | {' | '.join(cells)} |")
    note = f"Less than {SOLVED_GAIN} times nearer: {', '.join(failed) or 'none'}."
    return ["", "## The other shipped pictures", "", *rows, "", note]


def table() -> None:
    """quality.md: the table, best first, and pictures of the strips of seed 0, one a family."""
    from gansmith.presets import FAMILIES

    there = sorted(
        (preset for preset in names() if results(preset)),
        key=lambda preset: mean(run.get("cfid", 1e9) for run in results(preset)),
    )
    one = results(there[0])[0]
    real = ", ".join(f"{name} {one[f'real_{name}']:.3g}" for name in METRICS)
    head = [
        "# Quality for time",
        "",
        f"Default constants on `fashion`, {one['minutes']:g} minutes a preset on two cores: two",
        "seeds side by side, one core each (AMD EPYC,",
        f"torch {one['torch']}); mean (seed 0 / seed 1). Real data: {real}. `gain` is the cFID of",
        "the untrained generator over that of the trained one. Command:",
        "`python benchmarks/quality.py run`, then `python benchmarks/quality.py table`.",
        "",
        "| preset | steps | cFID | precision | recall | sharpness | gain |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows = [table_row(preset) for preset in there]
    missing = [preset for preset in names() if preset not in there]
    tail = ["", f"Not run: {', '.join(missing)}."] if missing else []
    tail += ["", "The first samples of seed 0, not chosen, in the order of the table:", ""]
    tail += ["![A row of garments for each preset](../../docs/pictures/quality.png)"]
    tail += other_data_rows(there)
    PAGE.write_text("\n".join(head + rows + tail) + "\n")
    picture("quality", there)
    for family, members in FAMILIES.items():
        if any(preset in there for preset in members):
            picture(family, [preset for preset in members if preset in there])
    print("\n".join(rows))


def picture(name: str, presets: list[str]) -> None:
    """docs/pictures/NAME.png: a strip of each preset with its name."""
    from PIL import Image, ImageDraw

    strips = [
        (preset, Image.open(path))
        for preset in presets
        if (path := RESULTS / DATA / f"{preset}-0.png").exists()
    ]
    wide, high = strips[0][1].size
    sheet = Image.new("RGB", (wide + 130, (high + 4) * len(strips)), "white")
    for row, (preset, strip) in enumerate(strips):
        sheet.paste(strip, (130, row * (high + 4)))
        ImageDraw.Draw(sheet).text((4, row * (high + 4) + high / 2 - 6), preset, fill="black")
    sheet.save(PICTURES / f"{name}.png", optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("act", choices=["run", "one", "table"])
    parser.add_argument("presets", nargs="*")
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.act == "one":
        play(options.presets[0], options.data, options.seed, options.minutes)
    elif options.act == "run":
        run_all(options.presets, options.data, options.minutes, options.seeds)
    else:
        table()


if __name__ == "__main__":
    main()
