"""Gansmith: train, measure and use every family of generative adversarial network.

    import gansmith
    run = gansmith.train("wgan-gp", data="fashion", steps=2000)
    pictures = run.sample(64)

Imports are lazy: `import gansmith` alone loads nothing heavy.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gansmith.version import __version__

if TYPE_CHECKING:
    from gansmith.api import Run, open_run, train
    from gansmith.core.game import Batch, Game, Phase, Stage
    from gansmith.core.recipe import Recipe
    from gansmith.core.trainer import Trainer
    from gansmith.sweeps import sweep

__all__ = [
    "Batch",
    "Game",
    "Phase",
    "Recipe",
    "Run",
    "Stage",
    "Trainer",
    "__version__",
    "open_run",
    "sweep",
    "train",
]

# Read when PyTorch is loaded, so of no effect where that was imported first. Threads that spin long
# while they wait make a busy machine crawl, ones that never spin lose time on a quiet one
# (docs/defaults.md). What MPS lacks is computed on the processor.
if "torch" not in sys.modules and "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "300")
if sys.platform == "darwin":
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")

_HOMES = {
    "Batch": "gansmith.core.game",
    "Game": "gansmith.core.game",
    "Phase": "gansmith.core.game",
    "Recipe": "gansmith.core.recipe",
    "Run": "gansmith.api",
    "Stage": "gansmith.core.game",
    "Trainer": "gansmith.core.trainer",
    "open_run": "gansmith.api",
    "sweep": "gansmith.sweeps",
    "train": "gansmith.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"gansmith has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
