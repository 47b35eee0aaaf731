"""All state of a game is in its state_dict: nothing is lost by a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

import pytest
import torch
from small import CASES, trainer
from torch import Tensor, nn

every_case = pytest.mark.parametrize("name", CASES)
PLAIN = (bool, int, float, complex, str, bytes, type(None))


def walk(thing: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Every tensor and every plain value that can be reached from a thing, with its path."""
    if isinstance(thing, (Tensor, *PLAIN)):
        yield path, thing
        return
    passing = isinstance(thing, (type, FunctionType, ModuleType, torch.dtype, torch.device))
    if passing or id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, MethodType):
        yield from walk(thing.__self__, path, seen)
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from walk(value, f"{path}.{key}", seen)
    elif isinstance(thing, (list, tuple, set, frozenset)):
        for place, value in enumerate(thing):
            yield from walk(value, f"{path}[{place}]", seen)
    elif hasattr(thing, "__dict__"):
        yield from walk(vars(thing), path, seen)


@every_case
def test_every_tensor_of_the_game_is_in_its_state_dict(name: str) -> None:
    t = trainer(name)
    t.fit()
    saved = {id(value) for value in t.game.state_dict(keep_vars=True).values()}
    found = dict(walk(t.game, "game", set()))
    loose = [k for k, v in found.items() if isinstance(v, Tensor) and id(v) not in saved]
    assert sum(isinstance(value, Tensor) for value in found.values()) >= len(saved)
    assert not [path for path in loose if not path.endswith(".grad")]


@every_case
def test_no_plain_number_of_the_game_changes_in_play(name: str) -> None:
    t = trainer(name)

    def plain() -> dict[str, Any]:
        return {k: v for k, v in walk(t.game, "game", set()) if isinstance(v, PLAIN)}

    before = plain()
    t.fit()
    assert len(before) > 5
    assert plain() == before


class Hoarder(nn.Module):
    """Keeps what a checkpoint would lose."""

    def __init__(self) -> None:
        super().__init__()
        self.history = {"deep": [torch.zeros(1)]}
        self.register_buffer("scratch", torch.zeros(2), persistent=False)


def test_the_walk_finds_hidden_tensors_and_buffers_that_are_not_saved() -> None:
    found = [path for path, value in walk(Hoarder(), "x", set()) if isinstance(value, Tensor)]
    assert found == ["x._buffers.scratch", "x.history.deep[0]"]
