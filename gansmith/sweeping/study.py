"""A sweep: many runs of a preset with other keywords, scored alike and kept in one folder.

sweeps/NAME holds sweep.json (all that was asked), journal.log (the trials, kept by Optuna),
trials/0007 (a run folder each) and, at the end, scores.png and report.html. Any number of
processes and machines that see the folder play it together: a trial is claimed in the
storage, held by a lock while it is played, and taken up where it stopped when its player died.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import math
import platform
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from gansmith import checkpoint, parallel, scoring
from gansmith.api import OPENING, PLAYING, fresh, plan
from gansmith.config import FILE as CONFIG
from gansmith.data import DataError, Dataset
from gansmith.evaluation import measure
from gansmith.naming import unknown
from gansmith.presets import find_preset
from gansmith.run import Run
from gansmith.sweeping.vary import Choices, Vary, from_json, grid, read, usual
from gansmith.trainer import NonFiniteError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import Study

FILE, JOURNAL = "sweep.json", "journal.log"
TRIALS = 20
SAMPLERS = ("random", "grid", "tpe")
BEAT = 60.0  # seconds between two signs of life of a trial's player
STALE = 600.0  # seconds without one after which a player on another machine is taken for dead
DEATHS = 3  # of a trial's player at one step, after which the trial is given up
MEMORY = re.compile(r"out of memory|not enough memory|can't allocate|cannot allocate", re.I)


@dataclass
class Asked:
    """What a sweep was asked for; all that another machine must know.

    train: what every trial is given, as `gansmith.train` takes it. vary: what differs.
    metric: a number of `evaluate`, or None for the score that a run is kept by.
    measured: its name for people. better: lower or higher.
    """

    preset: str
    data: str
    train: dict[str, Any]
    vary: dict[str, Vary]
    sampler: str
    seed: int
    trials: int
    metric: str | None
    measured: str
    better: str
    fingerprint: str

    def to_json(self) -> dict[str, Any]:
        """A plain dict."""
        return asdict(self) | {"vary": {k: v.to_json() for k, v in self.vary.items()}}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Asked:
        """The inverse of `to_json`."""
        return cls(**plain | {"vary": {k: from_json(v) for k, v in plain["vary"].items()}})


@dataclass(frozen=True)
class Trial:
    """A trial of a sweep.

    keywords: those that are varied. score: of a trial that is done, else None.
    state: waiting, playing, stopped, done, diverged, memory (there was too little) or error.
    step: the last one played. best: the step that the score was taken at.
    why: what went wrong. term: the loss term that was not finite, if one was named.
    """

    number: int
    folder: Path
    keywords: dict[str, Any]
    state: str
    score: float | None = None
    step: int | None = None
    best: int | None = None
    why: str = ""
    term: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def failed(self) -> bool:
        """Whether it ended without a score."""
        return self.state in ("diverged", "memory", "error")


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
        _optuna()
        if sampler not in SAMPLERS:
            raise ValueError(f"a sampler is one of {', '.join(SAMPLERS)}; got {sampler!r}")
        if trials is not None and trials < 1:
            raise ValueError(f"a sweep has at least one trial; got {trials}")
        if out is not None and (Path(out) / FILE).exists():
            raise FileExistsError(
                f"{out} already holds a sweep: go on by `gansmith sweep --resume {out}`, or "
                "choose another --out"
            )
        run = plan(preset, out=out, **train)
        if parallel.world() > 1:
            raise ValueError("a sweep is played by single processes; start several of them instead")
        parts = _parts(preset, run, vary, train)
        if sampler == "grid":
            combinations = math.prod(map(len, grid(parts).values()))
            trials = combinations if trials is None else min(trials, combinations)
        given = _plain(train) | {
            k: v for k, v in (("begin_from", run.config.began_from),) if v is not None
        }
        asked = Asked(
            preset=run.config.preset,
            data=run.config.data,
            train={k: v for k, v in given.items() if k != "data"},
            vary=parts,
            sampler=sampler,
            seed=run.config.seed,
            trials=TRIALS if trials is None else trials,
            metric=metric,
            measured=scoring.NAMES[run.dataset.spec.kind],
            better="lower",
            fingerprint=run.dataset.spec.fingerprint,
        )
        _try(run, parts)
        if metric is not None:
            asked = _measurable(run, asked)
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
        optuna = _optuna()
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
        optuna = _optuna()
        if self.storage_url is not None:
            try:
                return optuna.storages.get_storage(self.storage_url)
            except Exception as error:  # of SQLAlchemy, of a driver, or that there is none
                said = str(error).splitlines()[0]
                raise ValueError(f"the storage cannot be used: {said}") from None
        journal = optuna.storages.journal
        path = str(self.folder / JOURNAL)
        _mend(path, journal.JournalFileSymlinkLock(path))
        return optuna.storages.JournalStorage(journal.JournalFileBackend(path))

    @cached_property
    def study(self) -> Study:
        """Optuna's view of the sweep."""
        return _optuna().load_study(study_name=self._name, storage=self.storage)

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
        optuna = _optuna()
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
        with _held(path.with_name(f".{path.name}.lock")) as lock:
            if lock is None or not self._claimed(ident, lock):
                return False
            with self._alive(ident) as owns:
                return self._one(number, ident, owns)

    def _claimed(self, ident: int, lock: _Lock) -> bool:
        """Whether the trial is ours now; the lock is held."""
        from optuna.trial import TrialState

        trial = self.storage.get_trial(ident)  # anew: it may have ended while the lock was taken
        if trial.state == TrialState.WAITING:
            lock.sign()
            with suppress(RuntimeError):  # Optuna's, when the trial has a result meanwhile
                if self.storage.set_trial_state_values(ident, TrialState.RUNNING):
                    return True
            lock.sign("")
            return False
        if trial.state != TrialState.RUNNING:
            return False
        started = trial.datetime_start
        alive = trial.user_attrs.get("alive", started.timestamp() if started else 0.0)
        if lock.before != _node() and time.time() - alive < STALE:
            return False  # its player may live on a machine whose locks are not seen here
        lock.sign()
        if alive:  # died, and did not merely stop
            self._note(ident, lost=[*trial.user_attrs.get("lost", []), self._at(trial.number)])
        return True

    @contextmanager
    def _alive(self, ident: int) -> Iterator[Callable[[], bool]]:
        """Give signs of life while a trial is played; yields whether the trial is still ours."""
        sitting, over = uuid.uuid4().hex, threading.Event()
        self._note(ident, sitting=sitting, alive=time.time())

        def beat() -> None:
            while not over.wait(BEAT):
                with suppress(Exception):  # one sign may be missed; the next comes in a minute
                    self._note(ident, alive=time.time())

        def owns() -> bool:
            trial = self.storage.get_trial(ident)
            return trial.user_attrs["sitting"] == sitting and not trial.state.is_finished()

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield owns
        finally:
            over.set()
            thread.join()
            if owns():  # it has no result: whoever comes next may take it up at once
                self._note(ident, alive=0.0)

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
            notes = _failure(error) | {"step": self._failed_at(number, error)}
        if not owns():
            return False
        self._note(ident, **notes, seconds=self._seconds(number) or time.monotonic() - began)
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

        parts = {name: _distribution(part) for name, part in self.asked.vary.items()}
        if self.asked.sampler == "grid":
            chosen = dict(zip(parts, self._combinations[number], strict=True))
            known = self.storage.get_trial(ident).params
            for name in [name for name in parts if name not in known]:
                inner = parts[name].to_internal_repr(chosen[name])
                self.storage.set_trial_param(ident, name, inner, parts[name])
            return chosen
        seed = int(np.random.SeedSequence((self.asked.seed, number)).generate_state(1)[0])
        samplers = _optuna().samplers
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
                found = {"step": run.step} | scoring.score(run.game, run.dataset, run.config.seed)
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

    def _note(self, ident: int, **notes: Any) -> None:
        for name, value in notes.items():
            self.storage.set_trial_user_attr(ident, name, value)

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
            with _held(lock) as held:
                if held is None:
                    return True
                if held.before == _node():
                    return False
        return time.time() - one.user_attrs.get("alive", 0.0) < STALE

    def best(self) -> Trial | None:
        """The trial with the best score, if one has a score."""
        first = next(iter(self.trials()), None)
        return first if first is not None and first.score is not None else None

    def _line(self, number: int) -> str:
        """What a person is told after a trial."""
        from gansmith.progress import clock

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


