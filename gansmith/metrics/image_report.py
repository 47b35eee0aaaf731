"""All numbers of generated images, each with its protocol and the value of real images."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from torch import Tensor

from gansmith.core.images import check_images, to_uint8
from gansmith.metrics.density_coverage import DensityCoverage, density_coverage
from gansmith.metrics.frechet import frechet_from_features
from gansmith.metrics.inception_score import inception_score
from gansmith.metrics.kernel_distance import mmd2
from gansmith.metrics.precision_recall import PrecisionRecall, precision_recall
from gansmith.metrics.protocol import HELD_OUT, Better, Measured, Protocol, select_keys
from gansmith.metrics.samples import subsample
from gansmith.metrics.sharpness import sharpness_ratio
from gansmith.metrics.similarity import WINDOW, pair_similarity
from gansmith.metrics.spectrum import high_frequency_ratio
from gansmith.pretrained.features import Features

FEWEST = 4  # images of each kind


@dataclass(frozen=True, eq=False)
class ImageFeatures:
    """Images (N, C, H, W) uint8 and what a network extracts from them, once it is needed."""

    images: Tensor
    extractor: Features

    @cached_property
    def _extracted(self) -> tuple[Tensor, Tensor | None]:
        return self.extractor.extract(self.images)

    @property
    def features(self) -> Tensor:
        """(N, d), float64."""
        return self._extracted[0]

    @property
    def probabilities(self) -> Tensor | None:
        """Class probabilities (N, K), float64; None where the network does not classify."""
        return self._extracted[1]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Generated images beside real ones; what several numbers share is computed once."""

    generated: ImageFeatures
    real: ImageFeatures

    @cached_property
    def precision_recall(self) -> PrecisionRecall:
        """Improved precision and recall with k = 3."""
        return precision_recall(generated=self.generated.features, real=self.real.features, k=3)

    @cached_property
    def density_coverage(self) -> DensityCoverage:
        """Density and coverage with k = 5."""
        return density_coverage(generated=self.generated.features, real=self.real.features, k=5)


@dataclass(frozen=True)
class ImageMetric:
    """One number of images.

    on: what it is computed from: features, class probabilities or pixels. A number on "classes"
    looks at the generated images alone.
    notes: constants, for the protocol. fewest: images of each kind that it takes.
    side: pixels that the shorter side has at least; square: whether both must be equal.
    features: what a number on pixels is computed from, for the protocol.
    """

    name: str
    better: Better
    on: Literal["features", "classes", "pixels"]
    compute: Callable[[Comparison], float]
    notes: tuple[str, ...]
    fewest: int = FEWEST
    side: int = 1
    square: bool = False
    features: str = ""

    def applies(self, height: int, width: int, classifies: bool) -> bool:
        """Whether it can be computed of images of this size, with features that classify or not."""
        if self.on == "classes":
            return classifies
        if self.on == "features":
            return True
        return min(height, width) >= self.side and (height == width or not self.square)


def _inception_score(x: Comparison) -> float:
    assert x.generated.probabilities is not None
    return inception_score(x.generated.probabilities)


# the first three are named after the features: cfid with a judge, fid with Inception
METRICS: dict[str, ImageMetric] = {
    "fid": ImageMetric(
        "FID",
        "lower",
        "features",
        lambda x: frechet_from_features(x.generated.features, x.real.features),
        ("squared distance, covariance over N - 1, biased by N",),
    ),
    "kid": ImageMetric(
        "KID",
        "lower",
        "features",
        lambda x: mmd2(x.generated.features, x.real.features),
        ("cubic kernel", "all pairs, unbiased"),
    ),
    "is": ImageMetric(
        "IS", "near", "classes", _inception_score, ("exp(mean KL), one part, no splits",)
    ),
    "precision": ImageMetric(
        "precision",
        "higher",
        "features",
        lambda x: x.precision_recall.precision,
        ("k=3", "arXiv:1904.06991"),
    ),
    "recall": ImageMetric(
        "recall",
        "higher",
        "features",
        lambda x: x.precision_recall.recall,
        ("k=3", "arXiv:1904.06991"),
    ),
    "density": ImageMetric(
        "density",
        "higher",
        "features",
        lambda x: x.density_coverage.density,
        ("k=5", "arXiv:2002.09797"),
        fewest=6,
    ),
    "coverage": ImageMetric(
        "coverage",
        "higher",
        "features",
        lambda x: x.density_coverage.coverage,
        ("k=5", "arXiv:2002.09797"),
        fewest=6,
    ),
    "sharpness": ImageMetric(
        "sharpness",
        "near",
        "pixels",
        lambda x: sharpness_ratio(generated=x.generated.images, real=x.real.images),
        ("ratio to held-out images",),
        side=3,
        features="variance of the Laplacian of luma",
    ),
    "detail": ImageMetric(
        "fine detail",
        "near",
        "pixels",
        lambda x: high_frequency_ratio(generated=x.generated.images, real=x.real.images),
        ("upper half of the frequencies", "ratio to held-out images"),
        square=True,
        features="radial power spectrum of luma",
    ),
    "similarity": ImageMetric(
        "similarity of pairs",
        "near",
        "pixels",
        lambda x: pair_similarity(x.generated.images, pairs=500),
        ("MS-SSIM", "500 pairs", "high: little variety"),
        side=WINDOW,
        features="luma",
    ),
}
NAMED_AFTER_FEATURES = ("fid", "kid", "is")


