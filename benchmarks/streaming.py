"""Training from a file that memory need not hold, against the same step on pictures in memory.

    python benchmarks/streaming.py                       # 5 GiB of pictures, about eight minutes
    python benchmarks/streaming.py --gib 0.5 --rounds 3
    python benchmarks/streaming.py folder --count 20000  # how fast PNG files are decoded

array: writes 32x32x3 pictures as one .npy into a temporary folder, lets Gansmith make its file of
them, and plays the preset dcgan on it. A child process for each size of the set says how much
memory of its own it needs at most (RssAnon: what the system cannot take back) while it opens the
set for the first time and while it plays. Before every round the file is dropped from the system's
cache, so that each picture comes from the disk, as it does when the set is larger than memory. The
arm "memory" plays the same game on as many pictures as 64 MiB hold, and "again" is that arm once
more, which tells the noise. Steps of all three alternate; ratios to "memory" are medians over
rounds. "plain mapping" reads the same rows through np.load(mmap_mode="r"), for comparison.

The temporary folder is removed at the end, also when something fails.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from alternate import alternate
from PIL import Image

from gansmith.core.trainer import Trainer
from gansmith.data import Dataset, open_data, open_source
from gansmith.data.source import Source
from gansmith.presets import find_preset

SIZE, CHANNELS = 32, 3
WIDTH = SIZE * SIZE * CHANNELS
MEMORY = 64 * 2**20  # bytes of the set that lies in memory


def write_array(path: Path, gib: float) -> None:
    """So many GiB of random pictures, uint8 (N, 3, 32, 32), a block at a time."""
    count = int(gib * 2**30 / WIDTH)
    draw = np.random.default_rng(0)
    with open(path, "wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, CHANNELS, SIZE, SIZE)}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, count, 20_000):
            file.write(draw.bytes(min(20_000, count - start) * WIDTH))


def write_folder(path: Path, count: int) -> None:
    """So many PNG files in ten class folders."""
    draw = np.random.default_rng(0)
    for number in range(count):
        folder = path / str(number % 10)
        folder.mkdir(exist_ok=True)
        values = draw.integers(0, 256, (SIZE, SIZE, CHANNELS), np.uint8)
        Image.fromarray(values).save(folder / f"{number:06}.png")


def drop_page_cache(path: Path) -> None:
    """Take a file out of the system's cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Memory:
    """The most memory of its own that this process had, MB, looked at every 20 ms."""

    def __init__(self) -> None:
        self.most = self.now()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.most = max(self.most, self.now())
            time.sleep(0.02)

    def since(self) -> float:
        """The largest value since the last call."""
        most, self.most = max(self.most, self.now()), self.now()
        return most

    @staticmethod
    def now(what: str = "RssAnon") -> float:
        """A line of /proc/self/status, MB."""
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(what + ":"))


def trainer(dataset: Dataset, source: Source) -> Trainer:
    """The preset dcgan as `gansmith train` plays it."""
    torch.manual_seed(0)
    recipe = find_preset("dcgan").build(dataset.spec)
    return Trainer(
        recipe.game,
        source,
        optim=recipe.optim,
        ema=recipe.ema,
        channels_last=recipe.channels_last,
    )


