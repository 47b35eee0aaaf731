"""A run folder: begin one, play it, resume it, sample from it.

runs/NAME holds config.json (all that was asked), log.jsonl and scores.jsonl (the curves),
samples/ (the same codes each time), checkpoints/ (the newest two and `best`), metrics.json,
report.html, and skipped.tsv, where files of the data were left out.
"""

from __future__ import annotations

import json
import math
import platform
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from gansmith.core import distributed
from gansmith.core.bounds import check_bounds
from gansmith.core.files import FileError, check_writable, refuse_links, user_path, write_atomic
from gansmith.core.game import Game
from gansmith.core.protocols import Classifies, ConditionalSampler, Encodes, Samples, Translates
from gansmith.core.python_file import file_contents, fingerprints, located
from gansmith.core.recipe import Recipe
from gansmith.core.rng import Rng, RowRng
from gansmith.core.suggest import unknown_name
from gansmith.core.trainer import Trainer
from gansmith.data import (
    DataError,
    Dataset,
    DataSpec,
    given_name,
    open_data,
    open_given,
    open_source,
)
from gansmith.data.examples import EXAMPLES, load_examples, save_examples
from gansmith.data.names import parse_name
from gansmith.data.spread import example_set
from gansmith.evaluation.evaluate import measure
from gansmith.evaluation.own import Metric
from gansmith.evaluation.select import score
from gansmith.metrics import Features, Measured
from gansmith.modalities.sheet import sheet_of
from gansmith.presets import Preset, find_preset, is_file
from gansmith.presets.choose import Choice
from gansmith.runs import checkpoint
from gansmith.runs.checkpoint import BEST, DamagedCheckpointError
from gansmith.runs.config import ENDLESS, FILE, Config
from gansmith.runs.estimate import Estimate, check_disk, disk_needed, estimate
from gansmith.runs.loggers import check_logger
from gansmith.runs.recorder import CLOCK, Recorder, read_clock
from gansmith.runs.threads import choose_threads, is_given, using_threads
from gansmith.runs.trust import CODE_COPIES, check_code
from gansmith.sampling.generate import default_conditions, has_codes, to_model_input
from gansmith.sampling.interpolate import Still, on_loop
from gansmith.sampling.prompts import parse_prompt
from gansmith.version import __version__

METRICS = "metrics.json"
FORM = ("kind", "size", "channels", "dim", "rate", "vocab", "length")  # of data
LENGTH = ("lr", "batch", "steps")  # keywords that no player's shape follows from
MOST = 4  # differences of two runs that are named
SKIPPED = "skipped.tsv"  # what was left out of the user's data, and why
CHECKPOINTS = ("best", "latest")
PIECE = 1024  # samples that are generated at one time
EXAMPLES_KEPT = 256  # held-out examples that a run folder keeps, where sampling needs some


