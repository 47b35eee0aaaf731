"""One cheap number during training, lower is better, by which the best checkpoint is kept.

Computed from about a thousand samples it is biased upwards: good for comparing the checkpoints of
one run with each other, not for a table. Pass the same count each time.
"""

from __future__ import annotations

from torch import Tensor

from gansmith.core.images import check_images, to_uint8
from gansmith.metrics.distances import energy_distance
from gansmith.metrics.frechet import GaussianStats, fit_gaussian, frechet_distance
from gansmith.metrics.samples import random_subset
from gansmith.metrics.text import ngram_jsd
from gansmith.pretrained.judges import Judge

QUICK_SAMPLES = 1000


def image_reference(real: Tensor, judge: Judge, *, limit: int = QUICK_SAMPLES) -> GaussianStats:
    """The Gaussian of the judge's features of real images; fit it once for a run."""
    images = to_uint8(check_images(random_subset(real, limit, 0)))
    return fit_gaussian(judge.extract(images)[0])


def quick_images(generated: Tensor, reference: GaussianStats, judge: Judge) -> float:
    """cFID of generated images (N, C, H, W) against `image_reference`."""
    features, _ = judge.extract(to_uint8(check_images(generated.detach())))
    return frechet_distance(reference, fit_gaussian(features))


def quick_points(*, generated: Tensor, real: Tensor, limit: int = QUICK_SAMPLES) -> float:
    """Energy distance of points (N, d)."""
    return energy_distance(random_subset(generated, limit, 0), random_subset(real, limit, 0))


def quick_text(*, generated: Tensor, real: Tensor, limit: int = QUICK_SAMPLES) -> float:
    """2-gram divergence of sentences, tokens (N, T)."""
    return ngram_jsd(
        generated=random_subset(generated, limit, 0), real=random_subset(real, limit, 0), n=2
    )
