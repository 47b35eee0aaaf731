"""A run folder: begin one, play it, resume it, sample from it.

runs/NAME holds config.json (all that was asked), log.jsonl and scores.jsonl (the curves),
samples/ (the same codes each time), checkpoints/ (the newest two and `best`), metrics.json
and report.html.
"""

from __future__ import annotations

import json
import platform
from contextlib import nullcontext
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gansmith import __version__, checkpoint, parallel
from gansmith.asking import by_words, in_turn, playable
from gansmith.config import FILE, Config
from gansmith.data import DataError, Dataset, DataSpec, open_data, open_source
from gansmith.estimate import Estimate, estimate
from gansmith.evaluation import measure
from gansmith.game import Answers, Game, Samples, Translates
from gansmith.metrics import Features, Measured
from gansmith.presets import find_preset
from gansmith.recipe import Recipe
from gansmith.recorder import BEST, CLOCK, Recorder, read_clock
from gansmith.rng import Rng
from gansmith.trainer import Trainer

METRICS = "metrics.json"
CHECKPOINTS = ("best", "latest")
ENDLESS = 10**9  # steps of a run that the clock ends


class Run:
    """A run and its folder.

    folder: where it is. config: what it was asked to do.
    stopped: why the last sitting ended early ("SIGINT", "SIGTERM", "clock"), or "".
    """

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder, self.config = folder, config
        self.which = "best"
        self.stopped = ""
        self.told = ""

    @classmethod
    def begin(cls, folder: Path, config: Config, dataset: Dataset | None = None) -> Run:
        """Make the folder and write config.json; `dataset` spares opening the data once more.

        Raises FileExistsError when the folder already holds a run, or anything else; RuntimeError
        when the processes were not asked to do the same.
        """
        # Here every process has chosen its folder: only then one of them makes it.
        theirs = parallel.first(lambda: config)
        parallel.together(lambda: _compare(config, theirs))

        def make() -> None:
            cls.claim(folder)
            config.save(folder)

        parallel.first(make)
        run = cls(folder, config)
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
        if folder.exists() and any(not path.match(".*.tmp") for path in folder.iterdir()):
            raise FileExistsError(f"{folder} is not empty and holds no run; choose another --out")

    @classmethod
    def open(cls, folder: Path | str) -> Run:
        """Open a run folder; nothing heavy is loaded yet."""
        return cls(Path(folder), Config.load(Path(folder)))

    @classmethod
    def join(cls, folder: Path | str) -> Run:
        """Open a run to go on with it: all processes together, of which the first reads it."""
        parallel.start()
        return cls(Path(folder), parallel.first(lambda: Config.load(Path(folder))))

    @property
    def checkpoints(self) -> Path:
        """Where the checkpoints are."""
        return self.folder / "checkpoints"

    @cached_property
    def dataset(self) -> Dataset:
        """The run's data, opened as it was at the start.

        Raises DataError when the data is no longer what the run began with.
        """
        dataset = open_data(self.config.data, **self.config.options)
        if dataset.spec.fingerprint != self.config.spec["fingerprint"]:
            raise DataError(
                f"{self.config.data} has changed since the run began (it was "
                f"{self.config.spec['fingerprint']}, now {dataset.spec.fingerprint}). Restore "
                f"it, or start a new run from this one: gansmith train --from {self.folder}"
            )
        return dataset

    def recipe(self) -> Recipe:
        """Build the game anew, with the run's own initial weights."""
        build = find_preset(self.config.preset).build
        torch.manual_seed(self.config.seed)
        return build(DataSpec.from_json(self.config.spec), **self.config.keywords)

    def trainer(self, recipe: Recipe) -> Trainer:
        """A trainer of this run's recipe, at step 0."""
        config = self.config
        trainer = Trainer(
            recipe.game,
            open_source(self.dataset, recipe.batch, config.seed),
            optim=recipe.optim,
            steps=config.steps,
            schedule=recipe.schedule,
            average=recipe.average,
            micro=config.micro,
            precision=config.precision,
            clip=config.clip,
            compile=config.compile,
            channels_last=config.channels_last,
            seed=config.seed,
            device=parallel.start(),
        )
        if config.began_from is not None and not parallel.first(
            lambda: checkpoint.newest_first(self.checkpoints)
        ):
            donor, _ = Run.open(config.began_from).read("best")
            _inherit(trainer, donor, config.began_from)
        return trainer

    def play(self, every: float = 60.0) -> Run:
        """Play from the newest checkpoint, or the start, to the run's end."""
        trainer = self.trainer(self.recipe())
        recorder = Recorder(
            self.folder,
            self.dataset,
            show=self.config.show,
            every=every,
            minutes=self.config.minutes,
            metrics=self.config.metrics,
        )
        with checkpoint.alone(self.folder) if recorder.chief else nullcontext():
            self.told = "; ".join(filter(None, (recorder.restore(trainer), self._drifted())))
            recorder.run(trainer)
        self.stopped = recorder.stopped
        if self.stopped == CLOCK:
            self.config.steps, self.config.minutes = trainer.step, None
            if parallel.rank() == 0:
                self.config.save(self.folder)
        parallel.barrier()
        return self.choose(self.which)

    def _drifted(self) -> str:
        """What the last bits depend on and is not what the run began with, if anything."""
        now, before = versions(), self.config.versions
        changed = [
            f"{name} {before[name]} -> {now[name]}"
            for name in now
            if name != "processes" and name in before and before[name] != now[name]
        ]
        if not changed:
            return ""
        return f"the last bits may differ from an unbroken run: {', '.join(changed)}"

    def resume(self, steps: int | None = None, minutes: float | None = None) -> Run:
        """Go on, by default to the end that was asked for; `steps` is the new total.

        `minutes` is the new total too, earlier sittings included.
        Raises ValueError when both are given, or the end lies behind the run.
        """
        parallel.start()

        def lengthen() -> Config:
            self._lengthen(steps, minutes)
            self.config.save(self.folder)
            return self.config

        self.config = parallel.first(lengthen)
        parallel.together(lambda: self.dataset)
        return self.play()

    def _lengthen(self, steps: int | None, minutes: float | None) -> None:
        if steps is not None and minutes is not None:
            raise ValueError("a run is as long as --steps or as --minutes says; give one of them")
        newest = checkpoint.newest_first(self.checkpoints)
        done = int(newest[0].stem) if newest else 0
        if steps is not None:
            if steps < done:
                raise ValueError(
                    f"the run is at step {done} already; --steps {steps} lies behind it"
                )
            self.config.steps, self.config.minutes = steps, None
        if minutes is not None:
            if 60 * minutes <= self.seconds:
                raise ValueError(
                    f"the run was played for {self.seconds / 60:.3g} minutes already; --minutes "
                    f"{minutes:g} lies behind it"
                )
            self.config.steps, self.config.minutes = ENDLESS, minutes

    def read(self, which: str = "best") -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The tensors and numbers of a checkpoint: "best", "latest" or a step.

        `latest` is the newest that can be read; `best` falls back to it when no score was taken.
        Raises CheckpointError when there is none.
        """
        named = self.checkpoints / (BEST if which == "best" else f"{which:0>8}{checkpoint.SUFFIX}")
        if which not in CHECKPOINTS or named.exists():
            if not named.exists():
                there = checkpoint.newest_first(self.checkpoints)
                steps = [str(int(path.stem)) for path in there]
                raise checkpoint.CheckpointError(
                    f"{self.folder} has no checkpoint {which!r}; there are "
                    f"{', '.join(CHECKPOINTS)} and the steps {', '.join(steps)}"
                )
            return checkpoint.read(named)
        for _, tensors, numbers in checkpoint.readable(self.checkpoints):
            return tensors, numbers
        raise checkpoint.CheckpointError(
            f"{self.folder} has no checkpoint that can be read; play the run first: "
            f"gansmith train --resume {self.folder}"
        )

    def choose(self, which: str) -> Run:
        """Use this checkpoint from now on: "best", "latest" or a step."""
        self.which = which
        for kept in ("game", "step"):
            self.__dict__.pop(kept, None)
        return self

    @cached_property
    def game(self) -> Game:
        """The game at the chosen checkpoint, averaged players in place, frozen, for use."""
        tensors, numbers = self.read(self.which)
        game = self.recipe().game
        own = {k.removeprefix("game."): v for k, v in tensors.items() if k.startswith("game.")}
        try:
            game.load_state_dict(own | _averaged(tensors))
        except RuntimeError as error:
            raise ValueError(f"the {self.which} checkpoint is of another game: {error}") from None
        self.__dict__["step"] = int(numbers["step"])  # a run that is being played moves on
        return game.requires_grad_(False).eval().to(parallel.start())

    @cached_property
    def step(self) -> int:
        """The step of the chosen checkpoint."""
        return int(self.read(self.which)[1]["step"])

    @property
    def seconds(self) -> float:
        """How long the run was played, all sittings together."""
        return read_clock(self.folder)

    @torch.no_grad()
    def sample(self, n: int = 64, seed: int = 0, ask: str | Tensor | None = None) -> Tensor:
        """n examples: pictures (n, C, H, W) in [-1, 1], points (n, dim), or token ids (n, T).

        The same seed and n give the same examples.
        ask: of a game that makes what it is asked for: words, or conditions as in the data, one or
            n; by default the classes in turn, or what held-out examples are asked by.
        Raises TypeError when the game has nothing to sample, or cannot be asked; DataError for
        words that the data do not have.
        """
        if isinstance(self.game, Answers):
            given = in_turn(self.dataset, n) if ask is None else ask
            if isinstance(given, str):
                given = by_words(self.dataset, given, n)
            if len(given) == 1:
                given = given.expand(n, *given.shape[1:])
            return self.game.answer(playable(given, self.game), Rng(seed, 1, 1))
        if ask is not None:
            raise TypeError(f"{self.config.preset} cannot be asked: it makes what it likes")
        if not isinstance(self.game, Samples):
            raise TypeError(
                f"{self.config.preset} does not sample; it translates: "
                f"gansmith translate {self.folder} FOLDER"
            )
        return self.game.sample(n, Rng(seed, 1, 1))

    @torch.no_grad()
    def translate(self, pictures: Tensor, to: str = "b") -> Tensor:
        """Pictures (n, C, H, W) in [-1, 1] in the style of the domain `to`.

        Raises TypeError when the game does not translate.
        """
        if not isinstance(self.game, Translates):
            raise TypeError(
                f"{self.config.preset} does not translate; it samples: "
                f"gansmith sample {self.folder}"
            )
        return self.game.translate(pictures, to=to)

    def evaluate(
        self, n: int = 4000, seed: int = 0, features: Features | None = None
    ) -> dict[str, Measured]:
        """Measure the run against its held-out data and write metrics.json.

        features: of pictures; the judge of the data by default.
        """
        found = measure(self.game, self.dataset, n, seed, features)
        page = {
            "step": self.step,
            "data": self.config.spec["name"],
            "fingerprint": self.config.spec["fingerprint"],
            "torch": torch.__version__,
            "numbers": {name: number.to_json() for name, number in found.items()},
        }
        checkpoint.replace(self.folder / METRICS, (json.dumps(page, indent=2) + "\n").encode())
        return found

    def check(self) -> None:
        """Raises ValueError when players, batch, options or a donor do not fit together."""
        trainer = self.trainer(self.recipe())
        trainer.draw(trainer.stage().phases[0])

    def estimate(self) -> Estimate:
        """Time the first steps of each stage on a game that is thrown away."""
        return estimate(self.trainer(self.recipe()))


def versions() -> dict[str, Any]:
    """What the last bits of a run may depend on."""
    return {
        "gansmith": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "processes": parallel.world(),
    }


def _compare(mine: Config, first: Config) -> None:
    """ValueError when this process was given other words, or found other data, than the first."""
    ours, theirs = (
        asdict(config) | {"spec": config.spec.get("fingerprint"), "versions": None}
        for config in (mine, first)
    )
    if other := [name for name in ours if ours[name] != theirs[name]]:
        said = ", ".join(f"{name} is {ours[name]!r}, not {theirs[name]!r}" for name in other)
        raise ValueError(
            f"{said} as on the first process; give every host the same command and the same data"
        )


def _averaged(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    prefix = "average.players."
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _inherit(trainer: Trainer, donor: dict[str, Tensor], name: str) -> None:
    """Start from another run's players: weights and averages, but no optimiser state."""
    fresh, _ = trainer.state()
    taken = {k: v for k, v in donor.items() if k.startswith("game.")}
    averages = {k: v for k, v in donor.items() if k.startswith("average.players.")}
    try:
        trainer.load(fresh | taken | averages, {"step": 0, "draws": 0})
    except ValueError as error:
        raise ValueError(
            f"the players of {name} do not fit this run; use the same preset, sizes and kind of "
            f"data. {error}"
        ) from None
