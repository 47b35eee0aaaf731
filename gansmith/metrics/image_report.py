"""All numbers for generated pictures, each with its protocol and what real pictures get."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from gansmith.metrics.frechet import frechet_from_features
from gansmith.metrics.inception_score import class_score
from gansmith.metrics.judges import Judge, look
from gansmith.metrics.pictures import check, to_bytes
from gansmith.metrics.precision_recall import precision_recall
from gansmith.metrics.protocol import HELD, Measured, Protocol
from gansmith.metrics.samples import Trio, trio
from gansmith.metrics.sharpness import sharpness_ratio

NEIGHBOURS = 3


def evaluate_images(
    generated: Tensor,
    held: Tensor,
    train: Tensor,
    judge: Judge,
    *,
    limit: int = 10_000,
    seed: int = 0,
) -> dict[str, Measured]:
    """cFID, cIS, precision, recall and sharpness of pictures against held-out ones.

    The cFID is biased upwards when N is small (about as much as its real value, which is the
    floor to compare with). Floats are rounded to bytes first, as a file would hold them.

    generated, held, train: (N, C, H, W), uint8 or float in [-1, 1]; sizes may differ.
    Raises ValueError for fewer than 4 pictures of a kind, or for NaN in them.
    """
    pictures = trio(check(generated.cpu()), check(held.cpu()), check(train.cpu()), limit, seed)
    resize = f"generated: {judge.adaption(generated)}; real: {judge.adaption(held)}"
    base = Protocol(judge.about, HELD, pictures.counts(), resize, seed)
    found = _by_features(pictures, judge, base)
    if generated.shape[-2:] == held.shape[-2:]:
        found["sharpness"] = _sharpness(pictures, base)
    return found


def _by_features(pictures: Trio, judge: Judge, base: Protocol) -> dict[str, Measured]:
    """What is computed from the judge's features and class probabilities."""
    (fake, said), (true, said_true), (other, _) = (
        look(judge, to_bytes(x)) for x in (pictures.generated, pictures.held, pictures.train)
    )
    distance = replace(base, notes=("squared distance, covariance over N - 1, biased by N",))
    ours, theirs = frechet_from_features(fake, true), frechet_from_features(other, true)
    alone = replace(base, reference="none", notes=("exp(mean KL), one part, no splits",))
    score, real_score = class_score(said), class_score(said_true)
    near = replace(base, notes=(f"k={NEIGHBOURS}", "arXiv:1904.06991"))
    covered = precision_recall(fake, true, k=NEIGHBOURS)
    floor = precision_recall(other, true, k=NEIGHBOURS)
    return {
        "cfid": Measured("cFID", ours, "lower", distance, theirs),
        "cis": Measured("cIS", score, "near", alone, real_score),
        "precision": Measured("precision", covered.precision, "higher", near, floor.precision),
        "recall": Measured("recall", covered.recall, "higher", near, floor.recall),
    }


def _sharpness(pictures: Trio, base: Protocol) -> Measured:
    fake, true, other = map(to_bytes, (pictures.generated, pictures.held, pictures.train))
    protocol = replace(
        base, features="variance of the Laplacian of luma", resize="none", notes=("ratio to held",)
    )
    real = sharpness_ratio(other, true)
    return Measured("sharpness", sharpness_ratio(fake, true), "near", protocol, real)
