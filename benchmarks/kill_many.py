"""Kill every preset's training 20 times at random, and compare it with a run left in peace.

    python benchmarks/kill_many.py
    python benchmarks/kill_many.py --presets wgan-gp seqgan --kills 3 --steps 60

Each preset is trained twice with the same configuration: once undisturbed, and once in
sittings that are ended by SIGKILL after a random while, and resumed from what lies in the
folder. A quarter of the kills falls into the start of a sitting; every second waits after its
while until a file is being written, and sittings write a checkpoint after every step, every
0.05 s or every 0.2 s, onto a disk that takes 3 ms to sync. Then both folders must hold the
same bits: checkpoints, best, curves, samples, config. Exit status 1 when they do not.

A sitting is a fork of a process that has imported everything, so it starts at once. Scores
are taken on 100 samples, to be quick.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.figure  # noqa: F401  here, so that every sitting finds them imported
import scipy.linalg  # noqa: F401
import torch
import torch._dynamo

from gansmith.core import files
from gansmith.evaluation import select
from gansmith.presets import PRESETS
from gansmith.runs import checkpoint
from gansmith.runs.config import FILE, Config
from gansmith.runs.plan import plan
from gansmith.runs.run import Run

EVERY = (0.0, 0.05, 0.2)  # seconds between checkpoints, in turn
IMAGE = dict(data="digits", width=4, latent=8, batch=8)
SMALL: dict[str, dict[str, Any]] = {
    "gan": dict(data="ring", width=4, latent=8, batch=8),
    "cyclegan": dict(size=16, width=4, d_width=4, blocks=1, pool_size=8, batch=2),
    "seqgan": dict(
        embed_dim=8, hidden_dim=8, filters=4, rollouts=2, batch=8, mle_steps=40, d_pretrain_steps=20
    ),
}


class Outcome(NamedTuple):
    """What became of one preset."""

    kills: int
    unfinished: int
    sittings: int
    tensors: int
    files: int
    difference: str


def slow_sync(file: int, sync: Callable[[int], None] = os.fsync) -> None:
    """os.fsync on a slow disk, so that a kill meets a half-written file more often."""
    time.sleep(0.003)
    sync(file)


def run_session(run: Run, every: float) -> None:
    """One sitting in a forked process: begin or go on, play to the end, and leave."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    os.fsync = slow_sync
    status = 1
    try:
        begun = (run.folder / FILE).exists()
        run = Run.open(run.folder) if begun else Run.begin(run.folder, run.config)
        run.play(every)
        status = 0
    except Exception as error:
        (run.folder.parent / f"{run.folder.name}.error").write_text(repr(error))
    finally:
        os._exit(status)


def start(run: Run, every: float) -> int:
    """Fork a sitting; its process id."""
    child = os.fork()
    if child == 0:
        run_session(run, every)
    return child


def wait_for(child: int, run: Run) -> bool:
    """Wait for a sitting; whether it came to its end by itself.

    Raises RuntimeError when it failed for another reason than the kill.
    """
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, -signal.SIGKILL):
        error = run.folder.parent / f"{run.folder.name}.error"
        raise RuntimeError(f"a sitting of {run.folder.name} failed: {error.read_text()}")
    return code == 0


def kill_repeatedly(
    run: Run, kills: int, seconds: float, rng: random.Random
) -> tuple[int, int, int]:
    """Kill and resume until the run is done: kills, those that left a file unfinished, sittings."""
    done = unfinished = sittings = 0
    while True:
        before = _unfinished(run.folder)
        child = start(run, EVERY[sittings % len(EVERY)])
        sittings += 1
        if done < kills:
            longest = 0.25 if rng.random() < 0.25 else 2 * seconds / kills
            time.sleep(rng.uniform(0.0, longest))
            if sittings % 2 == 0:
                _await_write(child, run.folder)
            os.kill(child, signal.SIGKILL)
        if wait_for(child, run):
            return done, unfinished, sittings
        done += 1
        unfinished += not _unfinished(run.folder) <= before


def _await_write(child: int, folder: Path) -> None:
    """Return with a sitting halted in the middle of writing a file, or after two seconds."""
    late, before = time.monotonic() + 2, _unfinished(folder)
    while time.monotonic() < late:
        if _unfinished(folder) <= before:
            continue
        os.kill(child, signal.SIGSTOP)
        os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if not _unfinished(folder) <= before:
            return
        os.kill(child, signal.SIGCONT)


def _unfinished(folder: Path) -> set[str]:
    """The half-written files of a run folder."""
    places = (folder / "checkpoints", folder / "samples", folder)
    names = (name for place in places if place.is_dir() for name in os.listdir(place))
    return {name for name in names if name.endswith(files.UNFINISHED)}


def first_difference(one: Path, other: Path) -> tuple[int, int, str]:
    """Tensors and files compared, and the first difference between two run folders ("" if none)."""
    tensors = files = 0
    names = [_names(folder) for folder in (one, other)]
    if names[0] != names[1]:
        return 0, 0, f"other files: {sorted(names[0] ^ names[1])}"
    for name in sorted(names[0]):
        if name.endswith(checkpoint.SUFFIX):
            (a, numbers), (b, others) = checkpoint.read(one / name), checkpoint.read(other / name)
            if numbers != others or a.keys() != b.keys():
                return tensors, files, f"{name}: {numbers} and {others}"
            for key in a:
                tensors += 1
                if a[key].dtype != b[key].dtype or not torch.equal(a[key], b[key]):
                    return tensors, files, f"{name}: {key}"
        elif (one / name).read_bytes() != (other / name).read_bytes():
            return tensors, files, name
        files += 1
    return tensors, files, ""


def _names(folder: Path) -> set[str]:
    """Every file but the clock's and the last checkpoint but one, whose step is the clock's too."""
    older = set(checkpoint.newest_first(folder / "checkpoints")[1:])
    files = (path for path in folder.rglob("*") if path.is_file() and path not in older)
    return {str(path.relative_to(folder)) for path in files} - {"clock.json"}


def check_preset(preset: str, steps: int, kills: int, room: Path, rng: random.Random) -> Outcome:
    """Train a preset in peace and under fire, and compare."""
    keywords = SMALL.get(preset, IMAGE)
    peace, fire = (
        plan(preset, steps=steps, seed=3, out=room / f"{preset}-{name}", **keywords)
        for name in ("peace", "fire")
    )
    began = time.monotonic()
    wait_for(start(peace, 0.2), peace)
    seconds = time.monotonic() - began
    print(f"{preset}: {seconds:.1f} s in peace", file=sys.stderr, flush=True)
    counts = kill_repeatedly(fire, kills, seconds, rng)
    assert Config.load(fire.folder).steps == steps
    return Outcome(*counts, *first_difference(peace.folder, fire.folder))


def main() -> int:
    """Print a table row for every preset; 1 when one of them differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=list(PRESETS), choices=list(PRESETS))
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    select.COUNT = 100
    rng = random.Random(options.seed)
    print(f"torch {torch.__version__}, Python {platform.python_version()}, one thread")
    print("\n| preset | kills | during a write | sittings | tensors | files | result |")
    print("|---|---|---|---|---|---|---|")
    bad = 0
    with tempfile.TemporaryDirectory(prefix="kill-many-") as room:
        for preset in options.presets:
            found = check_preset(preset, options.steps, options.kills, Path(room), rng)
            bad += bool(found.difference)
            cells = (preset, *found[:-1], found.difference or "equal")
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
