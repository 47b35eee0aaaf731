"""What a game makes for a data set, in batches: samples, conditional samples, translations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.protocols import ConditionalSampler
from gansmith.core.rng import Rng
from gansmith.data import DataError, Dataset
from gansmith.data.build import rows_of
from gansmith.sampling.prompts import how_to_condition


def generate(game: Any, dataset: Dataset, n: int, rng: Rng, split: str = "held_out") -> Tensor:
    """n samples of a game, on the CPU; of a conditional one, for the data's conditions in order.

    split: whose conditions, "held_out" or "train".
    """
    if not isinstance(game, ConditionalSampler):
        return game.sample(n, rng).cpu()
    conditions = dataset.conditions(getattr(dataset, split), n)
    return game.generate(to_model_input(conditions, game), rng).cpu()


def to_model_input(rows: Tensor, game: Any) -> Tensor:
    """Rows of a data set as players read them, on the game's device.

    uint8 becomes float32 in [-1, 1], tokens become int64; floats stay.
    """
    device = next(game.parameters()).device
    read: Tensor = Batch(rows=rows).to(device, torch.contiguous_format).rows
    return read


def has_codes(game: Any) -> bool:
    """Whether a player draws codes of more than one coordinate, one being a placeholder."""
    latents = (getattr(player, "latent", None) for player in game.modules())
    return any(isinstance(latent, Latent) and latent.dim > 1 for latent in latents)


def default_conditions(dataset: Dataset, n: int) -> Tensor:
    """n conditions that show the breadth of the data: each class in turn, else held-out ones.

    Raises DataError where there are none, as beside a run that was shared.
    """
    condition = dataset.spec.conditioned_on
    if condition is not None and condition.kind_is_discrete:
        return torch.arange(n) % len(condition.names)
    if not rows_of(dataset.held_out):
        raise DataError(
            f"no examples of {dataset.spec.name} lie beside this run to take conditions from: "
            f"{how_to_condition(condition)}"
        )
    return dataset.conditions(dataset.held_out, n)


def domain_pairs(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every ordered pair (source, target) of different domains."""
    return permutations(names, 2)


def translate(game: Any, rows: Tensor, source: str, target: str) -> Tensor:
    """Rows of the domain `source` as the game translates them to `target`, on the CPU."""
    return game.translate(to_model_input(rows, game), source, target).cpu()
