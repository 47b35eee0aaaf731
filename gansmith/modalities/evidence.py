"""What the verdicts of a diagnosis look at: samples beside real examples, described alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.data import DataError, Dataset
from gansmith.metrics.samples import random_subset

MAX_EXAMPLES = 2000  # of each part
MIN_EXAMPLES = 50


@dataclass(frozen=True)
class Examples:
    """Generated, held-out or training examples: data (N, ...), features (N, d), labels (N,)."""

    data: Tensor
    features: Tensor
    labels: Tensor | None = None


@dataclass(frozen=True)
class Evidence:
    """Samples and the real examples that they are compared with.

    train: about as many training examples as are held out; training_set: all of them, of which
    samples may be copies. describe: computes features and labels of other examples.
    images: whether `data` are images, so that pixels can be looked at. metric: whether distances
    between rows of `data` mean anything. exact_copies: copies are examples that are equal.
    class_names: of the labels. mode_centers, mode_std: of known modes.
    sheet: a picture of some of the samples, where there is one.
    preset: what generated the samples, where that is known. adversarial: whether that has a
    discriminator, None where it is not known.
    """

    generated: Examples
    held_out: Examples
    train: Examples
    training_set: Tensor
    describe: Callable[[Tensor], Examples]
    images: bool = False
    metric: bool = True
    exact_copies: bool = False
    class_names: tuple[str, ...] = ()
    mode_centers: Tensor | None = None
    mode_std: float = 0.0
    sheet: Callable[[Tensor], bytes | None] = lambda samples: None
    preset: str = ""
    adversarial: bool | None = None


def split_evidence(
    samples: Tensor, dataset: Dataset, field: str, seed: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Some samples, held-out and training examples, and the whole training set.

    Raises DataError for fewer than 50 of any.
    """
    held_out, train = dataset.held_out[field], torch.as_tensor(dataset.train[field])
    if min(len(samples), len(held_out), len(train)) < MIN_EXAMPLES:
        raise DataError(
            f"a diagnosis takes at least {MIN_EXAMPLES} examples of each kind; got {len(samples)} "
            f"samples, {len(held_out)} held-out and {len(train)} training examples"
        )
    generated, real, usual = (
        random_subset(x, MAX_EXAMPLES, seed) for x in (samples, held_out, train)
    )
    return generated, real, usual, train
