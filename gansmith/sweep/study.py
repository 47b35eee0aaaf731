"""A sweep: many runs of a preset with other keywords, scored alike and kept in one folder.

sweeps/NAME holds sweep.json (all that was asked), journal.log (the trials, kept by Optuna),
trials/0007 (a run folder each) and, at the end, scores.png and report.html. Any number of
processes and machines that see the folder play it together: a trial is claimed in the
storage, held by a lock while it is played, and taken up where it stopped when its player died.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from gansmith.api import fresh, plan
from gansmith.core import distributed
from gansmith.core.trainer import NonFiniteError
from gansmith.data import DataError, Dataset
from gansmith.evaluation import select
from gansmith.runs import checkpoint
from gansmith.runs.config import FILE as CONFIG
from gansmith.runs.run import Run
from gansmith.sweep.lease import STALE, alive, claimed, held, node, note
from gansmith.sweep.plan import Asked, ask
from gansmith.sweep.search_space import grid
from gansmith.sweep.storage import distribution, open_storage, quiet_optuna
from gansmith.sweep.trial import Trial, failure, said

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import Study

FILE = "sweep.json"
DEATHS = 3  # of a trial's player at one step, after which the trial is given up


def sweep(
    preset: str,
    *,
    vary: Mapping[str, Any] | None = None,
    trials: int | None = None,
    sampler: str = "random",
    metric: str | None = None,
    out: str | Path | None = None,
    storage: str | None = None,
    tell: Callable[[str], None] | None = None,
    **train: Any,
) -> list[Trial]:
    """Search over a preset's keywords; its trials, the best first.

    vary: what is searched for each keyword: "1e-4..1e-2" or (1e-4, 1e-2) is a range, "16,32" or
        [16, 32] are choices. The usual keywords around their defaults by default. `seed` can be
        varied like a keyword.
    trials: how many; 20 by default, or all combinations of a grid.
    sampler: random, grid or tpe (arXiv:2304.11127).
    metric: a number of `evaluate` to search by, such as cfid, against held-out data; by default
        the lowest score of a run, against training data.
    out: the sweep's folder; a fresh one in sweeps/ by default.
    storage: URL of a database that knows the trials, in the place of a file in the folder.
    tell: is given a line after each trial.
    train: as `gansmith.train` takes it, the same for all trials.
    Raises ValueError, TypeError or OSError for what cannot work, before anything is written, and
    RuntimeError without Optuna: pip install 'gansmith[sweep]'.
    """
    begun = Sweep.begin(
        preset,
        vary=vary,
        trials=trials,
        sampler=sampler,
        metric=metric,
        out=out,
        storage=storage,
        **train,
    )
    return begun.play(tell).trials()


class Sweep:
    """A sweep and its folder.

    run: a trial's run at the preset's own values, of a sweep that was planned here.
    stopped: the signal that ended the last sitting, or "".
    """

    run: Run

    def __init__(self, folder: Path, asked: Asked, storage: str | None = None) -> None:
        self.folder, self.asked, self.storage_url = folder, asked, storage
        self.stopped = ""

    @classmethod
    def plan(
        cls,
        preset: str,
        *,
        vary: Mapping[str, Any] | None = None,
        trials: int | None = None,
        sampler: str = "random",
        metric: str | None = None,
        out: str | Path | None = None,
        storage: str | None = None,
        **train: Any,
    ) -> Sweep:
        """The sweep that `sweep` would play: all is resolved and checked, nothing is written."""
        quiet_optuna()
        if out is not None and (Path(out) / FILE).exists():
            raise FileExistsError(
                f"{out} already holds a sweep: go on by `gansmith sweep --resume {out}`, or "
                "choose another --out"
            )
        run = plan(preset, out=out, **train)
        if distributed.world() > 1:
            raise ValueError("a sweep is played by single processes; start several of them instead")
        asked = ask(run, vary, trials, sampler, metric, train)
        name = run.dataset.spec.name
        folder = Path(out) if out is not None else fresh(Path("sweeps"), preset, name)
        planned = cls(folder, asked, storage)
        planned.run, planned.dataset = run, run.dataset
        return planned

    @classmethod
    def begin(cls, preset: str, **options: Any) -> Sweep:
        """Plan a sweep, make its folder and its storage, and write sweep.json."""
        return cls.plan(preset, **options).make()

    def make(self) -> Sweep:
        """Make the folder and the storage of a planned sweep."""
        optuna = quiet_optuna()
        if self.storage_url is None:
            self.folder.mkdir(parents=True, exist_ok=True)
        direction = "maximize" if self.asked.better == "higher" else "minimize"
        try:
            study = optuna.create_study(
                storage=self.storage, study_name=self._name, direction=direction
            )
        except optuna.exceptions.DuplicatedStudyError:
            raise FileExistsError(
                f"the storage already knows a sweep {self._name!r}: go on with it by --resume "
                f"{self.folder} --storage URL, or choose another --out"
            ) from None
        study.set_user_attr("asked", self.asked.to_json())
        self._save()
        return self

    @classmethod
    def open(cls, folder: str | Path, storage: str | None = None) -> Sweep:
        """Open a sweep's folder, or make it when the storage knows the sweep.

        storage: URL of the database, where the folder does not say it.
        Raises FileNotFoundError when there is no such sweep.
        """
        folder = Path(folder)
        path = folder / FILE
        if path.exists():
            page = json.loads(path.read_text())
            storage = storage or page["storage"]
            if storage is None and page["remote"]:
                raise ValueError(
                    f"the storage of {folder} wants a password, which is not kept: give --storage"
                )
        elif storage is None:
            raise FileNotFoundError(f"{folder} is not a sweep: it has no {FILE}")
        opened = cls(folder, None, storage)  # type: ignore[arg-type]  # what was asked comes next
        try:
            asked = opened.study.user_attrs["asked"]
        except KeyError:
            raise FileNotFoundError(
                f"the storage knows no sweep {opened._name!r}; sweeps go by their folder's name"
            ) from None
        opened.asked = Asked.from_json(asked)
        folder.mkdir(parents=True, exist_ok=True)
        opened._save()
        return opened

    @property
    def _name(self) -> str:
        return self.folder.resolve().name if self.storage_url else "sweep"

    def _save(self) -> None:
        """Write sweep.json; a URL with a password is left out of it."""
        url = self.storage_url
        kept = None if url is None or urlsplit(url).password else url
        page = self.asked.to_json() | {"storage": kept, "remote": url is not None}
        checkpoint.replace(self.folder / FILE, (json.dumps(page, indent=2) + "\n").encode())

    @cached_property
    def storage(self) -> BaseStorage:
        """What knows the trials."""
        return open_storage(self.folder, self.storage_url)

    @cached_property
    def study(self) -> Study:
        """Optuna's view of the sweep."""
        return quiet_optuna().load_study(study_name=self._name, storage=self.storage)

    @cached_property
    def dataset(self) -> Dataset:
        """The data, opened once for all trials."""
        return self._planned({}, self.folder / "trials" / ".none").dataset

    def lengthen(self, trials: int) -> Sweep:
        """Ask for so many trials in all.

        Raises ValueError for fewer than were asked for before, or more than a grid has.
        """
        before = self.asked.trials
        if trials < before:
            raise ValueError(
                f"{self.folder} was asked for {before} trials, and a sweep can only grow; give "
                f"--trials {before} or more, or 0 to see its table"
            )
        if self.asked.sampler == "grid":
            most = len(self._combinations)
            if trials > most:
                raise ValueError(f"the grid has {most} combinations; {trials} trials are too many")
        self.asked.trials = trials
        self.study.set_user_attr("asked", self.asked.to_json())
        self._save()
        return self

    def play(self, tell: Callable[[str], None] | None = None) -> Sweep:
        """Play every trial that nobody plays and that has no result yet.

        A trial that diverges, finds too little memory or errs has a result, and the sweep goes
        on. Ctrl-C and SIGTERM save the trial being played, and end the sitting.
        Raises OSError, CheckpointError or DataError for what is not a trial's fault.
        """
        optuna = quiet_optuna()
        waiting = optuna.trial.create_trial(state=optuna.trial.TrialState.WAITING)
        while len(self.study.get_trials(deepcopy=False)) < self.asked.trials:
            self.study.add_trial(waiting)
        some = True
        while some and not self.stopped:  # again, for what others began and left meanwhile
            some = False
            for number in range(self.asked.trials):
                played = self._maybe(number)
                if self.stopped:
                    break
                some = some or played
                if played and tell is not None:
                    tell(self._line(number))
        return self

    def _maybe(self, number: int) -> bool:
        """Play a trial if nobody does and it has no result; whether it has one now."""
        ident = self.storage.get_trial_id_from_study_id_trial_number(self.study._study_id, number)
        if self.storage.get_trial(ident).state.is_finished():
            return False
        path = self._folder(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        with held(path.with_name(f".{path.name}.lock")) as lock:
            if lock is None or not claimed(self.storage, ident, lock, self._at(number)):
                return False
            with alive(self.storage, ident) as owns:
                return self._one(number, ident, owns)

    def _one(self, number: int, ident: int, owns: Callable[[], bool]) -> bool:
        """Play a trial to its end and record what came of it; whether there is a result."""
        from optuna.trial import TrialState

        keywords = self._keywords(number, ident)
        lost = self.storage.get_trial(ident).user_attrs.get("lost", [])
        score: float | None = None
        began = time.monotonic()
        try:
            if lost[-DEATHS:] == [self._at(number)] * DEATHS:
                raise MemoryError(
                    f"its process died {DEATHS} times at step {lost[-1]}, as it does when the "
                    "machine has too little memory"
                )
            run = self._run(number, keywords).play()
            self.stopped = run.stopped if run.stopped.startswith("SIG") else ""
            if self.stopped:
                return False
            score, best = self._score(run)
            notes = {"what": "done", "step": run.choose("latest").step, "best": best}
        except (OSError, checkpoint.CheckpointError, DataError):
            raise  # the machine's fault or the data's, and no result
        except Exception as error:
            notes = failure(error) | {"step": self._failed_at(number, error)}
        if not owns():
            return False
        note(
            self.storage, ident, **notes, seconds=self._seconds(number) or time.monotonic() - began
        )
        if score is not None:
            self.study.tell(number, score, skip_if_finished=True)
            return True
        # An error says nothing of the keywords; divergence and memory do, and tpe learns from
        # pruned trials.
        state = TrialState.FAIL if notes["what"] == "error" else TrialState.PRUNED
        self.study.tell(number, state=state, skip_if_finished=True)
        return True

    def _keywords(self, number: int, ident: int) -> dict[str, Any]:
        """The keywords of a trial: of its number and the sweep's seed alone, but for tpe."""
        from optuna.trial import Trial as Suggests

        parts = {name: distribution(part) for name, part in self.asked.vary.items()}
        if self.asked.sampler == "grid":
            chosen = dict(zip(parts, self._combinations[number], strict=True))
            known = self.storage.get_trial(ident).params
            for name in [name for name in parts if name not in known]:
                inner = parts[name].to_internal_repr(chosen[name])
                self.storage.set_trial_param(ident, name, inner, parts[name])
            return chosen
        seed = int(np.random.SeedSequence((self.asked.seed, number)).generate_state(1)[0])
        samplers = quiet_optuna().samplers
        chosen_by = samplers.TPESampler if self.asked.sampler == "tpe" else samplers.RandomSampler
        self.study.sampler = chosen_by(seed=seed)
        trial = Suggests(self.study, ident)
        return {name: trial._suggest(name, part) for name, part in parts.items()}

    @cached_property
    def _combinations(self) -> list[tuple[Any, ...]]:
        return list(itertools.product(*grid(self.asked.vary).values()))

    def _run(self, number: int, keywords: dict[str, Any]) -> Run:
        """The run of a trial, as it was left or fresh."""
        folder = self._folder(number)
        if (folder / CONFIG).exists():
            run = Run.open(folder)
        else:
            run = self._planned(keywords, folder)
            if run.config.spec["fingerprint"] != self.asked.fingerprint:
                raise DataError(
                    f"{self.asked.data} is not what the sweep began with (it was "
                    f"{self.asked.fingerprint}, now {run.config.spec['fingerprint']}); restore it, "
                    "or begin a new sweep"
                )
            run = Run.begin(folder, run.config)
        run.dataset = self.dataset
        return run

    def _planned(self, keywords: dict[str, Any], folder: Path) -> Run:
        given = {"data": self.asked.data} | self.asked.train | keywords
        return plan(self.asked.preset, out=folder, **given)

    def _score(self, run: Run) -> tuple[float, int]:
        """The score of a run and the step it was taken at.

        Raises NonFiniteError when it is not finite.
        """
        if self.asked.metric is not None:
            number = run.choose("best").evaluate(seed=self.asked.seed)[self.asked.metric]
            far = number.better == "near" and number.real is not None
            value = abs(number.value - number.real) if far else number.value  # type: ignore[operator]
            step = run.step
        else:
            found = run.read("best")[1]["best"]
            if found is None:  # too short for a look
                run.choose("latest")
                found = {"step": run.step} | select.score(run.game, run.dataset, run.config.seed)
            value, step = found["value"], found["step"]
        if not math.isfinite(value):
            raise NonFiniteError(f"its {self.asked.measured} is {value} at step {step}")
        return float(value), int(step)

    def _folder(self, number: int) -> Path:
        return self.folder / "trials" / f"{number:04d}"

    def _at(self, number: int) -> int:
        """The step of a trial's newest checkpoint."""
        newest = checkpoint.newest_first(self._folder(number) / "checkpoints")
        return int(newest[0].stem) if newest else 0

    def _failed_at(self, number: int, error: Exception) -> int:
        named = re.match(r"step (\d+)", str(error)) if isinstance(error, NonFiniteError) else None
        return int(named[1]) if named else self._at(number)

    def _seconds(self, number: int) -> float:
        folder = self._folder(number)
        return Run.open(folder).seconds if (folder / CONFIG).exists() else 0.0

    def trials(self) -> list[Trial]:
        """All trials: those with a score first, the best on top, then the rest by number."""
        known = self.study.get_trials(deepcopy=False)[: self.asked.trials]
        return self._sorted(self._trial(one) for one in known)

    def _sorted(self, trials: Iterable[Trial]) -> list[Trial]:
        sign = -1 if self.asked.better == "higher" else 1
        order = ["done", "playing", "stopped", "waiting", "diverged", "memory", "error"]

        def place(trial: Trial) -> tuple[int, float, int]:
            score = 0.0 if trial.score is None else sign * trial.score
            return order.index(trial.state), score, trial.number

        return sorted(trials, key=place)

    def _trial(self, one: Any) -> Trial:
        notes = one.user_attrs
        if one.state.is_finished():
            state = notes.get("what", "error")
        elif one.state.name == "WAITING":
            state = "waiting"
        else:
            state = "playing" if self._is_played(one) else "stopped"
        return Trial(
            number=one.number,
            folder=self._folder(one.number),
            keywords={name: one.params[name] for name in self.asked.vary if name in one.params},
            state=state,
            score=one.value if state == "done" else None,
            step=notes.get("step") if one.state.is_finished() else self._at(one.number),
            best=notes.get("best"),
            why=notes.get("why", ""),
            term=notes.get("term", ""),
            seconds=notes.get("seconds", 0.0),
        )

    def _is_played(self, one: Any) -> bool:
        """Whether a trial that has begun is being played, as far as can be seen from here."""
        path = self._folder(one.number)
        lock = path.with_name(f".{path.name}.lock")
        if lock.exists():
            with held(lock) as mine:
                if mine is None:
                    return True
                if mine.before == node():
                    return False
        return time.time() - one.user_attrs.get("alive", 0.0) < STALE

    def best(self) -> Trial | None:
        """The trial with the best score, if one has a score."""
        first = next(iter(self.trials()), None)
        return first if first is not None and first.score is not None else None

    def _line(self, number: int) -> str:
        """What a person is told after a trial."""
        from gansmith.runs.progress import clock

        known = self.study.get_trials(deepcopy=False)[: self.asked.trials]
        ended = self._sorted(self._trial(one) for one in known if one.state.is_finished())
        left = len(known) - len(ended)
        mean = sum(trial.seconds for trial in ended) / max(len(ended), 1)
        width = 20 * len(ended) // len(known)
        one = next(trial for trial in ended if trial.number == number)
        best = ended[0] if ended[0].score is not None else None
        score = f"{one.score:.4g}" if one.score is not None else f"{one.state} at step {one.step}"
        told = f"; best {best.score:.4g} (trial {best.number})" if best is not None else ""
        return (
            f"{'━' * width}{'╌' * (20 - width)} {len(ended)}/{len(known)}  trial {number}: "
            f"{said(one.keywords)} -> {score}{told}; about {clock(left * mean)} left"
        )