def measure_child(path: Path, rounds: int, steps: int) -> dict[str, float]:
    """Open the set, play rounds on it and in memory; the numbers of the table."""
    memory = Memory()
    facts = {"start MB": memory.since()}
    began = time.perf_counter()
    dataset = open_data(path)
    facts["first opening s"] = time.perf_counter() - began
    facts["most MB while opening"] = memory.since()
    began = time.perf_counter()
    dataset = open_data(path)
    facts["later opening s"] = time.perf_counter() - began
    memory.since()
    batch = find_preset("dcgan").build(dataset.spec).batch
    file = dataset.file
    if file is None:
        raise SystemExit(f"{path} is too small to be kept in a file; give more --gib")
    stream = open_source(dataset, batch, 0)
    small = dataset.train["real"][: MEMORY // WIDTH].clone()
    arms = {
        "memory": trainer(dataset, Source({"real": small}, batch, 0)),
        "again": trainer(dataset, Source({"real": small}, batch, 0)),
        "file": trainer(dataset, stream),  # type: ignore[arg-type]
    }
    for arm in arms.values():
        arm.play()
    memory.since()
    for name in ("memory", "again"):
        arms[name].play()
    facts["most MB, steps in memory"] = memory.since()
    names = list(arms)
    times: dict[str, list[float]] = {name: [] for name in arms}
    for turn in range(rounds):
        drop_page_cache(file.path)
        sums = dict.fromkeys(arms, 0.0)
        for step in range(steps):
            first = (turn + step) % len(names)
            for name in names[first:] + names[:first]:
                began = time.perf_counter()
                arms[name].play()
                sums[name] += time.perf_counter() - began
        for name in arms:
            times[name].append(sums[name] / steps)
    facts["most MB while playing"] = memory.since()
    facts["mapped MB after"] = memory.now("RssFile")
    facts |= {f"{name} ms": 1000 * median(times[name]) for name in arms}
    for name in ("again", "file"):
        ratios = sorted(b / a for a, b in zip(times["memory"], times[name], strict=True))
        facts[f"{name} / memory"] = median(ratios)
        facts[f"{name} / memory, a quarter below"] = ratios[len(ratios) // 4]
        facts[f"{name} / memory, a quarter above"] = ratios[-1 - len(ratios) // 4]
    drop_page_cache(file.path)
    reads = alternate({"at": lambda: stream.at(next(numbers))}, 1, 200)
    facts["cold batch ms"] = 1000 * median(reads["at"])
    drop_page_cache(file.path)
    facts["cold batch ms, plain mapping"] = plain_mapping(file.path, batch)
    reads = alternate({"memory": lambda: arms["memory"].source.at(next(numbers))}, 5, 200)
    facts["memory batch ms"] = 1000 * median(reads["memory"])
    return facts


def plain_mapping(path: Path, batch: int, calls: int = 40) -> float:
    """Mean milliseconds of a batch of random rows through a mapping as numpy makes it."""
    values = np.load(path, mmap_mode="r")
    draw = np.random.default_rng(1)
    began = time.perf_counter()
    for _ in range(calls):
        values[draw.integers(0, len(values), batch)]
    return 1000 * (time.perf_counter() - began) / calls


numbers = iter(range(1000, 10**9))


def run_child(words: list[str], folder: Path) -> dict[str, float]:
    """Run this script in a process of its own, with a cache of its own."""
    environment = os.environ | {"GANSMITH_CACHE": str(folder / "cache")}
    command = [sys.executable, __file__, *words]
    result = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return found


def check_disk_space(folder: Path, gib: float) -> None:
    """Ends the program when the disk has not room for the set twice, and a fifth more."""
    free = shutil.disk_usage(folder).free / 2**30
    if free < 2.2 * gib:
        raise SystemExit(f"{folder} has {free:.1f} GiB free; this needs {2.2 * gib:.1f}")


def arrays(sizes: list[float], rounds: int, steps: int) -> None:
    """A column for each size of the set."""
    columns = []
    with tempfile.TemporaryDirectory(prefix="gansmith-streaming-") as place:
        folder = Path(place)
        check_disk_space(folder, max(sizes))
        for gib in sizes:
            path = folder / "big.npy"
            write_array(path, gib)
            drop_page_cache(path)
            words = ["child", "--path", str(path), "--rounds", str(rounds), "--steps", str(steps)]
            columns.append(run_child(words, folder))
            shutil.rmtree(folder / "cache")
    print("| | " + " | ".join(f"{gib:g} GiB" for gib in sizes) + " |")
    print("| --- " * (1 + len(sizes)) + "|")
    for name in columns[0]:
        row = " | ".join(f"{column[name]:.4g}" for column in columns)
        print(f"| {name} | {row} |")


def folders(count: int) -> None:
    """Pictures per second from a folder of PNG files, cold."""
    with tempfile.TemporaryDirectory(prefix="gansmith-streaming-") as place:
        folder = Path(place)
        (folder / "png").mkdir()
        write_folder(folder / "png", count)
        found = run_child(["decode", "--path", str(folder / "png")], folder)
    print(f"{count} PNG files of 32x32: {found['s']:.1f} s, {count / found['s']:.0f} a second; ")
    print(f"memory {found['start']:.0f} MB before, {found['most']:.0f} MB at most")


def decode(path: Path) -> dict[str, float]:
    """Open a folder; how long it took, and memory before and at most."""
    from gansmith.data.readers.read import read_path

    memory = Memory()
    start, began = memory.since(), time.perf_counter()
    read_path(path, large=1)
    return {"s": time.perf_counter() - began, "start": start, "most": memory.since()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = ["array", "folder", "child", "decode"]
    parser.add_argument("kind", nargs="?", default="array", choices=kinds)
    parser.add_argument("--gib", type=float, nargs="+", default=[1.0, 5.0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--path", type=Path, help="used by the script itself")
    options = parser.parse_args()
    if options.kind == "array":
        arrays(options.gib, options.rounds, options.steps)
    elif options.kind == "folder":
        folders(options.count)
    elif options.kind == "child":
        print(json.dumps(measure_child(options.path, options.rounds, options.steps)))
    else:
        print(json.dumps(decode(options.path)))


if __name__ == "__main__":
    main()
