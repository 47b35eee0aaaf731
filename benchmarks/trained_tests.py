"""How much room the tests that train to a threshold have: seeds and vector instructions.

    python benchmarks/trained_tests.py [native-0 avx2-3 ...] [--tests PATH] [--select EXPRESSION]
        [--folder DIR] [--read]

Plays each test marked `trained` (tests/conftest.py) with five seeds, and each seed with the vector
instructions of this processor, with AVX2 and with none, or the given parts of this matrix; prints a
Markdown table of each number, its bounds, and its range over all that lies in the folder. What lies
there already is not played again: delete its file to do so. Parts of one selection each may lie in
folders below it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

import torch

ROOT = Path(__file__).parents[1]
# PyTorch's own kernels, oneDNN's and MKL's choose their instructions each by its own variable.
INSTRUCTIONS = {
    "native": {},
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "default": {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"},
}
Numbers = dict[tuple[str, str], tuple[float, float, float]]  # (test, name): value, low, high


def play(seed: int, instructions: str, tests: str, select: str, page: Path) -> None:
    """Run the trained tests once; their numbers go to a JUnit file."""
    words = [sys.executable, "-m", "pytest", tests, "-m", "trained", "-o", "junit_family=xunit1"]
    part = page.with_suffix(".part")
    environment = {"GANSMITH_TEST_SEED": str(seed), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [*words, "-k", select, f"--junitxml={part}"],
        cwd=ROOT,
        env=os.environ | environment | INSTRUCTIONS[instructions],
        stdout=subprocess.DEVNULL,
        check=False,  # a test that fails is a row of the table
    )
    part.rename(page)


def read(page: Path) -> Numbers:
    """The numbers of a JUnit file; a test that broke off before it had any counts as NaN."""
    found: Numbers = {}
    for case in ElementTree.parse(page).iter("testcase"):
        test = f"{case.get('classname', '').removeprefix('tests.')}: {case.get('name')}"
        for entry in case.iter("property"):
            value, low, high = map(float, entry.get("value", "").split())
            found[test, entry.get("name", "")] = value, low, high
        if case.find("failure") is not None and case.find("properties") is None:
            found[test, "raised"] = float("nan"), 0.0, 0.0
    return found


def table(matrix: dict[str, Numbers]) -> str:
    """A row for each number: bounds, least, median and most over the matrix, and what missed."""
    rows = sorted({key for numbers in matrix.values() for key in numbers})
    lines = ["| test | number | wanted | least | median | most | missed |", "| --- " * 7 + "|"]
    for test, name in rows:
        seen = {part: found[test, name] for part, found in matrix.items() if (test, name) in found}
        values = [value for value, _, _ in seen.values()]
        _, low, high = next(iter(seen.values()))
        # NaN lies within nothing
        missed = [part for part, (value, low, high) in seen.items() if not low <= value <= high]
        numbers = " | ".join(f"{x:.3g}" for x in (min(values), median(values), max(values)))
        told = f"{len(missed)} of {len(seen)} {', '.join(missed)}".strip()
        lines.append(f"| {test} | {name} | {low:.3g} to {high:.3g} | {numbers} | {told} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    every = [f"{name}-{seed}" for seed in range(5) for name in INSTRUCTIONS]
    parser.add_argument("parts", nargs="*", help="by default all: " + " ".join(every))
    parser.add_argument("--tests", default="tests", help="a file or folder of tests")
    parser.add_argument("--select", default="", help="an expression for pytest -k")
    parser.add_argument("--folder", type=Path, default=Path("runs/trained_tests"))
    parser.add_argument("--read", action="store_true", help="print what is there and play nothing")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    for part in [] if args.read else args.parts or every:
        page = (args.folder / f"{part}.xml").absolute()
        if not page.exists():
            instructions, _, seed = part.partition("-")
            play(int(seed), instructions, args.tests, args.select, page)
    matrix: dict[str, Numbers] = {}
    for page in sorted(args.folder.rglob("*.xml")):
        matrix.setdefault(page.stem, {}).update(read(page))
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"torch {torch.__version__}; native is {capability}; {len(matrix)} runs of each test\n")
    print(table(matrix))


if __name__ == "__main__":
    main()
