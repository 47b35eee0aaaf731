"""The training loop: draw, move the players of each phase, average them, resume exactly.

The trainer knows phases and stages, not particular games. Resuming is exact to the last bit on one
machine, with one build of PyTorch, one kind of device and one number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn, Protocol

import torch
from torch import Tensor, nn

from gansmith.core import distributed, optimizer_state
from gansmith.core.constraints import Constraint
from gansmith.core.ema import EMA
from gansmith.core.game import Batch, Game, Phase, Stage
from gansmith.core.recipe import Optim, Schedule, adam, constant
from gansmith.core.rng import Rng
from gansmith.core.suggest import unknown_name

Callback = Callable[["Trainer", dict[str, Tensor]], bool]
PRECISIONS = ("float32", "bfloat16")


class Source(Protocol):
    """Anything that gives the n-th global batch of a run."""

    def at(self, n: int) -> dict[str, Any]:
        """Named tensors with a common first axis; a pure function of n."""
        ...


class NonFiniteError(ArithmeticError):
    """A loss or a parameter is infinite or not a number: the run has diverged.

    step: at which. phase: whose loss it is, by name, or "". terms: the loss terms, or the tensor,
    that are not finite; none where only the sum of the terms overflows.
    """

    def __init__(
        self,
        message: str,
        *,
        step: int | None = None,
        phase: str = "",
        terms: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self.step, self.phase, self.terms = step, phase, tuple(terms)


class Trainer:
    """Trains the players of a game on a source of batches.

    game: its players are moved in place.
    source: `source.at(n)` is the n-th batch drawn by the run.
    optim: per player, a function from its parameters to its optimizer; by default Adam(2e-4, 0.5)
        for each.
    steps: the length of the run, which schedules are measured against.
    schedule: factor on all learning rates, from (step, steps).
    ema: decay of the exponential moving averages of `game.averaged`; 0 keeps none.
    micro: pieces into which each batch is split, to save memory; the gradients add up.
    precision: "float32", or "bfloat16" for autocast around the losses.
    clip: largest norm of one player's gradient, or None.
    compile: compile each player in place.
    channels_last: memory layout of images and kernels.
    seed: with the number of a draw it gives every random number of that draw.

    A parameter that requires no gradient, as of a pretrained part, is never trained; from here on
    no parameter of the game requires one outside its phase.

    Raises TypeError for a source without `at`, ValueError for an unknown precision, a batch that
    does not divide, players that `Game.players` refuses, a player without an optimizer or one
    whose parameters are all frozen, and an optimizer of something that is not a player.
    """

    def __init__(
        self,
        game: Game,
        source: Source,
        *,
        optim: dict[str, Optim] | None = None,
        steps: int = 1000,
        schedule: Schedule = constant,
        ema: float = 0.0,
        micro: int = 1,
        precision: str = "float32",
        clip: float | None = None,
        compile: bool = False,
        channels_last: bool = False,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        if precision not in PRECISIONS:
            raise ValueError(f"precision is one of {', '.join(PRECISIONS)}; got {precision!r}")
        if micro < 1:
            raise ValueError(f"a batch is split into at least one micro-batch; got micro={micro}")
        if not callable(getattr(source, "at", None)):
            raise TypeError(
                "source: expected an object whose at(n) gives the n-th batch as named tensors; got "
                f"{type(source).__name__}. gansmith.data has open_source(dataset, batch, seed), "
                "Source({'real': tensor}, batch, seed), and from_loader(loader) for a DataLoader"
            )
        self.device = torch.device(device)
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.game = game.to(self.device)
        if channels_last:
            game.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.source, self.seed, self.micro, self.clip = source, seed, micro, clip
        self.precision, self.steps, self.schedule = precision, steps, schedule
        self.players = game.players()
        self.parameters = {
            name: [p for p in player.parameters() if p.requires_grad]
            for name, player in self.players.items()
        }
        make = dict.fromkeys(self.players, adam(2e-4, 0.5)) if optim is None else optim
        _check_optim(make, self.parameters)
        self.optim = {name: make[name](self.parameters[name]) for name in self.players}
        self.base_lrs = {name: [g["lr"] for g in o.param_groups] for name, o in self.optim.items()}
        self.constraints = {
            name: [part for part in player.modules() if isinstance(part, Constraint)]
            for name, player in self.players.items()
        }
        self.ema = EMA(game, ema).to(self.device)
        self.stages = game.stages()
        self.step = 0
        self.draws = 0
        game.requires_grad_(False)
        game.train()
        for player in self.players.values() if compile else ():
            player.compile()

    def fit(self, steps: int | None = None, callbacks: Iterable[Callback] = ()) -> None:
        """Train until `steps` (by default the run's length), or until a callback returns True.

        callbacks: called after every step with the trainer and the step's terms and notes; all of
            them are called before one may stop the run.
        Raises NonFiniteError at the first loss that is not finite.
        """
        callbacks = list(callbacks)
        self.steps = self.steps if steps is None else steps
        while self.step < self.steps:
            terms = self.train_step()
            stops = [callback(self, terms) for callback in callbacks]
            if any(stops):
                return

    def train_step(self) -> dict[str, Tensor]:
        """One step: every phase of the stage that the run is in; its terms and notes by name."""
        terms: dict[str, Tensor] = {}
        pieces: list[Batch] = []
        for phase in self.stage().phases:
            if self.step % phase.every:
                continue
            for _ in range(phase.repeat):
                if not phase.reuse:
                    pieces = self.draw(phase)
                terms |= self.move(phase, pieces)
                terms |= _keyed(phase, self.mean_notes(pieces))
        self.step += 1
        return terms

    def stage(self) -> Stage:
        """The stage that the next step belongs to."""
        begun = 0
        for stage in self.stages:
            if stage.steps is None or self.step < begun + stage.steps:
                return stage
            begun += stage.steps
        return self.stages[-1]

    def draw(self, phase: Phase) -> list[Batch]:
        """This process's rows of the next batch's micro-batches, with their randomness.

        The noise of the global batch is drawn by every process alike. A batch is cut into
        micro-batches first and each of these between the processes, so that what is gathered
        from all of them comes in batch order.
        """
        x = Batch(**self.source.at(self.draws))
        x = (phase.draw or self.game.draw)(x, Rng(self.seed, self.draws))
        self.draws += 1
        if len(x) % (self.micro * distributed.world()):
            raise ValueError(
                f"a batch of {len(x)} does not divide into {self.micro} micro-batches on "
                f"{distributed.world()} processes; choose a multiple of "
                f"{self.micro * distributed.world()}"
            )
        pieces = x.split(self.micro) if self.micro > 1 else [x]
        if distributed.world() > 1:
            pieces = [piece.split(distributed.world())[distributed.rank()] for piece in pieces]
        return [piece.to(self.device, self.layout) for piece in pieces]

    def move(self, phase: Phase, pieces: list[Batch]) -> dict[str, Tensor]:
        """Move a phase's players once; the terms of this process, averaged over its pieces."""
        for name in phase.movers:
            # Parameter by parameter: walking the modules would cost a toy a tenth of its step.
            for parameter in self.parameters[name]:
                parameter.requires_grad_(True)
                parameter.grad = None
        terms: dict[str, Tensor] = {}
        for x in pieces:
            x.notes = {}  # the phase before may have noted on the same batch
            with self._autocast():
                losses = phase.loss(x)
            _check_names(phase, losses, x.notes)
            loss = torch.stack(list(losses.values())).sum()
            (loss * (phase.gain / (len(pieces) * distributed.world()))).backward()
            if not math.isfinite(loss.item()):
                self._raise_non_finite(phase, losses)
            _add(terms, losses, len(pieces))
        self._step(phase)
        self.game.after_phase(phase, self.global_means(self.mean_notes(pieces)))
        return _keyed(phase, terms)

    def mean_notes(self, pieces: list[Batch]) -> dict[str, Tensor]:
        """What the latest loss on these pieces noted, averaged over them."""
        notes: dict[str, Tensor] = {}
        for x in pieces:
            _add(notes, x.notes, len(pieces))
        return notes

    def _step(self, phase: Phase) -> None:
        """Step the touched movers, apply their constraints, draw their averages closer."""
        factor = phase.lr_factor * self.schedule(self.step, self.steps)
        distributed.reduce_move([self.players[name] for name in phase.movers], self.game)
        touched = [n for n in phase.movers if any(p.grad is not None for p in self.parameters[n])]
        for name in touched:
            if self.clip is not None:
                nn.utils.clip_grad_norm_(self.parameters[name], self.clip)
            for group, lr in zip(self.optim[name].param_groups, self.base_lrs[name], strict=True):
                group["lr"] = lr * factor
            self.optim[name].step()
        for name in phase.movers:
            for parameter in self.parameters[name]:
                parameter.requires_grad_(False)
        for name in touched:
            for constraint in self.constraints[name]:
                constraint.after_move()
            self.ema.update(name, self.players[name])

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def global_means(self, values: dict[str, Tensor]) -> dict[str, float]:
        """Scalars, averaged over the processes: what the log holds of terms and notes."""
        if not values:
            return {}
        sums = distributed.all_reduce_sum(torch.stack(list(values.values()))).tolist()
        return {name: total / distributed.world() for name, total in zip(values, sums, strict=True)}

    def _raise_non_finite(self, phase: Phase, losses: dict[str, Tensor]) -> NoReturn:
        """Stop before anybody moves, naming the terms that are not finite."""
        bad = {name: v.item() for name, v in losses.items() if not v.isfinite()}
        found = ", ".join(f"the term {name!r} is {value}" for name, value in bad.items())
        raise NonFiniteError(
            f"step {self.step}, phase {phase.name!r}: {found or 'the sum of the terms overflows'}. "
            "The run stopped here; nothing after the last checkpoint is kept. Try a smaller "
            "learning rate, a penalty on the discriminator, or gradient clipping",
            step=self.step,
            phase=phase.name,
            terms=bad,
        )

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that a resumed run needs: tensors by name, and plain numbers.

        Raises NonFiniteError when a parameter or buffer is not finite.
        """
        tensors = {f"game.{k}": v for k, v in self.game.state_dict().items()}
        tensors |= {f"ema.{k}": v for k, v in self.ema.state_dict().items()}
        for name, value in tensors.items():
            if value.is_floating_point() and not bool(value.isfinite().all()):
                raise NonFiniteError(
                    f"step {self.step}: {name!r} is not finite; it is not saved",
                    step=self.step,
                    terms=[name],
                )
        for name, optimizer in self.optim.items():
            kept = optimizer_state.state_tensors(optimizer, self.parameters[name])
            tensors |= {f"optim.{name}.{k}": v for k, v in kept.items()}
        return tensors, {"step": self.step, "draws": self.draws}

    def load(self, tensors: dict[str, Tensor], numbers: dict[str, Any]) -> None:
        """Go back to a saved state.

        Raises ValueError when the state does not fit the game.
        """
        try:
            self.game.load_state_dict(_without_prefix("game.", tensors))
            self.ema.load_state_dict(_without_prefix("ema.", tensors))
        except RuntimeError as error:
            raise ValueError(f"this checkpoint belongs to another game: {error}") from None
        for name, optimizer in self.optim.items():
            kept = _without_prefix(f"optim.{name}.", tensors)
            optimizer_state.restore_state(optimizer, self.parameters[name], kept)
        self.step, self.draws = numbers["step"], numbers["draws"]


def _check_optim(optim: dict[str, Optim], parameters: dict[str, list[nn.Parameter]]) -> None:
    for name in optim:
        if name not in parameters:
            unknown = unknown_name("player", name, parameters)
            raise ValueError(f"an optimizer is given for the {unknown}")
    for name, own in parameters.items():
        if name not in optim:
            raise ValueError(f"the player {name!r} has no optimizer; give one for each player")
        if not own:
            raise ValueError(
                f"no parameter of the player {name!r} requires a gradient, as after an earlier "
                "Trainer: call requires_grad_(True) on what is to be trained"
            )


def _keyed(phase: Phase, values: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{phase.name}/{name}": value for name, value in values.items()}


def _check_names(phase: Phase, losses: dict[str, Tensor], notes: dict[str, Tensor]) -> None:
    """Terms and notes share the keys of the log, so no two of them may have the same name."""
    if both := losses.keys() & notes.keys():
        raise ValueError(
            f"phase {phase.name!r} has a term and a note of the same name, {', '.join(both)}; "
            "rename the note"
        )


def _add(sums: dict[str, Tensor], values: dict[str, Tensor], parts: int) -> None:
    for name, value in values.items():
        part = value.detach() / parts if parts > 1 else value.detach()
        sums[name] = sums[name] + part if name in sums else part


def _without_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
