"""How long a step takes with one thread and two, by how OpenMP's threads wait for each other.

    python benchmarks/threads.py [PRESET] [--rounds 3] [--steps 20]

The settings take turns, each in a process of its own, alone and beside a process that is busy all
the time. Prints a Markdown table of the median step in milliseconds and of the load of the machine
before the script began: on a machine that is busy anyhow, no column is quiet.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

SETTINGS: dict[str, dict[str, str]] = {
    "two threads, GNU OpenMP's default": {},
    "two threads, GOMP_SPINCOUNT=3000": {"GOMP_SPINCOUNT": "3000"},
    "two threads, GOMP_SPINCOUNT=300 (the package's)": {"GOMP_SPINCOUNT": "300"},
    "two threads, GOMP_SPINCOUNT=0": {"GOMP_SPINCOUNT": "0"},
    "two threads, OMP_WAIT_POLICY=PASSIVE": {"OMP_WAIT_POLICY": "PASSIVE"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}
BUSY = "while True: pass"


def time_steps(preset: str, steps: int) -> None:
    """Print the median seconds of a step."""
    import torch

    torch.set_num_threads(1 if os.environ.get("OMP_NUM_THREADS") == "1" else 2)
    from gansmith.runs.plan import plan

    os.environ["OMP_NUM_THREADS"] = str(torch.get_num_threads())  # it is given: no trial
    with tempfile.TemporaryDirectory() as folder:
        run = plan(preset, data="fashion", out=Path(folder) / "run")
        trainer = run.trainer(run.recipe())
    taken = []
    for _ in range(steps):
        began = time.perf_counter()
        trainer.train_step()
        taken.append(time.perf_counter() - began)
    print(median(taken[2:]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("preset", nargs="?", default="ebgan")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--play", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.play:
        time_steps(args.preset, args.steps)
        return
    load = os.getloadavg()[0]
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "MKL_"))}
    words = [sys.executable, __file__, args.preset, "--steps", str(args.steps), "--play"]
    found: dict[tuple[str, bool], list[float]] = {}
    for _ in range(args.rounds):
        for busy in (False, True):
            beside = subprocess.Popen([sys.executable, "-c", BUSY]) if busy else None
            for name, setting in SETTINGS.items():
                text = subprocess.check_output(words, env=bare | setting, text=True)
                found.setdefault((name, busy), []).append(1000 * float(text.split()[-1]))
            if beside:
                beside.kill()
    print(f"{args.preset}, {os.cpu_count()} cores, load {load:.1f} before the start\n")
    print("| | alone | beside a busy process |\n| --- | --- | --- |")
    for name in SETTINGS:
        alone, beside_busy = (median(found[name, busy]) for busy in (False, True))
        print(f"| {name} | {alone:.3g} | {beside_busy:.3g} |")


if __name__ == "__main__":
    main()