class Run:
    """A run and its folder.

    folder: where it is. config: what it was asked to do.
    trusted: whether files of code that config.json names may be executed.
    stopped: why training ended early ("SIGINT", "SIGTERM", "clock"), or "".
    resumed_with: what to say of the checkpoint that the run was resumed from, or "".
    choice: of a planned run, its preset, and why the data has chosen it where it was not named.
    """

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder, self.config = folder, config
        self.which = "best"
        self.stopped = ""
        self.resumed_with = ""
        self.choice: Choice | None = None
        self.trusted = False
        self._lock: ExitStack | None = None  # from `begin` to the end of `play`
        self._loaded: tuple[Game, int] | None = None

    def __repr__(self) -> str:
        return f"<run of {Path(self.config.preset).name} on {self.spec.name} in {self.folder}>"

    @classmethod
    def begin(
        cls,
        folder: Path,
        config: Config,
        dataset: Dataset | None = None,
        *,
        automatic: bool = False,
    ) -> Self:
        """Make the folder and write config.json; the run is locked until it has been played.

        dataset: spares opening the data once more. automatic: take the next free name, where
        another run has taken this folder meanwhile.
        Raises FileExistsError when the folder already holds a run, or anything else; LockedError
        when another process begins one there; RuntimeError when the processes were not asked to do
        the same.
        """
        # Here every process has chosen its folder: only then one of them makes it.
        theirs = distributed.on_rank_zero(lambda: config)
        distributed.all_or_raise(lambda: _compare(config, theirs))

        lock = ExitStack()

        def make() -> Path:
            place = claim_folder(folder) if automatic else folder
            cls.claim(place)
            lock.enter_context(checkpoint.lock_run(place))
            cls.claim(place)  # another process may have begun and ended a run since
            _save(config, place)
            if dataset is not None:
                shown = dataset.spec.condition or dataset.domains or dataset.spec.dim
                save_examples(example_set(dataset, EXAMPLES_KEPT if shown else 0), place)
                if dataset.skipped:
                    lines = [f"{name}\t{why}\n" for name, why in dataset.skipped.items()]
                    write_atomic(place / SKIPPED, "".join(lines).encode())
            return place

        run = cls(distributed.on_rank_zero(make), config)
        run.trusted, run._lock = True, lock
        if dataset is not None:
            run.dataset = dataset
        return run

    @staticmethod
    def claim(folder: Path) -> None:
        """Raises FileExistsError when no run can begin in a folder."""
        if (folder / FILE).exists():
            there = Config.load(folder)
            raise FileExistsError(
                f"{folder} already holds a run of {there.preset!r}: go on with it by "
                f"`gansmith train --resume {folder}`, or choose another --out"
            )
        if folder.exists() and any(
            path.name != checkpoint.LOCK and not path.match(".*.tmp") for path in folder.iterdir()
        ):
            raise FileExistsError(f"{folder} is not empty and holds no run; choose another --out")
        refuse_links(folder)

    @classmethod
    def open(
        cls,
        folder: Path | str,
        *,
        trust: bool = False,
        data: Any = None,
        preset: str | None = None,
    ) -> Self:
        """Open a run folder; nothing heavy is loaded yet.

        trust: whether the files of code that it may name, of its preset, data and metrics, are
            executed when they are needed.
        data: where its data is now, where that has moved; or the data itself, a Python object, as
            `open_data` takes it.
        preset: where its preset's file is now, file.py:name, where that has moved; it is executed
            with `trust` only.
        Raises FileError when there is a link inside the folder, ValueError for a preset of another
        name, DataError for an object that is not the run's data.
        """
        folder = user_path(folder)
        refuse_links(folder)
        run = cls(folder, Config.load(folder))
        run.trusted = trust
        if data is not None:
            run._take_data(data)
        if preset is not None:
            before = run.config.preset
            if not is_file(before) or before.rpartition(":")[2] != preset.rpartition(":")[2]:
                raise ValueError(
                    f"the preset of the run in {folder} is {before}; say by --preset FILE.py:NAME "
                    f"where its file has moved, with the same NAME; got {preset}"
                )
            run.config.preset = located(preset)
        return run

    @classmethod
    def join(
        cls,
        folder: Path | str,
        *,
        trust: bool = False,
        data: str | None = None,
        preset: str | None = None,
    ) -> Self:
        """Open a run to go on with it: all processes together, of which the first reads it."""
        distributed.init()
        folder = user_path(folder)
        opened = distributed.on_rank_zero(
            lambda: cls.open(folder, trust=trust, data=data, preset=preset).config
        )
        run = cls(folder, opened)
        run.trusted = trust
        return run

    @property
    def checkpoints(self) -> Path:
        """Where the checkpoints are."""
        return self.folder / "checkpoints"

    def _take_data(self, data: Any) -> None:
        """Use data from where it is now, or an object as it is given."""
        name = given_name(data)
        if name.is_object:
            self.dataset = self._checked(open_given(data, **self.config.options))
            return
        self.config.data = str(name.absolute())
        self.config.code.pop("data", None)
        if name.is_code:
            self.config.code["data"] = fingerprints(name.base)

    @cached_property
    def dataset(self) -> Dataset:
        """The run's data, opened as it was at the start.

        Raises DataError when the data is no longer what, or where, the run began with, or was an
        object in Python and has not been given again; UntrustedError, ChangedCodeError for a file
        of code.
        """
        name = parse_name(self.config.data)
        if name.is_path and not name.path.exists():
            raise DataError(
                f"the data of the run in {self.folder} is not at {name.path} any more; say where "
                "it is now by --data"
            )
        if name.is_object:
            raise DataError(
                f"the run in {self.folder} was trained on an object in Python, {self.spec.name} "
                f"(fingerprint {self.spec.fingerprint}), which its folder does not hold: give it "
                "again, as open_run(folder, data=...) or run.resume(data=...), or by --data "
                "my_file.py:my_data (--against, to compare several)"
            )
        self._check_code("data")
        return self._checked(open_data(name, **self.config.options))

    def _checked(self, dataset: Dataset) -> Dataset:
        """The data set, which is what the run began with. Raises DataError for another one."""
        if dataset.spec.fingerprint != self.config.spec["fingerprint"]:
            raise DataError(
                f"{self.config.data} has changed since the run began (it was "
                f"{self.config.spec['fingerprint']}, now {dataset.spec.fingerprint}). Restore it, "
                "or say where it is now by --data, or start a new run from this one: gansmith "
                f"train --from {self.folder}"
            )
        return dataset

    @cached_property
    def spec(self) -> DataSpec:
        """The description of the run's data, as written at the start."""
        return DataSpec.from_json(self.config.spec)

    @cached_property
    def examples(self) -> Dataset:
        """Vocabularies and some held-out examples, out of the run folder: enough to sample from.

        The run's data where the folder has none yet.
        """
        if (self.folder / EXAMPLES).is_file():
            return load_examples(self.spec, self.folder)
        return self.dataset

    @property
    def preset(self) -> Preset:
        """The run's preset.

        Raises UntrustedError for one in a file, unless the run is trusted; ChangedCodeError where
        that file has changed since the run began.
        """
        self._check_code("preset")
        return find_preset(self.config.preset)

    def _check_code(self, prefix: str) -> None:
        """Refuse the file of its preset, its data, or its metrics, unless it may be executed."""
        for part, name in self.config.code_names.items():
            if part.startswith(prefix):
                files = self.config.code.get(part, {})
                check_code(part, name, self.trusted, self.folder / FILE, files)

    def recipe(self) -> Recipe:
        """Build the game anew, with the run's own initial weights.

        Raises ValueError, TypeError for keywords that the preset cannot be built with.
        """
        build = self.preset.build
        torch.manual_seed(self.config.seed)
        try:
            return build(self.spec, **self.config.keywords)
        except (AttributeError, KeyError, IndexError) as error:
            raise ValueError(
                f"{self.config.preset} cannot be built with the keywords of {self.folder}: "
                f"{error!r}"
            ) from error

    def trainer(self, recipe: Recipe) -> Trainer:
        """A trainer of this run's recipe, at step 0."""
        config = self.config
        trainer = Trainer(
            recipe.game,
            (recipe.source or open_source)(self.dataset, recipe.batch, config.seed),
            optim=recipe.optim,
            steps=config.steps,
            schedule=recipe.schedule,
            ema=recipe.ema,
            micro=config.micro,
            precision=config.precision,
            clip=config.clip,
            compile=config.compile,
            channels_last=config.channels_last,
            seed=config.seed,
            device=distributed.init(),
        )
        if config.began_from is not None and not distributed.on_rank_zero(
            lambda: checkpoint.states(self.checkpoints)
        ):
            donor = Run.open(config.began_from)
            _inherit(trainer, donor.read("best")[0], donor.config, config)
        return trainer

    def play(self, checkpoint_seconds: float = 60.0) -> Self:
        """Play from the newest checkpoint, or the start, to the run's end."""
        with self._locked():
            return self._play(checkpoint_seconds)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the run's lock, by the first process; `begin` may have taken it already."""
        lock, self._lock = self._lock, None
        if lock is None:
            lock = ExitStack()
            distributed.on_rank_zero(partial(self._take, lock))
        with lock:
            yield

    def _take(self, lock: ExitStack) -> None:
        lock.enter_context(checkpoint.lock_run(self.folder))

    def _play(
        self, checkpoint_seconds: float = 60.0, *, save: bool = False, before: int | None = None
    ) -> Self:
        """Play; `save` writes config.json once nothing can refuse the run any more.

        before: the run's length until now, where it is resumed.
        """
        self._check_code("metric")
        trainer = self.trainer(self.recipe())
        recorder = Recorder(
            self.folder,
            self.dataset,
            sample_every=self.config.sample_every,
            checkpoint_seconds=checkpoint_seconds,
            minutes=self.config.minutes,
            metrics=self.config.metrics,
            log=self.config.log,
        )
        with using_threads(self.threads):
            if drift := self._drifted():
                warnings.warn(drift, stacklevel=2)
            self.resumed_with = recorder.restore(trainer)
            if note := _new_rate(trainer, before):
                warnings.warn(note, stacklevel=2)
            if trainer.step > self.config.steps:
                raise ValueError(
                    f"the run is at step {trainer.step} already: give --steps above that; got "
                    f"{self.config.steps}"
                )
            if save:
                distributed.on_rank_zero(lambda: _save(self.config, self.folder))
            recorder.run(trainer)
        self.stopped = recorder.stopped
        if self.stopped == CLOCK:
            self.config.steps, self.config.minutes = trainer.step, None
            distributed.on_rank_zero(lambda: self.config.save(self.folder))
        distributed.barrier()
        return self.choose(self.which)

    def _drifted(self) -> str:
        """A sentence on what the last bits depend on and is not what the run began with, or "".

        Bits are promised on one machine, with one build of PyTorch and one number of threads.
        """
        now, before = versions(), self.config.versions
        changed = [
            f"{name} {before[name]} -> {now[name]}"
            for name in now
            if name != "processes" and name in before and before[name] != now[name]
        ]
        if not changed:
            return ""
        return (
            f"{self.folder} is resumed elsewhere than it began, so the last bits may differ from "
            f"those of an unbroken run: {', '.join(changed)}"
        )

    def resume(
        self,
        steps: int | None = None,
        minutes: float | None = None,
        log: str | None = None,
        data: Any = None,
    ) -> Self:
        """Go on, by default to the end that was asked for; `steps` is the new total.

        On one machine and build the bits are those of an unbroken run; elsewhere a UserWarning
        names what differs. `minutes` is the new total too, earlier sittings included.
        log: where curves go besides the folder from now on; "none" for nowhere.
        data: as `Run.open` takes it.
        Raises ValueError when both are given, or the end lies behind the run; RuntimeError when the
        processes were given different ones.
        """
        distributed.init()
        if data is not None:
            self._take_data(data)
        asked = {"steps": steps, "minutes": minutes, "log": log}
        check_bounds(asked)
        first = distributed.on_rank_zero(lambda: asked)
        distributed.all_or_raise(lambda: _require_same(asked, first))
        with self._locked():
            before = self.config.steps
            self.config = distributed.on_rank_zero(lambda: self._lengthened(steps, minutes, log))
            distributed.all_or_raise(lambda: (self.dataset, self.preset))
            return self._play(save=True, before=before)

    def _lengthened(self, steps: int | None, minutes: float | None, log: str | None) -> Config:
        """The options as they are on the disk now, with another end, or another log."""
        if steps is not None and minutes is not None:
            raise ValueError("give --steps or --minutes, not both: each sets the length of the run")
        now = Config.load(self.folder)
        mine = self.config
        config = replace(now, data=mine.data, preset=mine.preset, code=mine.code)
        if log is not None:
            config.log = None if log == "none" else log
        check_logger(config.log)
        if steps is not None:
            return replace(config, steps=steps, minutes=None)
        if minutes is None:
            return config
        if 60 * minutes <= self.seconds:
            raise ValueError(
                f"the run has been trained for {self.seconds / 60:.3g} minutes already: give "
                f"--minutes above that; got {minutes:g}"
            )
        return replace(config, steps=ENDLESS, minutes=minutes)

    def read(self, which: str = "best") -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The tensors and numbers of a checkpoint: "best", "latest" or a step.

        `latest` is the latest that is whole; without a `best`, which the first score makes, it is
        taken instead. Raises CheckpointError when there is none, or it is damaged.
        """
        best = self.checkpoints / BEST
        if which == "latest" or (which == "best" and not best.exists()):
            tensors, numbers, damaged = checkpoint.latest(self.checkpoints)
            if numbers is None:
                names = ", ".join(path.name for path in damaged)
                raise checkpoint.CheckpointError(
                    f"{self.folder} has no checkpoint that can be read"
                    + (f": {names} are damaged" if damaged else "")
                    + f"; play the run first: gansmith train --resume {self.folder}"
                )
            return tensors, numbers
        named = best if which == "best" else self.checkpoints / f"{which:0>8}{checkpoint.SUFFIX}"
        if not named.exists():
            there = checkpoint.newest_first(self.checkpoints)
            steps = [str(int(path.stem)) for path in there]
            raise checkpoint.CheckpointError(
                f"{self.folder} has no checkpoint {which!r}; there are "
                f"{', '.join(CHECKPOINTS)} and the steps {', '.join(steps)}"
            )
        try:
            return checkpoint.read(named)
        except DamagedCheckpointError as error:
            raise DamagedCheckpointError(
                f"{error}; --checkpoint latest takes the latest state that is whole"
            ) from None

    def choose(self, which: str) -> Self:
        """Use this checkpoint from now on: "best", "latest" or a step."""
        self.which = which
        self._loaded = None
        return self

    @property
    def game(self) -> Game:
        """The game at the chosen checkpoint, averaged players in place, frozen, for use."""
        return self._load()[0]

    @property
    def step(self) -> int:
        """The step of the chosen checkpoint."""
        return self._load()[1]

    def _load(self) -> tuple[Game, int]:
        """The game and the step, read together: a run that is being trained moves on."""
        if self._loaded is None:
            tensors, numbers = self.read(self.which)
            game = self.recipe().game
            own = {k.removeprefix("game."): v for k, v in tensors.items() if k.startswith("game.")}
            try:
                game.load_state_dict(own | _averaged(tensors))
            except RuntimeError as error:
                raise ValueError(
                    f"the {self.which} checkpoint is of another game: {error}"
                ) from None
            game = game.requires_grad_(False).eval().to(distributed.init())
            self._loaded = game, int(numbers["step"])
        return self._loaded

    @property
    def seconds(self) -> float:
        """How long the run was played, all sittings together."""
        return read_clock(self.folder)

    def sample(
        self,
        n: int = 64,
        seed: int = 0,
        condition: str | Tensor | None = None,
        truncation: float | None = None,
    ) -> Tensor:
        """n examples: images (n, C, H, W) in [-1, 1], points (n, dim), or token ids (n, T).

        The same seed gives the same examples, and example i does not depend on n.
        condition: of a conditional run, a prompt in words, or conditions as in the data, one or n;
            by default each class in turn, or the conditions of held-out examples.
        truncation: the largest coordinate of a code (`Latent.sample`): less variety, and often
            better examples.
        Raises TypeError when the game has nothing to sample, takes no conditions or has no codes to
        truncate; DataError for words that the data do not have; ValueError for numbers beyond their
        bounds.
        """
        return torch.cat(list(self.sample_pieces(n, seed, condition, truncation)))

    @torch.no_grad()
    def sample_pieces(
        self,
        n: int,
        seed: int = 0,
        condition: str | Tensor | None = None,
        truncation: float | None = None,
    ) -> Iterator[Tensor]:
        """What `sample` gives, in pieces of PIECE rows, so that memory does not grow with n."""
        check_bounds({"n": n, "seed": seed, "truncation": truncation})
        if truncation is not None and not has_codes(self.game):
            raise TypeError(f"{self.config.preset} draws no codes: leave out --truncation")
        rngs = (
            _rows(seed, range(start, min(start + PIECE, n)), truncation)
            for start in range(0, n, PIECE)
        )
        yield from self._pieces(n, condition, rngs)

    @torch.no_grad()
    def walk(
        self,
        seeds: Sequence[int] = (0, 1, 2, 3),
        frames: int = 96,
        condition: str | Tensor | None = None,
        truncation: float | None = None,
    ) -> Tensor:
        """Examples on a closed path through the codes of `sample(1, seed)` for each seed, in turn.

        (frames, ...), with at most PIECE frames; condition and truncation as in `sample`, one
        condition for all frames, the first by default. Raises TypeError for a game without codes,
        and as `sample` does.
        """
        for seed in seeds:
            check_bounds({"seed": seed, "frames": frames, "truncation": truncation})
        if len(seeds) < 2 or frames > PIECE:
            raise ValueError(
                f"a walk goes through two seeds or more, in {PIECE} frames at most; got "
                f"{len(seeds)} and {frames}"
            )
        if not has_codes(self.game):
            raise TypeError(f"{self.config.preset} draws no codes to walk through")
        if condition is None and isinstance(self.game, ConditionalSampler):
            condition = default_conditions(self.examples, 1)
        with on_loop(self.game, [_rows(seed, [0], truncation) for seed in seeds]):
            return torch.cat(list(self._pieces(frames, condition, [Still(seeds[0], 1, 1)])))

    def _pieces(
        self, n: int, condition: str | Tensor | None, rngs: Iterable[Rng]
    ) -> Iterator[Tensor]:
        """n examples in pieces of PIECE rows, each with a stream of its own."""
        if isinstance(self.game, ConditionalSampler):
            if condition is None:
                condition = default_conditions(self.examples, n)
            elif isinstance(condition, str):
                condition = parse_prompt(self.examples, condition, n)
            if len(condition) == 1:
                condition = condition.expand(n, *condition.shape[1:])
            for rows, rng in zip(condition.split(PIECE), rngs, strict=True):
                yield self.game.generate(to_model_input(rows, self.game), rng)
            return
        if condition is not None:
            raise TypeError(
                f"{self.config.preset} is unconditional: leave out the condition (--prompt, ...)"
            )
        if not isinstance(self.game, Samples):
            use = self.next_command(str(self.folder))
            raise TypeError(f"{self.config.preset} does not sample; use gansmith {use}")
        for rng, start in zip(rngs, range(0, n, PIECE), strict=True):
            yield self.game.sample(min(PIECE, n - start), rng)

    @torch.no_grad()
    def translate(self, x: Tensor, target: str | None = None, source: str | None = None) -> Tensor:
        """Examples of the domain `source` in the domain `target`.

        x: as in the data (uint8 images, waveforms, tokens) or as players read it. With two domains
        one name says the other; by default from the first to the second.
        Raises TypeError when the game does not translate, ValueError for an unknown domain.
        """
        source, target = self.direction(source, target)
        assert isinstance(self.game, Translates)
        return self.game.translate(to_model_input(x, self.game), source, target)

    def direction(self, source: str | None, target: str | None) -> tuple[str, str]:
        """The domains that a translation goes from and to, names that are not given filled in."""
        names = list(self.spec.domains)
        if not isinstance(self.game, Translates) or not names:
            use = self.next_command(str(self.folder))
            raise TypeError(f"{self.config.preset} does not translate; use gansmith {use}")
        for name in (source, target):
            if name is not None and name not in names:
                raise ValueError(unknown_name("domain", name, names))
        if target is None:
            if len(names) > 2:
                raise ValueError(f"say which domain to translate to: {', '.join(names)}")
            target = next(name for name in reversed(names) if name != source)
        if source is None:
            source = next(name for name in names if name != target)
        if source == target:
            raise ValueError(f"a translation goes to another domain; got {source} to {target}")
        return source, target

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """The codes of examples, (n, ...) as in the data or as players read it -> (n, latent.dim).

        Raises TypeError when the game has no encoder.
        """
        if not isinstance(self.game, Encodes):
            raise TypeError(f"{self.config.preset} has no encoder; vae and autoencoder have one")
        return self.game.encode(to_model_input(x, self.game))

    @torch.no_grad()
    def classify(self, x: Tensor) -> Tensor:
        """Class probabilities of examples, (n, ...) as in the data or as players read it -> (n, K).

        The classes are `run.spec.classes`. Raises TypeError when the game has no classifier.
        """
        if not isinstance(self.game, Classifies):
            raise TypeError(f"{self.config.preset} has no classifier; see the preset classifier")
        return self.game.classify(to_model_input(x, self.game)).cpu()

    def next_command(self, folder: str) -> str:
        """What one would do with this run in `folder`: sample from it, or give it files."""
        game = self._loaded[0] if self._loaded else self.recipe().game
        condition = self.spec.conditioned_on if isinstance(game, ConditionalSampler) else None
        if isinstance(game, Classifies) and not isinstance(game, Samples | ConditionalSampler):
            return f"classify {folder} FOLDER"
        if isinstance(game, Translates) or (condition is not None and condition.from_files):
            return f"translate {folder} FOLDER"
        return f"sample {folder} -n 64"

    def evaluate(
        self,
        n: int = 4000,
        seed: int = 0,
        features: Features | None = None,
        metrics: str | Sequence[str | Metric] | None = None,
    ) -> dict[str, Measured]:
        """Measure the run against its held-out data and write metrics.json.

        features: of pictures; the judge of the data by default.
        metrics: the keys that are wanted, my_file.py:mine or functions (generated, real) -> number
            among them; by default all, and the run's own functions.
        Raises FileError, before anything is computed, where the folder cannot be written; `measure`
        needs no room in it.
        """
        check_writable(self.folder)
        found = self.measure(n, seed, features, metrics)
        self.write_metrics(found)
        return found

    def measure(
        self,
        n: int = 4000,
        seed: int = 0,
        features: Features | None = None,
        metrics: str | Sequence[str | Metric] | None = None,
    ) -> dict[str, Measured]:
        """The numbers of `evaluate`; nothing is written."""
        check_bounds({"n": n, "seed": seed})
        if metrics is not None:
            return measure(self.game, self.dataset, n, seed, features, metrics)
        self._check_code("metric")
        own = [name for part, name in self.config.code_names.items() if part.startswith("metric")]
        return measure(self.game, self.dataset, n, seed, features, own=own)

    def write_metrics(self, found: dict[str, Measured]) -> None:
        """Write the numbers of `measure` into metrics.json."""
        page = {
            "step": self.step,
            "data": self.config.spec["name"],
            "fingerprint": self.config.spec["fingerprint"],
            "torch": torch.__version__,
            "numbers": {name: number.to_json() for name, number in found.items()},
        }
        write_atomic(self.folder / METRICS, (json.dumps(page, indent=2) + "\n").encode())

    def check(self) -> None:
        """Raises ValueError when players, batch, options or a donor do not fit together, OSError
        when the disk has no room for the run."""
        trainer = self.trainer(self.recipe())
        trainer.draw(trainer.stage().phases[0])
        check_disk(self.folder, disk_needed(trainer))

    def estimate(self) -> Estimate:
        """Time the first steps of each stage, and a sample sheet, on a game that is thrown away."""
        with using_threads(self.threads):
            trainer = self.trainer(self.recipe())
            return estimate(trainer, self._sheet, self.config.sample_every)

    def _sheet(self, trainer: Trainer) -> None:
        with trainer.ema.applied(trainer.game) as game:
            sheet_of(game, self.dataset, trainer.seed)
            score(game, self.dataset, trainer.seed, self.config.metrics)

    def choose_threads(self) -> int:
        """The number of threads that is fastest for this run, by a short trial."""
        return choose_threads(lambda: self.trainer(self.recipe()))

    @property
    def threads(self) -> int:
        """The number of threads that the run began with, unless the environment gives one."""
        most = torch.get_num_threads()
        return most if is_given() else int(self.config.versions.get("threads", most))


def _rows(seed: int, rows: Sequence[int], truncation: float | None) -> RowRng:
    """The stream of these rows of `Run.sample`."""
    most = math.inf if truncation is None else truncation
    return RowRng(seed, 1, 1, rows=rows, truncation=most)


def _new_rate(trainer: Trainer, before: int | None) -> str:
    """What another length does to the learning rate, in a sentence; "" where it does nothing."""
    if before is None:
        return ""
    old, new = (trainer.schedule(trainer.step, steps) for steps in (before, trainer.steps))
    if old == new:
        return ""
    return (
        f"the learning rate follows the length of the run: at step {trainer.step} of "
        f"{trainer.steps} it goes on at {new:.3g} times its first value; at step {trainer.step} of "
        f"{before} it was {max(old, 0):.3g} times that, so this is not the run that one of "
        f"{trainer.steps} steps from the start would be"
    )


def claim_folder(folder: Path) -> Path:
    """Make a folder that no other process has made: this one, or of the next number."""
    while True:
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            folder = folder.with_name(f"{folder.name[:-4]}{int(folder.name[-4:]) + 1:04d}")
        except OSError as error:
            raise FileError(f"cannot make {folder}: {error.strerror or error}") from error


def _save(config: Config, folder: Path) -> None:
    """Write config.json, and copies of the files of code that it names."""
    config.save(folder)
    for part, name in config.code_names.items():
        for file, content in file_contents(name).items():
            write_atomic(folder / CODE_COPIES / part / file, content)


def versions() -> dict[str, Any]:
    """What the last bits of a run may depend on."""
    return {
        "gansmith": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "device": _device_name(distributed.init()),
        "threads": torch.get_num_threads(),
        "processes": distributed.world(),
    }


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _compare(mine: Config, first: Config) -> None:
    """ValueError when this process was given other words, or found other data, than the first."""
    ours, theirs = (
        asdict(config) | {"spec": config.spec.get("fingerprint"), "versions": None}
        for config in (mine, first)
    )
    _require_same(ours, theirs)


def _require_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    if other := [name for name in ours if ours[name] != theirs[name]]:
        said = ", ".join(f"{name} is {ours[name]!r}, not {theirs[name]!r}" for name in other)
        raise ValueError(
            f"{said} as on the first process; give every host the same command and the same data"
        )


def _averaged(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    prefix = "ema.players."
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _inherit(trainer: Trainer, donor: dict[str, Tensor], theirs: Config, ours: Config) -> None:
    """Start from another run's players: weights and averages, but no optimiser state."""
    fresh, _ = trainer.state()
    taken = {k: v for k, v in donor.items() if k.startswith("game.")}
    averages = {k: v for k, v in donor.items() if k.startswith("ema.players.")}
    try:
        trainer.load(fresh | taken | averages, {"step": 0, "draws": 0})
    except ValueError:
        before, now = _shape(theirs), _shape(ours)
        differ = [
            f"{name} {before.get(name, 'none')}, here {now.get(name, 'none')}"
            for name in before | now
            if before.get(name) != now.get(name)
        ]
        raise ValueError(
            f"the players of {ours.began_from} do not fit this run: give its preset, its keywords "
            f"and data of its form. It has {'; '.join(differ[:MOST])}"
        ) from None


def _shape(config: Config) -> dict[str, Any]:
    """What the shapes of a run's players may follow from, the most telling first."""
    data = {name: value for name in FORM if (value := config.spec.get(name))}
    classes = {"classes": len(config.spec["classes"])}
    keywords = {name: value for name, value in config.keywords.items() if name not in LENGTH}
    return {"preset": config.preset} | data | classes | keywords
