"""`gansmith.train` and `gansmith.open_run`: what the command line does, from Python."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.core.distributed import choose_device, rank
from gansmith.runs import run as runs
from gansmith.runs.plan import plan

if TYPE_CHECKING:
    from gansmith.diagnosis import Diagnosis
    from gansmith.export.export import Form
    from gansmith.modalities.base import Sheet

HUB = "hf:"  # before user/name, where the path of a run folder may stand too


class Run(runs.Run):
    """A run and its folder; what commands do with it are methods of the same names.

    A notebook shows a run, its sheets and its diagnosis.
    """

    def show(self, n: int = 64, seed: int = 0, condition: Any = None) -> Sheet:
        """A sheet of n samples, as `sample` generates them, to look at or to `write`.

        Of a run that does not sample, such as one with domains, the sheet of its training.
        """
        from gansmith.inference.sample import sheet

        return sheet(self, n, seed, condition)

    def diagnose(self, against: Any = None, *, n: int = 2000, seed: int = 0) -> Diagnosis:
        """What is wrong with the run, and what to try; written into RUN/diagnosis."""
        from gansmith.diagnosis import diagnose_run, write_diagnosis

        found = diagnose_run(self, against, n=n, seed=seed)
        write_diagnosis(found, self.folder / "diagnosis")
        return found

    def export(self, out: str | Path | None = None, form: Form = "torch-export") -> list[Path]:
        """Write the players for use without Gansmith, into RUN/export by default; the files."""
        from gansmith.export.export import export

        return export(self, Path(out or self.folder / "export"), form)

    def report(self) -> Path:
        """Write report.html into the run's folder; its path."""
        from gansmith.report import write_report

        return write_report(self)

    def _repr_html_(self) -> str:
        from gansmith.report import summary_html

        return summary_html(self)


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
