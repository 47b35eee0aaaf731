"""Exponential moving averages of players: what a run samples from."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gansmith.core.game import Game


class EMA(nn.Module):
    """Exponential moving averages of named players (arXiv:1806.04498).

    After its t-th move a player P updates A <- A + (1 - d) (P - A) with
    d = min(decay, (1 + t) / (10 + t)), so that a short run does not depend on its start.
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
        self.buffered = {name: any(True for _ in getattr(game, name).buffers()) for name in names}
        self.listed: dict[str, Any] = {}

    @torch.no_grad()
    def update(self, name: str, player: nn.Module) -> None:
        """Update the average of `name`, if there is one."""
        if name not in self.order:
            return
        self.counts[self.order[name]] += 1
        t = self.counts[self.order[name]]
        weight = 1 - min(self.decay, (1 + t) / (10 + t))
        torch._foreach_lerp_(*self._parameters_of(name, player), weight)
        for mine, theirs in self._buffers_of(name, player):
            mine.lerp_(theirs, weight) if mine.is_floating_point() else mine.copy_(theirs)

    def _parameters_of(self, name: str, player: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
        """The parameters of the average and of the player, listed once, since listing is slow."""
        if name not in self.listed:
            both = (self.players[name], player)
            self.listed[name] = tuple(list(one.parameters()) for one in both)
        return self.listed[name]

    def _buffers_of(self, name: str, player: nn.Module) -> Iterator[tuple[Tensor, Tensor]]:
        """The buffers of both, looked up each time, since a player may assign new ones."""
        if self.buffered[name]:
            yield from zip(self.players[name].buffers(), player.buffers(), strict=True)

    @contextmanager
    def applied(self, game: Game) -> Iterator[Game]:
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
        """How often each player has moved."""
        return torch.tensor(self.counts, dtype=torch.int64)

    def set_extra_state(self, state: Tensor) -> None:
        """Restore the counts."""
        self.counts = state.tolist()