def describe(images: Tensor, features: Features) -> ImageFeatures:
    """Images (N, C, H, W) as a file would hold them, with their features.

    images: uint8 or float in [-1, 1]. Raises ValueError for other shapes or for NaN.
    """
    return ImageFeatures(to_uint8(check_images(images)), features)


def image_metrics(features: Features) -> dict[str, ImageMetric]:
    """All numbers by key; those that depend on the features are named after them (cfid, fid)."""
    found = {}
    for key, metric in METRICS.items():
        if key in NAMED_AFTER_FEATURES:
            key, metric = features.prefix + key, replace(metric, name=features.prefix + metric.name)
        found[key] = metric
    return found


def available_images(
    features: Features, height: int, width: int | None = None
) -> dict[str, Better]:
    """The keys that `evaluate_images` gives for images of this size, each with its good direction.

    Nothing is computed. height, width: of generated and real images; square without a width.
    """
    size = height, height if width is None else width
    return {
        key: metric.better
        for key, metric in image_metrics(features).items()
        if metric.applies(*size, features.classifies)
    }


def evaluate_images(
    *,
    generated: Tensor,
    held_out: Tensor,
    train: Tensor,
    features: Features,
    limit: int = 10_000,
    seed: int = 0,
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """The numbers of generated images against held-out ones.

    Frechet and kernel distance, inception score, precision and recall, density and coverage on
    the features; sharpness, fine detail and the similarity of pairs on the pixels, where the sizes
    allow. The Frechet distance is biased upwards when N is small, by about as much as that of real
    images, which is the floor to compare with. Floats are rounded to bytes first, as in a file.

    generated, held_out, train: (N, C, H, W), uint8 or float in [-1, 1]; sizes may differ.
    only: keys of the numbers to compute; all by default.
    Raises ValueError for fewer than 4 images of a kind, for NaN in them, or for a key in `only`
    that such images do not have.
    """
    fakes, reals, others = (check_images(x.cpu()) for x in (generated, held_out, train))
    splits = subsample(generated=fakes, held_out=reals, train=others, limit=limit, seed=seed)
    counts = splits.counts()
    if min(counts.values()) < FEWEST:
        raise ValueError(f"expected {FEWEST} or more images of each kind; got {counts}")
    available = _computable(image_metrics(features), splits.generated, splits.held_out, features)
    wanted = select_keys(only, available)
    fake, real, other = (
        describe(x, features) for x in (splits.generated, splits.held_out, splits.train)
    )
    compared, floor, alone = Comparison(fake, real), Comparison(other, real), Comparison(real, real)
    resize = f"generated: {features.preprocessing(generated)}; "
    resize += f"real: {features.preprocessing(held_out)}"
    base = Protocol(features.description, HELD_OUT, counts, resize, seed)
    found = {}
    for key, metric in available.items():
        if key not in wanted:
            continue
        how = replace(base, notes=metric.notes)
        if metric.on == "classes":
            how = replace(how, reference="none")
        if metric.on == "pixels":
            how = replace(how, features=metric.features, resize="none")
        usual = metric.compute(alone if metric.on == "classes" else floor)
        found[key] = Measured(metric.name, metric.compute(compared), metric.better, how, usual)
    return found


def _computable(
    metrics: dict[str, ImageMetric], generated: Tensor, real: Tensor, features: Features
) -> dict[str, ImageMetric]:
    """The numbers that these images allow: pixels are compared at one size only."""
    (height, width), count = real.shape[-2:], min(len(generated), len(real))
    same = generated.shape[-2:] == real.shape[-2:]
    return {
        key: metric
        for key, metric in metrics.items()
        if count >= metric.fewest
        and (same or metric.on != "pixels")
        and metric.applies(height, width, features.classifies)
    }
