"""What goes into an exported player beside a code: conditions, or examples of the data."""

from __future__ import annotations

from typing import NamedTuple

import torch

from gansmith.core.protocols import ExportInput
from gansmith.data import Condition, DataSpec
from gansmith.data.condition import ConditionKind


class Form(NamedTuple):
    """How conditions of a kind are given: their type, what they mean, and 16 of them as code.

    {shape}, {count} and {vocab} in the code are those of the condition.
    """

    dtype: torch.dtype
    meaning: str
    code: str


NUMBERS = "2 * torch.rand{shape} - 1"
PIXELS = "uint8 / 127.5 - 1"
FORMS: dict[ConditionKind, Form] = {
    "class": Form(torch.int64, "classes: their place in `condition`", "torch.arange(16) % {count}"),
    "label-set": Form(
        torch.float32,
        "sets of labels: 1 for each in `condition` that applies, else 0",
        "(torch.rand{shape} < 0.5).float()",
    ),
    "attributes": Form(
        torch.float32,
        "attributes, in the order of `condition`: -1 stands for its low, 1 for its high",
        NUMBERS,
    ),
    "sentence": Form(
        torch.int64,
        "sentences: places of words in `condition_vocabulary`, filled up with 0",
        "torch.randint(1, {vocab}, {shape})",
    ),
    "embedding": Form(torch.float32, "embedded sentences", NUMBERS),
    "log-mel": Form(torch.float32, f"log-mel spectrograms, low bands first: {PIXELS}", NUMBERS),
    "waveform": Form(torch.float32, "waveforms in [-1, 1]", f"0.1 * ({NUMBERS})"),
    "image": Form(torch.float32, f"images: {PIXELS}", NUMBERS),
    "clip": Form(torch.float32, f"past frames along the channels, oldest first: {PIXELS}", NUMBERS),
    "references": Form(
        torch.float32,
        "a landmark image, then images of a person, each followed by its landmark image, all "
        f"along the channels: {PIXELS}",
        NUMBERS,
    ),
}


def condition_input(condition: Condition) -> ExportInput:
    """Conditions as an input of a player."""
    form, shape = FORMS[condition.kind], (16, *condition.shape)
    code = form.code.format(shape=shape, count=len(condition.names), vocab=condition.vocab)
    return ExportInput(torch.zeros(2, *condition.shape, dtype=form.dtype), form.meaning, code)


def example_input(spec: DataSpec) -> ExportInput:
    """Examples of the data as an input of a player."""
    code = NUMBERS.format(shape=(16, *spec.shape))
    return ExportInput(torch.zeros(2, *spec.shape), f"images of the data: {PIXELS}", code)
