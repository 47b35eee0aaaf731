"""No example of a named data set is both trained on and held out."""

from __future__ import annotations

import pytest
from torch import Tensor

from gansmith.data import DataError, Dataset, open_data
from gansmith.data.catalog import DATA

# What there is no more of: the sentences of a toy grammar, float32 numbers near a mode of a line.
# Held-out rows that are in training too, at most, as a share.
INHERENT = {"grammar": 0.66, "mixture-1d": 0.002}
# Conditions of which there are few by nature; others are as new as their examples.
FEW = {"class", "attributes", "label-set", "sentence"}


def rows(*fields: Tensor) -> list[bytes]:
    """Each example as bytes."""
    return [b"".join(x.numpy().tobytes() for x in row) for row in zip(*fields, strict=True)]


def shared(dataset: Dataset, *names: str) -> float:
    """The share of held-out rows whose fields of these names occur in training."""
    known = set(rows(*(dataset.train[name] for name in names)))
    held_out = rows(*(dataset.held_out[name] for name in names))
    return sum(row in known for row in held_out) / len(held_out)


@pytest.mark.parametrize("name", [*DATA, "emoji:noto+twemoji"])
def test_no_held_out_example_is_trained_on(name: str) -> None:
    try:
        dataset = open_data(name)
    except DataError:
        pytest.skip(f"{name} is not on this machine")
    for part in dataset.domains.values() or [dataset]:
        field = "tokens" if part.spec.kind == "text" else "real"
        condition = part.spec.condition
        if part.spec.kind == "labels":  # the sets of labels are few, the images are what is new
            assert shared(part, "condition") == 0
            continue
        assert shared(part, field) <= INHERENT.get(name, 0)
        if condition is not None and condition.kind not in FEW:
            assert shared(part, "condition") == 0
