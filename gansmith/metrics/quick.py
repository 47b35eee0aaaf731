"""One cheap number during training, lower is better, by which the best checkpoint is kept.

Made from about a thousand samples it is biased upwards: good for comparing the checkpoints of
one run with each other, not for a table. Pass the same count at every look.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from gansmith.metrics.distances import energy_distance
from gansmith.metrics.frechet import Gaussian, fit_gaussian, frechet_distance
from gansmith.metrics.pictures import to_bytes
from gansmith.metrics.samples import choose
from gansmith.metrics.text import ngram_jsd
from gansmith.pretrained.judges import Judge

QUICK_SAMPLES = 1000


def image_reference(held: Tensor, judge: Judge, *, limit: int = QUICK_SAMPLES) -> Gaussian:
    """Gaussian of the judge's features on held-out pictures; make it once for a run."""
    return fit_gaussian(judge.look(to_bytes(choose(held, limit, 0)).cpu())[0])


def quick_images(generated: Tensor, reference: Gaussian, judge: Judge) -> float:
    """cFID of generated pictures (N, C, H, W) against `image_reference`."""
    features, _ = judge.look(to_bytes(generated.detach()).cpu())
    return frechet_distance(reference, fit_gaussian(features))


def quick_score(
    kind: Literal["image", "points", "text"],
    generated: Tensor,
    held: Tensor,
    *,
    judge: Judge | None = None,
    limit: int = QUICK_SAMPLES,
) -> float:
    """cFID of pictures, energy distance of points, 2-gram divergence of sentences; low is good.

    generated, held: pictures (N, C, H, W), points (N, d) or tokens (N, T). judge: for pictures.
    Raises ValueError for pictures without a judge, or another kind.
    """
    ours, theirs = choose(generated, limit, 0), choose(held, limit, 0)
    if kind == "points":
        return energy_distance(ours, theirs)
    if kind == "text":
        return ngram_jsd(ours, theirs, 2)
    if kind != "image":
        raise ValueError(f"quick scores are for image, points and text; got kind={kind!r}")
    if judge is None:
        raise ValueError("pictures need a judge: pass judge=judge_for(spec.name, spec.channels)")
    return quick_images(ours, image_reference(theirs, judge, limit=limit), judge)
