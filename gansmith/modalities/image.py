"""Images: uint8 (N, C, H, W) in a data set, float in [-1, 1] as samples."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from weakref import WeakKeyDictionary

import torch
from PIL.Image import Image as Picture
from torch import Tensor

from gansmith.core.files import write_atomic
from gansmith.core.images import png_bytes, to_uint8
from gansmith.data import Dataset, DataSpec
from gansmith.metrics import (
    Better,
    Features,
    GaussianStats,
    Measured,
    available_images,
    evaluate_images,
    image_reference,
    quick_images,
)
from gansmith.metrics.image_report import describe
from gansmith.modalities.base import Sheet
from gansmith.modalities.evidence import Evidence, Examples, split_evidence
from gansmith.pretrained.judges import JUDGES, Judge, judge_for
from gansmith.rendering.class_sheet import class_sheet
from gansmith.rendering.grid import make_grid, named_rows, stacked_rows, to_pil

COUNT = 1000
WIDE = 12  # images in a row of inputs, outputs and true images
ROWS = 2


class Image:
    """Images. The score is the Frechet distance by the features of the data's judge."""

    kind = "image"
    field = "real"
    score_name = "cFID (quick)"
    score_count = COUNT
    sheet_count = 64
    compare_count = 12
    caption = "Generated from the same codes in each sheet."
    wide = False
    output = "images in [-1, 1]"

    def score(self, samples: Tensor, dataset: Dataset) -> float:
        """cFID against a thousand training images."""
        return quick_images(samples, *_reference(dataset, self.score_count))

    def measure(
        self,
        samples: Tensor,
        dataset: Dataset,
        *,
        features: Features | None = None,
        only: Collection[str] | None = None,
        seed: int = 0,
    ) -> dict[str, Measured]:
        """See `evaluate_images`; features: the data's judge by default."""
        judge = features or judge_of(dataset.spec)
        held_out, train = dataset.held_out["real"], dataset.train["real"]
        return evaluate_images(
            generated=samples, held_out=held_out, train=train, features=judge, seed=seed, only=only
        )

    def available(self, dataset: Dataset) -> dict[str, Better]:
        """The numbers of `evaluate_images` that images of this size allow."""
        return available_images(judge_of(dataset.spec), dataset.spec.size)

    def sheet(self, samples: Tensor, dataset: Dataset, conditions: Tensor | None = None) -> Sheet:
        """A grid; classes with their names; or rows of what was given, generated, true."""
        images, condition = to_uint8(samples), dataset.spec.conditioned_on
        if conditions is None or condition is None:
            return _png(make_grid(images))
        given = condition.previews(conditions)
        if condition.kind_is_discrete:
            return Sheet(".png", class_sheet(images, conditions, condition.names))
        if not given:
            return _png(make_grid(images))
        columns = min(len(images), WIDE)
        count = min(len(images) // columns, ROWS) * columns
        real = dataset.held_out["real"]
        true = real[torch.arange(count) % len(real)]
        return _png(stacked_rows([*(x[:count] for x in given), images[:count], true], columns))

    def save(self, pieces: Iterable[Tensor], out: Path, dataset: Dataset) -> None:
        """A PNG for each image."""
        for place, image in enumerate(image for piece in pieces for image in to_uint8(piece)):
            write_atomic(out / f"{place:05d}.png", png_bytes(to_pil(image)))

    def compare(self, named: Mapping[str, Tensor], dataset: Dataset) -> Sheet:
        """A row for each name."""
        return Sheet(".png", named_rows(named))

    def evidence(self, samples: Tensor, dataset: Dataset, seed: int) -> Evidence:
        """Images with features and classes by the data's judge."""
        judge = judge_of(dataset.spec)
        # A judge names classes only of the data that it was trained on.
        names = (
            judge.card.classes
            if judge.card and dataset.spec.base.partition(":")[0] in JUDGES
            else ()
        )

        def examples(x: Tensor) -> Examples:
            found = describe(x, judge)
            labelled = found.probabilities is not None and names
            labels = found.probabilities.argmax(1) if labelled else None  # type: ignore[union-attr]
            return Examples(found.images, found.features, labels)

        *rows, whole = split_evidence(samples, dataset, self.field, seed)
        generated, held_out, train = map(examples, rows)
        return Evidence(
            generated,
            held_out,
            train,
            whole,
            examples,
            images=True,
            class_names=tuple(names),
            sheet=lambda x: png_bytes(make_grid(x)),
        )

    def code(self, name: str, y: Tensor) -> list[str]:
        """To bytes."""
        shape = (16, *y.shape[1:])
        return [f"pixels = ((y + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)  # {shape}"]


# What a judge finds in a data set's training images; forgotten with the data set.
_REFERENCES: WeakKeyDictionary[Dataset, GaussianStats] = WeakKeyDictionary()


def _reference(dataset: Dataset, count: int) -> tuple[GaussianStats, Judge]:
    judge = judge_of(dataset.spec)
    if dataset not in _REFERENCES:
        _REFERENCES[dataset] = image_reference(dataset.train["real"], judge, limit=count)
    return _REFERENCES[dataset], judge


def judge_of(spec: DataSpec) -> Judge:
    """The judge of a data set: `grey:emoji:noto` has that of `emoji`."""
    return _judge("fashion" if spec.base == "fashion-mnist" else spec.base, spec.channels)


@lru_cache(maxsize=8)
def _judge(base: str, channels: int) -> Judge:
    return judge_for(base, channels)


def _png(image: Picture) -> Sheet:
    return Sheet(".png", png_bytes(image))
