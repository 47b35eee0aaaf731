"""A game: its players, who of them moves, and on which loss.

A `Game` is a module whose attributes are the players. Its phases say who moves on which
loss; a loss maps a `Batch` to named scalar terms whose sum is minimised. A loss touches no
optimiser, device, logger or `detach`: only the movers ask for gradients, everyone else is
frozen. What is random in a loss is attached to the batch by `draw`, so a loss is a
deterministic function of players and batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng

Terms = dict[str, Tensor]


class Batch:
    """Named tensors that share their first axis; other values ride along unchanged.

    Fields are attributes: `Batch(real=pictures, label=classes).real`.
    """

    def __init__(self, **fields: Any) -> None:
        self.notes: dict[str, Tensor] = {}
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"this batch has no field {name!r}; it has {', '.join(self.fields())}. "
            "Is it attached in draw, or kept by an earlier phase?"
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

        uint8 pictures become float32 in [-1, 1]; int16 and int32 tokens become int64.
        """
        return Batch(
            **{
                name: _playable(value, device, memory_format)
                if isinstance(value, Tensor)
                else value
                for name, value in self.fields().items()
            }
        )

    def keep(self, **tensors: Tensor) -> None:
        """Hand tensors, detached, to a later phase of this step that reuses the batch."""
        for name, tensor in tensors.items():
            self.__dict__[name] = tensor.detach()

    def note(self, **values: Tensor) -> None:
        """Scalar diagnostics for the log and for `Game.after`; never part of the loss.

        They are copied, since a buffer moves on in `after`; half precision becomes float32.
        """
        for name, value in values.items():
            full = torch.promote_types(value.dtype, torch.float32)
            self.notes[name] = value.detach().to(full, copy=True)


def _playable(value: Tensor, device: torch.device, memory_format: torch.memory_format) -> Tensor:
    value = value.to(device, non_blocking=True)
    if value.dtype == torch.uint8:
        value = value.float().div_(127.5).sub_(1)
    elif value.dtype in (torch.int16, torch.int32):
        value = value.long()
    return value.contiguous(memory_format=memory_format) if value.dim() == 4 else value


@dataclass(frozen=True)
class Phase:
    """Some players move on one loss.

    moves: the players updated together, for example "D" or "Gab Gba".
    loss: from a batch to named scalar terms, means over the batch; their sum is minimised.
    repeat: moves in a step, each on a batch of its own.
    every: the phase runs every so many steps only.
    gain: factor on the terms; a regulariser that runs every k steps has gain k.
    rate: factor on the movers' learning rates in this phase.
    reuse: take the batch of the phase before, with what that phase kept.
    draw: attaches what is random in this loss; by default the game's own `draw`.
    """

    moves: str
    loss: Callable[[Batch], Terms]
    repeat: int = 1
    every: int = 1
    gain: float = 1.0
    rate: float = 1.0
    reuse: bool = False
    draw: Callable[[Batch, Rng], Batch] | None = None

    def __post_init__(self) -> None:
        if self.repeat < 1 or self.every < 1:
            raise ValueError(
                f"phase {self.name!r} is played at least once, every so many steps; got "
                f"repeat={self.repeat}, every={self.every}"
            )

    @property
    def name(self) -> str:
        """The name of the loss: what the mover does."""
        return getattr(self.loss, "__name__", type(self.loss).__name__)

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

    averaged: the players of which the trainer keeps a running average.
    All state that is not a player's is a buffer or a module, so that it is saved.
    """

    averaged: tuple[str, ...] = ("G",)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        """Attach all that is random in the losses: fields of shape (B, ...)."""
        return x

    def phases(self) -> tuple[Phase, ...]:
        """The phases of one step, in order of play."""
        raise NotImplementedError(f"{type(self).__name__} says no phases")

    def stages(self) -> tuple[Stage, ...]:
        """The stages of a run; by default one, that never ends."""
        return (Stage(None, self.phases()),)

    def after(self, phase: Phase, notes: dict[str, float]) -> None:
        """Called when a phase has moved, with what its losses noted, as global means."""

    def players(self) -> dict[str, nn.Module]:
        """The players that some phase moves, by name.

        Raises ValueError when a phase moves something that is not a module of this game,
        or reuses a batch when no phase came before it.
        """
        names = dict.fromkeys(
            name for stage in self.stages() for phase in stage.phases for name in phase.movers
        )
        modules = dict(self.named_children())
        for stage in self.stages():
            self._check(stage, modules)
        return {name: modules[name] for name in names}

    def _check(self, stage: Stage, modules: dict[str, nn.Module]) -> None:
        for position, phase in enumerate(stage.phases):
            for name in phase.movers:
                if name not in modules:
                    raise ValueError(
                        f"phase {phase.name!r} of {type(self).__name__} moves {name!r}, which is "
                        f"not a player; players are {', '.join(modules)}"
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


@runtime_checkable
class Samples(Protocol):
    """A game that makes examples out of nothing."""

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples, in the shape and range of the data that players see."""
        ...


@runtime_checkable
class Decodes(Protocol):
    """A game with codes between which one can walk."""

    @property
    def latent(self) -> Latent:
        """The prior over codes."""
        ...

    def decode(self, codes: Tensor) -> Tensor:
        """Codes (n, latent.dim) to examples."""
        ...


@runtime_checkable
class Answers(Protocol):
    """A game that makes what it is asked for.

    asked: the field of a batch that holds the conditions.
    """

    asked: str

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """An example for each condition (n, ...), in the shape and range that players see."""
        ...


@runtime_checkable
class Translates(Protocol):
    """A game that takes examples from one domain to another."""

    def translate(self, pictures: Tensor, to: str) -> Tensor:
        """Pictures (n, C, H, W) in [-1, 1] in the style of the domain `to`."""
        ...


class Given(NamedTuple):
    """What a player is fed with where Gansmith is not at hand.

    example: a tensor of two rows. meaning: in words.
    code: the expression of plain torch that makes 16 rows.
    """

    example: Tensor
    meaning: str
    code: str


class Program(NamedTuple):
    """A player as others may run it: tensors with a common first axis in, one tensor out."""

    module: nn.Module
    inputs: dict[str, Given]


@runtime_checkable
class Exports(Protocol):
    """A game whose players are of use by themselves."""

    def exports(self) -> dict[str, Program]:
        """What is exported, by the name of the player."""
        ...


def _coupled(part: Any) -> bool:
    if isinstance(part, Game):
        return False
    return isinstance(part, _BatchNorm) or bool(getattr(part, "batch_coupled", False))
