"""A sweep: many runs of a preset with other keywords, scored alike and kept in one folder.

sweeps/NAME holds sweep.json (the configuration), journal.log (the trials, kept by Optuna),
trials/0007 (a run folder each) and, at the end, scores.png and report.html. Any number of
processes and machines that see the folder run it together: a trial is claimed in the storage,
locked while it runs, and resumed from its newest checkpoint when its process died.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from gansmith.core import distributed
from gansmith.core.bounds import check_bounds
from gansmith.core.files import (
    DamagedError,
    naming_damage,
    refuse_links,
    user_path,
    write_atomic,
)
from gansmith.core.python_file import in_python_file
from gansmith.core.trainer import NonFiniteError
from gansmith.data import DataError, Dataset, parse_name
from gansmith.evaluation import select
from gansmith.runs import checkpoint
from gansmith.runs.config import FILE as CONFIG
from gansmith.runs.config import code_names
from gansmith.runs.plan import next_folder, plan
from gansmith.runs.run import Run, claim_folder
from gansmith.runs.trust import ChangedCodeError, UntrustedError, check_code
from gansmith.sweeps.lease import (
    STALE_SECONDS,
    claim,
    heartbeat,
    hostname,
    set_attributes,
    try_lock,
)
from gansmith.sweeps.plan import SweepConfig, plan_sweep
from gansmith.sweeps.search_space import grid_values
from gansmith.sweeps.storage import import_optuna, open_storage, set_choice, suggest
from gansmith.sweeps.trial import Trial, describe_failure, format_keywords

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import Study
    from optuna.trial import FrozenTrial

FILE = "sweep.json"
MAX_CRASHES = 3  # of a trial's process at one step, after which the trial is given up


def sweep(
    preset: str,
    *,
    vary: Mapping[str, Any] | None = None,
    trials: int | None = None,
    sampler: str = "random",
    metric: str | None = None,
    out: str | Path | None = None,
    storage: str | None = None,
    log: Callable[[str], None] | None = None,
    **train: Any,
) -> list[Trial]:
    """Search over a preset's keywords; its trials, the best first.

    vary: the values of each keyword: "1e-4..1e-2" or (1e-4, 1e-2) is a range, "16,32" or [16, 32]
        are choices. The usual keywords around their defaults by default. `seed` can be varied like
        a keyword.
    trials: how many; 20 by default, or all combinations of a grid.
    sampler: random, grid or tpe (arXiv:2304.11127).
    metric: a number of `evaluate` to search by, such as cfid, of the `best` checkpoint; by default
        the lowest score of a run. Both are measured against training data, so that the held-out
        split, which judges the winner, takes no part in choosing it.
    out: the sweep's folder; a fresh one in sweeps/ by default.
    storage: URL of a database that holds the trials, instead of a file in the folder.
    log: called with a line after each trial.
    train: as `gansmith.train` takes it, the same for all trials.
    Raises ValueError, TypeError or OSError for what cannot work, before anything is written, and
    RuntimeError without Optuna, the extra `sweep`.
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
    return begun.play(log).trials()


