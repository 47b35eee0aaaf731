"""A game: its players, which of them move, and on which loss.

A `Game` is a module whose attributes are the players. Its phases say who moves on which
loss; a loss maps a `Batch` to named scalar terms whose sum is minimized. A loss touches no
optimizer, device, logger or `detach`: only the movers require gradients, all others are
frozen. What is random in a loss is attached to the batch by `draw`, so a loss is a
deterministic function of players and batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.core.suggest import unknown_name

Losses = dict[str, Tensor]


class Batch:
    """Named tensors that share their first axis; other values ride along unchanged.

    Fields are attributes: `Batch(real=images, label=classes).real`.
    """

    def __init__(self, **fields: Any) -> None:
        self.notes: dict[str, Tensor] = {}
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"this batch has no field {name!r}; it has {', '.join(self.fields())}. "
            "Is it attached in draw, or cached by an earlier phase?"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def fields(self) -> dict[str, Any]:
        """Every field but the notes, by name."""
        return {name: value for name, value in self.__dict__.items() if name != "notes"}

    def __len__(self) -> int:
        """The number of examples: the first axis of the first tensor."""
        for value in self.fields().values():
            if isinstance(value, Tensor):
                return len(value)
        return 0

    def split(self, parts: int) -> list[Batch]:
        """This batch in `parts` consecutive pieces of nearly equal length."""
        pieces: list[dict[str, Any]] = [{} for _ in range(parts)]
        for name, value in self.fields().items():
            cuts = value.tensor_split(parts) if isinstance(value, Tensor) else [value] * parts
            for piece, cut in zip(pieces, cuts, strict=True):
                piece[name] = cut
        return [Batch(**piece) for piece in pieces]

    def to(self, device: torch.device, memory_format: torch.memory_format) -> Batch:
        """This batch on a device, in the types that players read.

        uint8 images become float32 in [-1, 1]; int16 and int32 tokens become int64.
        """
        return Batch(
            **{
                name: _playable(value, device, memory_format)
                if isinstance(value, Tensor)
                else value
                for name, value in self.fields().items()
            }
        )

    def cache(self, **tensors: Tensor) -> None:
        """Store tensors, detached, for a later phase of this step that reuses the batch."""
        for name, tensor in tensors.items():
            self.__dict__[name] = tensor.detach()

    def note(self, **values: Tensor) -> None:
        """Scalar diagnostics for the log and for `Game.after_phase`; never part of the loss.

        They are copied, since `after_phase` may change a buffer; half precision becomes float32.
        """
        for name, value in values.items():
            full = torch.promote_types(value.dtype, torch.float32)
            self.notes[name] = value.detach().to(full, copy=True)


def _playable(value: Tensor, device: torch.device, memory_format: torch.memory_format) -> Tensor:
    value = value.to(device, non_blocking=True)
    if value.dtype == torch.uint8:
        value = to_float(value)
    elif value.dtype in (torch.int16, torch.int32):
        value = value.long()
    return value.contiguous(memory_format=memory_format) if value.dim() == 4 else value


@dataclass(frozen=True)
class Phase:
    """Some players move on one loss.

    moves: the players updated together, for example "D" or "Gab Gba".
    loss: from a batch to named scalar terms, means over the batch; their sum is minimized.
    name: under which the log shows it, "D" in `D/adv`; by default the players that move. The phases
        of a stage have different names.
    repeat: moves in a step, each on a batch of its own.
    every: the phase is played in every so many steps only.
    gain: factor on the terms; a regularizer that is applied every k steps has gain k.
    lr_factor: factor on the movers' learning rates in this phase.
    reuse: take the batch of the phase before, with what that phase cached.
    draw: attaches what is random in this loss; by default the game's own `draw`.
    """

    moves: str
    loss: Callable[[Batch], Losses]
    name: str = ""
    repeat: int = 1
    every: int = 1
    gain: float = 1.0
    lr_factor: float = 1.0
    reuse: bool = False
    draw: Callable[[Batch, Rng], Batch] | None = None

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.moves)
        if not self.movers:
            raise ValueError(f"a phase moves at least one player; got moves={self.moves!r}")
        if self.repeat < 1 or self.every < 1:
            raise ValueError(
                f"phase {self.name!r} is played at least once, every so many steps; got "
                f"repeat={self.repeat}, every={self.every}"
            )

    @property
    def movers(self) -> list[str]:
        """The names of the players that move."""
        return self.moves.split()


class Stage(NamedTuple):
    """A stretch of the run: its length in steps (None: to the end) and its phases."""

    steps: int | None
    phases: tuple[Phase, ...]


class Game(nn.Module):
    """Players as attributes, and the phases in which they move.

    averaged: the players of which the trainer keeps an exponential moving average.
    All state that is not a player's is a buffer or a module, so that it is saved.
    """

    averaged: tuple[str, ...] = ("G",)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        """Attach all that is random in the losses: fields of shape (B, ...)."""
        return x

    def phases(self) -> tuple[Phase, ...]:
        """The phases of one step, in order of play."""
        raise NotImplementedError(f"{type(self).__name__} defines no phases")

    def stages(self) -> tuple[Stage, ...]:
        """The stages of a run; by default one, that never ends."""
        return (Stage(None, self.phases()),)

    def after_phase(self, phase: Phase, notes: dict[str, float]) -> None:
        """Called after a phase has moved, with what its loss noted, as global means."""

    def players(self) -> dict[str, nn.Module]:
        """The players that some phase moves, by name.

        Raises ValueError when a phase moves something that is not a module of this game, or two
        players that share a parameter, reuses a batch when no phase came before it, or has the
        name of another phase of its stage; and when no phase moves a parameter that requires a
        gradient.
        """
        names = dict.fromkeys(
            name for stage in self.stages() for phase in stage.phases for name in phase.movers
        )
        # Not named_children(), which leaves out the second name of one module.
        modules = {name: module for name, module in self._modules.items() if module is not None}
        for stage in self.stages():
            self._check(stage, modules)
        moved = {id(p) for name in names for p in modules[name].parameters()}
        for name, parameter in self.named_parameters():
            if parameter.requires_grad and id(parameter) not in moved:
                part = name.partition(".")[0]
                raise ValueError(
                    f"no phase of {type(self).__name__} moves {part!r}, so it would never be "
                    f"trained; phases move {', '.join(names)}. Move it in a phase, or say that it "
                    f"is meant to stay as it is: self.{part}.requires_grad_(False)"
                )
        return {name: modules[name] for name in names}

    def _check(self, stage: Stage, modules: dict[str, nn.Module]) -> None:
        names = [phase.name for phase in stage.phases]
        if double := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(
                f"two phases of one stage of {type(self).__name__} are called {double!r}, so that "
                "their terms would overwrite each other in the log: give one of them a name, "
                f"Phase(..., name={double + '_reg'!r})"
            )
        for position, phase in enumerate(stage.phases):
            for name in phase.movers:
                if name not in modules:
                    phase_of = f"phase {phase.name!r} of {type(self).__name__}"
                    raise ValueError(f"{phase_of} moves an {unknown_name('player', name, modules)}")
            moved = [id(p) for name in phase.movers for p in modules[name].parameters()]
            if len(set(moved)) < len(moved):
                raise ValueError(
                    f"phase {phase.name!r} of {type(self).__name__} moves {phase.moves!r}, which "
                    "share a parameter: each optimizer would move it; make one player of them"
                )
            if phase.reuse and position == 0:
                raise ValueError(
                    f"phase {phase.name!r} of {type(self).__name__} reuses a batch, but no phase "
                    "of its stage comes before it"
                )

    @property
    def batch_coupled(self) -> bool:
        """Whether some part ties the examples of a batch together.

        Then micro-batches and several processes change the result: BatchNorm, minibatch
        statistics, and every part with a true attribute `batch_coupled`.
        """
        return any(_coupled(part) for part in self._parts())

    def _parts(self) -> Iterator[Any]:
        yield from self.modules()
        yield from (value for name, value in vars(self).items() if not name.startswith("_"))


def _coupled(part: Any) -> bool:
    if isinstance(part, Game):
        return False
    return isinstance(part, _BatchNorm) or bool(getattr(part, "batch_coupled", False))
