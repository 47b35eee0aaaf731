"""What every preset reaches at its defaults on its own data: one row of numbers each.

    python benchmarks/presets.py runs/presets [PRESET ...]

Trains each preset from scratch (seed 0, one after the other) unless its run is there already,
measures the averaged players of the last checkpoint against the held-out data, and prints a
Markdown table. Seconds are of training alone, on the machine at hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gansmith
from gansmith.metrics import Measured
from gansmith.presets import PRESETS
from gansmith.runs.config import FILE

METRICS = ("cfid", "cis", "precision", "recall", "sharpness", "jsd_1", "jsd_2", "jsd_3", "valid")
TRANSLATION_METRICS = (
    "cfid_noto_to_twemoji",
    "cfid_twemoji_to_noto",
    "l1_to_pair_noto_to_twemoji",
    "l1_of_input_to_pair_noto_to_twemoji",
)


def row(preset: str, folder: Path) -> str:
    """Train or open the run of a preset; its line of the table."""
    there = (folder / FILE).exists()
    run = gansmith.open_run(folder) if there else gansmith.train(preset, out=folder)
    found = run.choose("latest").evaluate()
    numbers = "; ".join(
        format_number(found[name]) for name in (*METRICS, *TRANSLATION_METRICS) if name in found
    )
    spec = run.config.spec
    return f"| `{preset}` | {spec['name']} | {run.step} | {run.seconds:.0f} | {numbers} |"


def format_number(number: Measured) -> str:
    """Name, value and what real data gets."""
    real = "" if number.real is None else f" ({number.real:.3g})"
    return f"{number.name} {number.value:.3g}{real}"


def main() -> None:
    out, *names = sys.argv[1:]
    print("| preset | data | steps | seconds | numbers (real data in brackets) |")
    print("| --- | --- | --- | --- | --- |")
    for preset in names or PRESETS:
        print(row(preset, Path(out) / preset), flush=True)


if __name__ == "__main__":
    main()
