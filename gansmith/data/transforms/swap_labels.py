"""`to-labels:NAME`: the labels that examples were conditioned on become the output.

Of images with a labels.tsv the label sets are then generated, each conditioned on its image.
"""

from __future__ import annotations

from dataclasses import replace

from gansmith.data.build import labels_dataset
from gansmith.data.condition import Condition
from gansmith.data.memmap import require_memory
from gansmith.data.spec import DataError, Dataset, DataSpec


def swap_labels(dataset: Dataset) -> Dataset:
    """A data set of label sets, each conditioned on the image, waveform, sentence or point.

    Raises DataError where there are no label sets, or examples are too large to be kept in memory.
    """
    spec, condition = dataset.spec, dataset.spec.condition
    if condition is None or condition.kind != "label-set" or spec.kind == "labels":
        raise DataError(
            f"{spec.name} has no label sets that could be the output: put a labels.tsv beside the "
            "files (docs/data.md)"
        )
    require_memory(dataset)
    real = "tokens" if spec.kind == "text" else "real"
    parts = [
        {"real": part["condition"], "condition": part[real]}
        for part in (dataset.train, dataset.held_out)
    ]
    made = labels_dataset(
        f"to-labels:{spec.name}",
        *parts,
        names=condition.names,
        condition=as_condition(spec),
        vocabulary=dataset.vocabulary,
        licence=spec.licence,
        source=spec.source,
        filter=spec.filter,
    )
    return replace(made, spec=replace(made.spec, base=spec.base), skipped=dataset.skipped)


def as_condition(spec: DataSpec) -> Condition:
    """Examples of a kind of data as the conditions of another kind."""
    if spec.kind == "image":
        return Condition("image", channels=spec.channels, height=spec.size, width=spec.size)
    if spec.kind == "audio":
        return Condition("waveform", length=spec.length, rate=spec.rate)
    if spec.kind == "text":
        return Condition("sentence", vocab=spec.vocab, length=spec.length)
    if spec.kind == "points":
        return Condition("embedding", width=spec.dim)
    return Condition("label-set", spec.classes)
