"""Gansmith: train, measure and use every family of generative adversarial network.

    import gansmith
    run = gansmith.train("wgan-gp", data="fashion", steps=2000)
    pictures = run.sample(64)

Imports are lazy: `import gansmith` alone loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gansmith.api import open_run, train
    from gansmith.game import Batch, Game, Phase, Stage
    from gansmith.recipe import Recipe
    from gansmith.run import Run
    from gansmith.sweeping import sweep
    from gansmith.trainer import Trainer

__version__ = "0.1.0"
__all__ = [
    "Batch",
    "Game",
    "Phase",
    "Recipe",
    "Run",
    "Stage",
    "Trainer",
    "open_run",
    "sweep",
    "train",
]

_HOMES = {
    "Batch": "gansmith.game",
    "Game": "gansmith.game",
    "Phase": "gansmith.game",
    "Recipe": "gansmith.recipe",
    "Run": "gansmith.run",
    "Stage": "gansmith.game",
    "Trainer": "gansmith.trainer",
    "open_run": "gansmith.api",
    "sweep": "gansmith.sweeping",
    "train": "gansmith.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"gansmith has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
