"""The sheet of a game: the same codes and held-out examples each time, to look at."""

from __future__ import annotations

from typing import Any

import torch

from gansmith.core.protocols import Classifies, ConditionalSampler, Samples
from gansmith.core.rng import Rng
from gansmith.data import Dataset
from gansmith.data.spread import spread_held_out
from gansmith.modalities import domains, modality_of
from gansmith.modalities.base import Sheet
from gansmith.rendering.captioned import captioned
from gansmith.sampling.generate import default_conditions, to_model_input

SHOWN = 24  # images with their class


def sheet_of(game: Any, dataset: Dataset, seed: int) -> Sheet:
    """Samples, conditional samples, translations or classified images, whatever the game makes."""
    modality, rng = modality_of(dataset.spec), Rng(seed, 0, 1)
    if dataset.domains:
        return domains.sheet(game, dataset, modality)
    count = modality.sheet_count
    dataset = spread_held_out(dataset, count)
    if isinstance(game, ConditionalSampler):
        conditions = default_conditions(dataset, count)
        made = game.generate(to_model_input(conditions, game), rng).cpu()
        return modality.sheet(made, dataset, conditions)
    if isinstance(game, Samples):
        return modality.sheet(game.sample(count, rng).cpu(), dataset)
    assert isinstance(game, Classifies)
    return _classified(game, dataset)


def _classified(game: Any, dataset: Dataset) -> Sheet:
    """Held-out images with the class that the game gives them."""
    names = dataset.spec.classes
    images = torch.as_tensor(dataset.held_out["real"][:SHOWN])
    found = game.classify(to_model_input(images, game)).argmax(1).tolist()
    true = dataset.held_out["label"][:SHOWN].tolist()
    return Sheet(".png", captioned(images, [[names[i]] for i in found], [[names[i]] for i in true]))
