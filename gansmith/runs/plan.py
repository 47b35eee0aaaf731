"""From a request to a run: one path for the command line, Python and sweeps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from gansmith.core import distributed
from gansmith.core.bounds import check_bounds
from gansmith.core.files import user_path
from gansmith.core.python_file import fingerprints, in_python_file, located
from gansmith.data import given_name, open_given, parse_name
from gansmith.evaluation.select import check_metrics
from gansmith.presets import find_preset, is_file
from gansmith.presets.choose import Choice, choose_preset
from gansmith.runs.config import ENDLESS, Config
from gansmith.runs.loggers import check_logger
from gansmith.runs.run import Run, versions

PRESET = "ebgan"  # where neither a preset nor data is named
MINUTES = 4.0
LOOKS = 4  # a short run writes this many sample sheets at least
OPENING = ("size", "channels", "val", "skip_bad", "labelled", "labelled_seed")
PLAYING = ("micro", "precision", "clip", "compile")


def plan(
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
    **keywords: Any,
) -> Run:
    """The run that `train` would play: everything is resolved and checked, nothing is written.

    Without a preset the data decides which, and `Run.choice` says why.
    Raises ValueError, TypeError or OSError for what cannot work.
    """
    if steps is not None and minutes is not None:
        raise ValueError("give --steps or --minutes, not both: each sets the length of the run")
    if not isinstance(preset, str | None):
        raise TypeError(
            f"a preset is given by its name, a function of your own as my_file.py:my_preset; got "
            f"{preset!r}"
        )
    given = {"preset": preset, "data": data, "steps": steps, "minutes": minutes, "seed": seed}
    check_bounds(given | {"sample_every": sample_every, "out": out, "from": begin_from})
    check_bounds({name: keywords[name] for name in (*OPENING, *PLAYING) if name in keywords})
    options = {k: v for k in OPENING if (v := keywords.pop(k, None)) is not None}
    playing = {k: keywords.pop(k) for k in PLAYING if k in keywords}
    check_logger(log)
    if begin_from is not None:
        Run.open(begin_from)
    distributed.init()
    where = None if data is None else given_name(data)
    dataset, choice = None, Choice(preset or PRESET, "")
    if preset is None and where is not None:
        dataset = open_given(data if where.is_object else where, **options)
        choice = choose_preset(dataset.spec)
    preset = choice.preset
    chosen = find_preset(preset)
    resolved = chosen.keywords({**choice.keywords, **keywords}, paper)
    if steps is not None and "steps" in resolved:
        resolved["steps"] = steps
    where = where or parse_name(chosen.data)
    dataset = dataset or open_given(data if where.is_object else where, **options)
    torch.manual_seed(seed)
    recipe = chosen.build(dataset.spec, **resolved)
    names = metrics.split(",") if isinstance(metrics, str) else list(metrics)
    check_metrics(names, dataset, recipe.game)
    if minutes is not None and recipe.schedule(ENDLESS // 2, ENDLESS) != 1:
        raise ValueError(
            f"{preset} changes its learning rate in the first half of the run, so it must know the "
            "last step from the start: give --steps (--dry-run tells how long they take)"
        )
    length = ENDLESS if minutes is not None else steps or recipe.steps
    config = Config(
        preset=located(preset) if is_file(preset) else preset,
        keywords=resolved,
        data=str(where.absolute()),
        options=options,
        spec=dataset.spec.to_json(),
        seed=seed,
        steps=length,
        minutes=minutes,
        channels_last=recipe.channels_last,
        sample_every=sample_every or min(recipe.sample_every, max(1, length // LOOKS)),
        metrics=[located(name) if in_python_file(name) else name for name in names],
        began_from=None if begin_from is None else str(user_path(begin_from).absolute()),
        log=log,
        versions=versions(),
        **playing,
    )
    config.code = {part: fingerprints(name) for part, name in config.code_names.items()}
    folder = next_folder(Path("runs"), preset, dataset.spec.name) if out is None else user_path(out)
    Run.claim(folder)
    run = Run(folder, config)
    run.dataset, run.trusted, run.choice = dataset, True, choice
    run.check()
    config.versions["threads"] = run.choose_threads()
    return run


def next_folder(runs: Path, preset: str, data: str) -> Path:
    """The next free folder, runs/PRESET-DATA-0007."""
    stem = re.sub(r"[^A-Za-z0-9.+-]+", "-", f"{Path(preset).stem}-{Path(data).name}").strip("-")
    taken = [int(p.name[-4:]) for p in runs.glob(f"{stem}-[0-9][0-9][0-9][0-9]")]
    return runs / f"{stem}-{max(taken, default=-1) + 1:04d}"
