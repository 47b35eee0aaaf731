"""Running averages of players: what a run samples from."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from gansmith.game import Game


class Averages(nn.Module):
    """Exponential averages of named players (arXiv:1806.04498).

    After its t-th move a player P updates A <- A + (1 - d) (P - A) with
    d = min(decay, (1 + t) / (10 + t)), so that a short run is not ruled by its start.
    Floating buffers (norm statistics) are averaged alike, others are copied.
    """

    def __init__(self, game: Game, decay: float) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"the decay of an average lies in [0, 1); got {decay}")
        self.decay = decay
        names = [name for name in game.averaged if name in game.players()] if decay else []
        self.players = nn.ModuleDict({name: copy.deepcopy(getattr(game, name)) for name in names})
        self.players.requires_grad_(False)
        self.order = {name: place for place, name in enumerate(names)}
        self.counts = [0] * len(names)

    def update(self, name: str, player: nn.Module) -> None:
        """Draw the average of `name` towards the player, if it has one."""
        if name not in self.order:
            return
        self.counts[self.order[name]] += 1
        t = self.counts[self.order[name]]
        weight = 1 - min(self.decay, (1 + t) / (10 + t))
        own, its = _floating(self.players[name]), _floating(player)
        torch._foreach_lerp_(own, its, weight)
        for mine, theirs in zip(self.players[name].buffers(), player.buffers(), strict=True):
            if not mine.is_floating_point():
                mine.copy_(theirs)

    @contextmanager
    def playing(self, game: Game) -> Iterator[Game]:
        """The game with its averaged players in place, in evaluation mode and without gradients."""
        live = {name: getattr(game, name) for name in self.order}
        training = game.training
        try:
            for name in self.order:
                setattr(game, name, self.players[name])
            with torch.no_grad():
                yield game.eval()
        finally:
            for name, player in live.items():
                setattr(game, name, player)
            game.train(training)

    def get_extra_state(self) -> Tensor:
        """How often each player moved, beside its averaged tensors."""
        return torch.tensor(self.counts, dtype=torch.int64)

    def set_extra_state(self, state: Tensor) -> None:
        """Take the counts back."""
        self.counts = state.tolist()


def _floating(player: nn.Module) -> list[Tensor]:
    tensors = [*player.parameters(), *player.buffers()]
    return [tensor.detach() for tensor in tensors if tensor.is_floating_point()]