class Sweep:
    """A sweep and its folder.

    run: a trial's run at the preset's own values, where the sweep was planned in this process.
    stopped: the signal that ended `play`, or "".
    trusted: whether files of code that the sweep names may be executed.
    data: its data, where that is a Python object, or None.
    automatic: whether the folder is the next free one, and not the person's choice.
    """

    run: Run
    data: Any = None

    def __init__(self, folder: Path, config: SweepConfig, storage: str | None = None) -> None:
        self.folder, self.config, self.storage_url = folder, config, storage
        self.stopped = ""
        self.trusted = self.automatic = False

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
        """The sweep that `sweep` would run: everything is checked and nothing is written."""
        import_optuna()
        check_bounds({"trials": trials, "storage": storage, "metric": metric})
        out = None if out is None else user_path(out)
        if out is not None and (out / FILE).exists():
            raise FileExistsError(
                f"{out} already holds a sweep: resume it by `gansmith sweep --resume {out}`, or "
                "choose another --out"
            )
        run = plan(preset, out=out, **train)
        if distributed.world() > 1:
            raise ValueError("a sweep takes single processes: start several, without torchrun")
        config = plan_sweep(run, vary, trials, sampler, metric, train)
        name = run.dataset.spec.name
        folder = out or next_folder(Path("sweeps"), preset, name)
        planned = cls(folder, config, storage)
        planned.run, planned.dataset = run, run.dataset
        if parse_name(config.data).is_object:
            planned.data = train["data"]
        planned.trusted, planned.automatic = True, out is None
        return planned

    @classmethod
    def begin(cls, preset: str, **options: Any) -> Sweep:
        """Plan a sweep, make its folder and its storage, and write sweep.json."""
        return cls.plan(preset, **options).create()

    def create(self) -> Sweep:
        """Create the folder and the storage of a planned sweep."""
        optuna = import_optuna()
        if self.automatic:
            self.folder = claim_folder(self.folder)
        elif self.storage_url is None:
            self.folder.mkdir(parents=True, exist_ok=True)
        direction = "maximize" if self.config.better == "higher" else "minimize"
        try:
            study = optuna.create_study(
                storage=self.storage, study_name=self._name, direction=direction
            )
        except optuna.exceptions.DuplicatedStudyError:
            raise FileExistsError(
                f"the storage already holds a sweep {self._name!r}: resume it by --resume "
                f"{self.folder} --storage URL, or choose another --out"
            ) from None
        study.set_user_attr("config", self.config.to_json())
        self._save()
        return self

    @classmethod
    def open(
        cls,
        folder: str | Path,
        storage: str | None = None,
        *,
        trust: bool = False,
        data: Any = None,
    ) -> Sweep:
        """Open a sweep's folder, or create it for a sweep that the storage holds.

        storage: URL of the database, where sweep.json does not hold it.
        trust: whether the files of code that it may name are executed when a trial is run.
        data: again the Python object that the sweep began with.
        Raises FileNotFoundError when there is no such sweep, FileError for a link in the folder.
        """
        folder = user_path(folder)
        refuse_links(folder)
        path = folder / FILE
        if path.exists():
            with naming_damage(path, "Restore it, or give --storage and another folder"):
                page = json.loads(path.read_text(encoding="utf-8"))
                remote, storage = page["remote"], storage or page["storage"]
            if storage is None and remote:
                raise ValueError(
                    f"the storage of {folder} needs a password, which is not saved: give --storage"
                )
        elif storage is None:
            raise FileNotFoundError(f"{folder} is not a sweep: it has no {FILE}")
        opened = cls(folder, None, storage)  # type: ignore[arg-type]  # the configuration comes next
        opened.trusted, opened.data = trust, data
        try:
            config = opened.study.user_attrs["config"]
        except KeyError:
            raise FileNotFoundError(
                f"the storage holds no sweep {opened._name!r}; a sweep has its folder's name"
            ) from None
        opened.config = SweepConfig.from_json(config)
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
        page = self.config.to_json() | {"storage": kept, "remote": url is not None}
        write_atomic(self.folder / FILE, (json.dumps(page, indent=2) + "\n").encode())

    @cached_property
    def storage(self) -> BaseStorage:
        """The storage of the trials."""
        return open_storage(self.folder, self.storage_url)

    @cached_property
    def study(self) -> Study:
        """Optuna's view of the sweep."""
        return import_optuna().load_study(study_name=self._name, storage=self.storage)

    @cached_property
    def _study_id(self) -> int:
        return self.storage.get_study_id_from_name(self._name)

    @cached_property
    def dataset(self) -> Dataset:
        """The data, opened once for all trials."""
        return self._planned({}, self.folder / "trials" / ".none").dataset

    def extend(self, trials: int) -> Sweep:
        """Raise the number of trials.

        Raises ValueError for fewer trials than before, or more than a grid has combinations.
        """
        before = self.config.trials
        if trials < before:
            raise ValueError(
                f"{self.folder} has {before} trials, and a sweep can only grow: give --trials "
                f"{before} or more, or 0 to see its table"
            )
        if self.config.sampler == "grid":
            most = len(self._combinations)
            if trials > most:
                raise ValueError(f"the grid has {most} combinations; {trials} trials are too many")
        self.config.trials = trials
        self.study.set_user_attr("config", self.config.to_json())
        self._save()
        return self

    def play(self, log: Callable[[str], None] | None = None) -> Sweep:
        """Run every trial that has no result and that no other process runs.

        A trial that diverges, runs out of memory or raises an error has a result, and the sweep
        goes on. Ctrl-C and SIGTERM save the running trial and return.
        Raises OSError, CheckpointError or DataError for what is not a trial's fault.
        """
        optuna = import_optuna()
        waiting = optuna.trial.create_trial(state=optuna.trial.TrialState.WAITING)
        while len(self.study.get_trials(deepcopy=False)) < self.config.trials:
            self.study.add_trial(waiting)
        progress = True
        while progress and not self.stopped:  # again, for trials that others left meanwhile
            progress = False
            for number in range(self.config.trials):
                finished = self._claim_and_run(number)
                if self.stopped:
                    break
                progress = progress or finished
                if finished and log is not None:
                    log(self._progress_line(number))
        return self

    def _claim_and_run(self, number: int) -> bool:
        """Run a trial that is free and has no result; whether it has one now."""
        trial_id = self.storage.get_trial_id_from_study_id_trial_number(self._study_id, number)
        if self.storage.get_trial(trial_id).state.is_finished():
            return False
        path = self._folder(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        with try_lock(path.with_name(f".{path.name}.lock")) as lock:
            if lock is None or not claim(self.storage, trial_id, lock, self._saved_step(number)):
                return False
            with heartbeat(self.storage, trial_id) as owns:
                return self._run_trial(number, trial_id, owns)

    def _run_trial(self, number: int, trial_id: int, owns: Callable[[], bool]) -> bool:
        """Run a trial to its end and record its outcome; whether there is a result."""
        from optuna.trial import TrialState

        keywords = self._keywords(number, trial_id)
        crashes = self.storage.get_trial(trial_id).user_attrs.get("crashes", [])
        score: float | None = None
        began = time.monotonic()
        try:
            if crashes[-MAX_CRASHES:] == [self._saved_step(number)] * MAX_CRASHES:
                raise MemoryError(
                    f"its process died {MAX_CRASHES} times at step {crashes[-1]}, as it does when "
                    "the machine has too little memory"
                )
            run = self._run(number, keywords).play()
            self.stopped = run.stopped if run.stopped.startswith("SIG") else ""
            if self.stopped:
                return False
            score, best_step = self._score(run)
            step = run.choose("latest").step
            outcome: dict[str, Any] = {"state": "done", "step": step, "best_step": best_step}
        except (OSError, DataError, DamagedError, UntrustedError, ChangedCodeError):
            raise  # the fault of the machine, the data or the folder: no result
        except Exception as error:
            outcome = describe_failure(error) | {"step": self._failed_step(number, error)}
        if not owns():
            return False
        seconds = self._seconds(number) or time.monotonic() - began
        set_attributes(self.storage, trial_id, **outcome, seconds=seconds)
        if score is not None:
            self.study.tell(number, score, skip_if_finished=True)
            return True
        # Divergence and lack of memory tell something about the keywords, an error does not; tpe
        # learns from pruned trials.
        state = TrialState.FAIL if outcome["state"] == "error" else TrialState.PRUNED
        self.study.tell(number, state=state, skip_if_finished=True)
        return True

    def _keywords(self, number: int, trial_id: int) -> dict[str, Any]:
        """The keywords of a trial: random and grid choose by its number and the seed alone."""
        from optuna.samplers import RandomSampler, TPESampler
        from optuna.trial import Trial as OptunaTrial

        space = self.config.vary
        if self.config.sampler == "grid":
            values = grid_values(space)
            chosen = dict(zip(space, self._combinations[number], strict=True))
            known = self.storage.get_trial(trial_id).params
            for name in [name for name in space if name not in known]:
                set_choice(self.storage, trial_id, name, chosen[name], values[name])
            return chosen
        seed = int(np.random.SeedSequence((self.config.seed, number)).generate_state(1)[0])
        kind = TPESampler if self.config.sampler == "tpe" else RandomSampler
        self.study.sampler = kind(seed=seed)
        trial = OptunaTrial(self.study, trial_id)
        return {name: suggest(trial, name, dimension) for name, dimension in space.items()}

    @cached_property
    def _combinations(self) -> list[tuple[Any, ...]]:
        return list(itertools.product(*grid_values(self.config.vary).values()))

    def _run(self, number: int, keywords: dict[str, Any]) -> Run:
        """The run of a trial: resumed where there is one, else begun."""
        folder = self._folder(number)
        if (folder / CONFIG).exists():
            run = Run.open(folder, trust=self.trusted)
        else:
            run = self._planned(keywords, folder)
            if run.config.spec["fingerprint"] != self.config.fingerprint:
                now = run.config.spec["fingerprint"]
                raise DataError(
                    f"{self.config.data} has changed since the sweep began (the fingerprint was "
                    f"{self.config.fingerprint}, now {now}): restore it, or begin a new sweep"
                )
            run = Run.begin(folder, run.config, run.dataset)
        run.dataset = self.dataset
        return run

    def _planned(self, keywords: dict[str, Any], folder: Path) -> Run:
        code, where = self.config.code, self.folder / FILE
        arguments = {"data": self.config.data} | self.config.train | keywords
        data, metrics = parse_name(arguments["data"]), arguments.get("metrics", ())
        names = code_names(self.config.preset, str(data), metrics)
        if self.config.metric is not None and in_python_file(self.config.metric):
            names["metric"] = self.config.metric
        for part, name in names.items():
            check_code(part, name, self.trusted, where, code.get(part, {}))
        if data.is_object and self.data is None:
            raise DataError(
                f"the sweep in {self.folder} began with an object in Python, which its folder does "
                "not hold: give it again, Sweep.open(folder, data=...)"
            )
        arguments["data"] = self.data if data.is_object else data
        return plan(self.config.preset, out=folder, **arguments)

    def _score(self, run: Run) -> tuple[float, int]:
        """The score of a run, against training data, and the step it was taken at.

        Raises NonFiniteError when it is not finite.
        """
        if self.config.metric is not None:
            run.choose("best")
            metric = self.config.metric
            only = [metric] if in_python_file(metric) else None
            numbers = select.measure_on_training(run.game, run.dataset, self.config.seed, only=only)
            number = numbers[metric]
            value, step = number.value, run.step
            if number.better == "near" and number.real is not None:
                value = abs(value - number.real)
        else:
            found = run.read("best")[1]["best"]
            if found is None:  # too short to have been scored
                run.choose("latest")
                found = {"step": run.step} | select.score(run.game, run.dataset, run.config.seed)
            value, step = found["value"], found["step"]
        if not math.isfinite(value):
            raise NonFiniteError(
                f"step {step}: the score, {self.config.metric_name}, is {value}",
                step=step,
                terms=[self.config.metric_name],
            )
        return float(value), int(step)

    def _folder(self, number: int) -> Path:
        return self.folder / "trials" / f"{number:04d}"

    def _saved_step(self, number: int) -> int:
        """The step of a trial's newest checkpoint."""
        return checkpoint.last_step(self._folder(number) / "checkpoints")

    def _failed_step(self, number: int, error: Exception) -> int:
        step = error.step if isinstance(error, NonFiniteError) else None
        return self._saved_step(number) if step is None else step

    def _seconds(self, number: int) -> float:
        folder = self._folder(number)
        return Run.open(folder).seconds if (folder / CONFIG).exists() else 0.0

    def trials(self) -> list[Trial]:
        """All trials: those with a score first, the best on top, then the rest by number."""
        known = self.study.get_trials(deepcopy=False)[: self.config.trials]
        return self._sorted(self._trial(one) for one in known)

    def _sorted(self, trials: Iterable[Trial]) -> list[Trial]:
        sign = -1 if self.config.better == "higher" else 1
        order = ["done", "running", "stopped", "waiting", "diverged", "out of memory", "error"]

        def rank(trial: Trial) -> tuple[int, float, int]:
            score = 0.0 if trial.score is None else sign * trial.score
            return order.index(trial.state), score, trial.number

        return sorted(trials, key=rank)

    def _trial(self, one: FrozenTrial) -> Trial:
        attributes = one.user_attrs
        if one.state.is_finished():
            state = attributes.get("state", "error")
        elif one.state.name == "WAITING":
            state = "waiting"
        else:
            state = "running" if self._is_running(one) else "stopped"
        return Trial(
            number=one.number,
            folder=self._folder(one.number),
            keywords={name: one.params[name] for name in self.config.vary if name in one.params},
            state=state,
            score=one.value if state == "done" else None,
            step=attributes.get("step")
            if one.state.is_finished()
            else self._saved_step(one.number),
            best_step=attributes.get("best_step"),
            reason=attributes.get("reason", ""),
            term=attributes.get("term", ""),
            seconds=attributes.get("seconds", 0.0),
        )

    def _is_running(self, one: FrozenTrial) -> bool:
        """Whether a trial that has begun is running, as far as can be seen from here."""
        path = self._folder(one.number)
        lock = path.with_name(f".{path.name}.lock")
        if lock.exists():
            with try_lock(lock) as mine:
                if mine is None:
                    return True
                if mine.previous_owner == hostname():
                    return False
        return time.time() - one.user_attrs.get("heartbeat", 0.0) < STALE_SECONDS

    def best(self) -> Trial | None:
        """The trial with the best score, if one has a score."""
        first = next(iter(self.trials()), None)
        return first if first is not None and first.score is not None else None

    def _progress_line(self, number: int) -> str:
        """The line that is logged after a trial."""
        from gansmith.runs.progress import format_duration

        known = self.study.get_trials(deepcopy=False)[: self.config.trials]
        ended = self._sorted(self._trial(one) for one in known if one.state.is_finished())
        left = len(known) - len(ended)
        mean = sum(trial.seconds for trial in ended) / max(len(ended), 1)
        width = 20 * len(ended) // len(known)
        one = next(trial for trial in ended if trial.number == number)
        best = ended[0] if ended[0].score is not None else None
        score = f"{one.score:.4g}" if one.score is not None else f"{one.state} at step {one.step}"
        so_far = f"; best {best.score:.4g} (trial {best.number})" if best is not None else ""
        return (
            f"{'━' * width}{'╌' * (20 - width)} {len(ended)}/{len(known)}  trial {number}: "
            f"{format_keywords(one.keywords)} -> {score}{so_far}; "
            f"about {format_duration(left * mean)} left"
        )