def said(keywords: Mapping[str, Any]) -> str:
    """Keywords in a line."""
    return " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in keywords.items()
    )


class _Lock:
    """The file that says who plays a trial; `before` is who held it last."""

    def __init__(self, file: Any) -> None:
        self.file = file
        file.seek(0)
        self.before = file.read()

    def sign(self, name: str | None = None) -> None:
        """Say that this machine plays the trial."""
        self.file.truncate(0)
        self.file.write(_node() if name is None else name)
        self.file.flush()


@contextmanager
def _held(path: Path) -> Iterator[_Lock | None]:
    """Hold a lock, which the system lets go of when the process dies; None when it is held."""
    with open(path, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield _Lock(file)


def _mend(path: str, lock: Any) -> None:
    """Drop a last line that a crash or a full disk left unfinished, which none could read past."""
    if not Path(path).exists() or Path(path).read_bytes()[-1:] in (b"", b"\n"):
        return
    lock.acquire()  # or another process may be writing that line just now
    try:
        content = Path(path).read_bytes()
        checkpoint.replace(Path(path), content[: content.rfind(b"\n") + 1])
    finally:
        lock.release()


def _node() -> str:
    return platform.node() or "unnamed"


def _optuna() -> Any:
    """Optuna, quiet.

    Raises RuntimeError when it is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError:
        raise RuntimeError("a sweep needs optuna: pip install 'gansmith[sweep]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _distribution(part: Vary) -> Any:
    from optuna import distributions

    if isinstance(part, Choices):
        return distributions.CategoricalDistribution(part.values)
    if part.whole:
        return distributions.IntDistribution(int(part.low), int(part.high), log=part.log)
    return distributions.FloatDistribution(part.low, part.high, log=part.log)


def _parts(
    preset: str, run: Run, given: Mapping[str, Any] | None, train: Mapping[str, Any]
) -> dict[str, Vary]:
    """What is varied, checked against the preset's signature."""
    import typing

    keywords = run.config.keywords
    if given is None or not given:
        parts = usual({k: v for k, v in keywords.items() if k not in train})
        if not parts:
            raise ValueError(
                f"{preset} has none of the usual keywords left to vary; say which by "
                f"--vary KEYWORD=VALUES. There are: {', '.join(keywords)}"
            )
        return parts
    hints = typing.get_type_hints(find_preset(preset).build) | {"seed": int}
    known = [name for name in keywords if name != "steps"] + ["seed"]
    parts = {}
    for name, values in given.items():
        if name == "steps":
            raise ValueError("all trials are equally long: give --steps, and do not vary it")
        if name not in known:
            raise TypeError(unknown("keyword", name, known))
        if name != "seed" and name in train:
            raise ValueError(f"{name} is given and varied; leave out one of the two")
        parts[name] = read(name, values, hints[name])
    return parts


def _try(run: Run, parts: Mapping[str, Vary]) -> None:
    """Build the game and draw a batch with each choice and each end of a range.

    Raises ValueError for one that cannot be; one that merely wants much memory is let through.
    """
    run.check()
    for name, part in parts.items():
        for value in part.tried if name != "seed" else []:
            keywords = run.config.keywords | {name: value}
            tried = Run(run.folder, replace(run.config, keywords=keywords))
            tried.dataset = run.dataset
            try:
                tried.check()
            except (MemoryError, RuntimeError):
                continue  # such a trial has a result of its own
            except (ValueError, TypeError) as error:
                raise ValueError(f"--vary {name}: {value} cannot be: {error}") from None


def _measurable(run: Run, asked: Asked) -> Asked:
    """What was asked, with the metric's name and which way is better.

    Raises ValueError for a metric that such data does not have.
    """
    game = run.recipe().game.requires_grad_(False).eval().to(parallel.start())
    numbers = measure(game, run.dataset, 200, run.config.seed)
    metric = asked.metric or ""
    if metric not in numbers:
        raise ValueError(unknown("metric", metric, numbers))
    number = numbers[metric]
    named = f"distance of {number.name} to the data's" if number.better == "near" else number.name
    better = "higher" if number.better == "higher" else "lower"
    return replace(asked, measured=named, better=better)


def _failure(error: Exception) -> dict[str, str]:
    """What is noted of an error: its kind, its message, the term that was not finite."""
    why = str(error) or type(error).__name__
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and MEMORY.search(why)):
        return {"what": "memory", "why": why}
    if isinstance(error, NonFiniteError):
        term = re.search(r"(?:term )?'([\w./ -]+)' is (?:nan|-?inf|not finite)", why)
        return {"what": "diverged", "why": why, "term": term[1] if term else ""}
    return {"what": "error", "why": f"{type(error).__name__}: {why}"}


def _plain(train: Mapping[str, Any]) -> dict[str, Any]:
    """What every trial is given as JSON holds it, what is not given left out."""
    known = (*OPENING, *PLAYING)
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in train.items()
        if value is not None or name not in known
    }
