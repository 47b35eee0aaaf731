"""`gansmith.train` and `gansmith.open_run`: what the command line does, from Python."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gansmith.core.distributed import choose_device, rank
from gansmith.runs.plan import plan
from gansmith.runs.run import Run

HUB = "hf:"  # before user/name, where the path of a run folder may stand too


def train(
    preset: str | None = None,
    *,
    data: Any = None,
    steps: int | None = None,
    minutes: float | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    paper: bool = False,
    begin_from: str | Path | None = None,
    metrics: str | Sequence[str] = (),
    sample_every: int | None = None,
    log: str | None = None,
    device: str | None = None,
    **keywords: Any,
) -> Run:
    """Train a preset and return its run.

    preset: a name in `gansmith.presets.PRESETS`, or file.py:function. By default the one that suits
        the data, which is printed with the reason; ebgan without data.
    data: a name, a path, my_file.py:my_data, or a Python object: a Dataset, a tensor or an array, a
        pair of examples and labels, a torch.utils.data.Dataset or a DataLoader (see
        `gansmith.data.objects`); the preset's own data by default.
    steps, minutes: the length of the run; the preset's own steps by default.
    out: the run's folder; a fresh one in runs/ by default.
    paper: take the paper's constants.
    begin_from: start with the players of another run (fine-tuning).
    metrics: numbers to take with every sample sheet, as `evaluate` names them, or functions
        my_file.py:mine (generated, real) -> number; the first selects `best`.
    sample_every: steps between two sample sheets, each of them scored.
    log: also write the curves and sample sheets to tensorboard, trackio or wandb.
    device: cpu, cuda or mps, from now on in this process; auto, as at first, takes cuda if it can.
    keywords: the preset's own, and size, channels, val, skip_bad, labelled, micro, precision,
        clip, compile, where they differ from their defaults.
    Raises ValueError, TypeError or OSError for what cannot work, before anything is written.
    """
    if device is not None:
        choose_device(device)
    run = plan(
        preset,
        data=data,
        steps=steps,
        minutes=minutes,
        out=out,
        seed=seed,
        paper=paper,
        begin_from=begin_from,
        metrics=metrics,
        sample_every=sample_every,
        log=log,
        **keywords,
    )
    if run.choice and run.choice.because and rank() == 0:
        print(run.choice, file=sys.stderr)
    return Run.begin(run.folder, run.config, run.dataset, automatic=out is None).play()


def open_run(
    folder: str | Path,
    *,
    device: str | None = None,
    trust: bool = False,
    data: Any = None,
    preset: str | None = None,
) -> Run:
    """Open a run folder, to sample, resume or evaluate it.

    folder: its path, or hf:user/name for a run that `gansmith push` has shared on a hub; what is
        fetched is kept in the cache folder.
    device: as in `train`.
    trust: execute the files of code that the run may name, which can do all that you can; without
        it such a run cannot be used.
    data: where the run's data is now, where that has moved; or again the Python object that the run
        began with, without which such a run is sampled and not resumed or measured.
    preset: where the file of the run's preset is now, file.py:name, where that has moved; it is
        executed with `trust` only.
    """
    if device is not None:
        choose_device(device)
    if str(folder).startswith(HUB):
        from gansmith.sharing.hub import fetched

        folder = fetched(str(folder).removeprefix(HUB))
    return Run.open(folder, trust=trust, data=data, preset=preset)
