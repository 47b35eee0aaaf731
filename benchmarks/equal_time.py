"""What a preset with given keywords reaches in so many seconds of one core.

    OMP_NUM_THREADS=1 python benchmarks/equal_time.py dcgan 120 lr=1e-3 batch=32

Counts processor time of training alone, so that a busy machine does not change the outcome
much; prints the numbers of the averaged generator against the held-out pictures of `fashion`
at half the time and at all of it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from gansmith.evaluation.evaluate import measure
from gansmith.runs.plan import plan

CHUNK = 20  # steps between two looks at the clock


def main() -> None:
    preset, seconds, *pairs = sys.argv[1:]
    keywords = {name: json.loads(value) for name, value in (pair.split("=") for pair in pairs)}
    with tempfile.TemporaryDirectory() as folder:
        run = plan(preset, data="fashion", out=Path(folder) / "run", **keywords)
        trainer = run.trainer(run.recipe())
    spent = 0.0
    for mark in (float(seconds) / 2, float(seconds)):
        while spent < mark:
            began = time.process_time()
            for _ in range(CHUNK):
                trainer.train_step()
            spent += time.process_time() - began
        with trainer.ema.applied(trainer.game) as game:
            found = measure(game, run.dataset)
        shown = {name: round(found[name].value, 3) for name in ("cfid", "precision", "recall")}
        print({"cpu seconds": round(spent), "steps": trainer.step} | shown, flush=True)


if __name__ == "__main__":
    main()
