"""All numbers for generated pictures, each with its protocol and what real pictures get."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor

from gansmith.metrics.density_coverage import density_coverage
from gansmith.metrics.frechet import frechet_from_features
from gansmith.metrics.inception_score import class_score
from gansmith.metrics.kernel_distance import squared_discrepancy
from gansmith.metrics.pictures import check, to_bytes
from gansmith.metrics.precision_recall import covered_share
from gansmith.metrics.protocol import HELD, Better, Measured, Protocol
from gansmith.metrics.samples import trio
from gansmith.metrics.sharpness import sharpness_ratio
from gansmith.metrics.similarity import WINDOW, pair_similarity
from gansmith.metrics.spectrum import fine_detail_ratio
from gansmith.pretrained.features import Features


@dataclass(frozen=True)
class Seen:
    """Pictures (N, C, H, W) uint8, what features were found in them (N, d), and class
    probabilities (N, K) where the features have a classifier."""

    pictures: Tensor
    features: Tensor
    probabilities: Tensor | None


@dataclass(frozen=True)
class Number:
    """One number of pictures: `of(generated, real)`.

    on: what it is computed from; "alone" looks at the generated pictures' classes only.
    least: pictures of each kind that it takes. notes: constants, for the protocol.
    """

    name: str
    better: Better
    on: Literal["features", "alone", "pixels"]
    of: Callable[[Seen, Seen], float]
    notes: tuple[str, ...]
    least: int = 4
    features: str = ""


def _score(x: Seen, y: Seen) -> float:
    return 0.0 if x.probabilities is None else class_score(x.probabilities)


# the first three are named after the features: cfid by a judge, fid by Inception
NUMBERS: dict[str, Number] = {
    "fid": Number(
        "FID",
        "lower",
        "features",
        lambda x, y: frechet_from_features(x.features, y.features),
        ("squared distance, covariance over N - 1, biased by N",),
    ),
    "kid": Number(
        "KID",
        "lower",
        "features",
        lambda x, y: squared_discrepancy(x.features, y.features),
        ("cubic kernel", "all pairs, unbiased"),
    ),
    "is": Number("IS", "near", "alone", _score, ("exp(mean KL), one part, no splits",)),
    "precision": Number(
        "precision",
        "higher",
        "features",
        lambda x, y: covered_share(x.features, y.features, k=3),
        ("k=3", "arXiv:1904.06991"),
    ),
    "recall": Number(
        "recall",
        "higher",
        "features",
        lambda x, y: covered_share(y.features, x.features, k=3),
        ("k=3", "arXiv:1904.06991"),
    ),
    "density": Number(
        "density",
        "higher",
        "features",
        lambda x, y: density_coverage(x.features, y.features, k=5).density,
        ("k=5", "arXiv:2002.09797"),
        least=6,
    ),
    "coverage": Number(
        "coverage",
        "higher",
        "features",
        lambda x, y: density_coverage(x.features, y.features, k=5).coverage,
        ("k=5", "arXiv:2002.09797"),
        least=6,
    ),
    "sharpness": Number(
        "sharpness",
        "near",
        "pixels",
        lambda x, y: sharpness_ratio(x.pictures, y.pictures),
        ("ratio to held",),
        features="variance of the Laplacian of luma",
    ),
    "detail": Number(
        "fine detail",
        "near",
        "pixels",
        lambda x, y: fine_detail_ratio(x.pictures, y.pictures),
        ("upper half of the frequencies", "ratio to held"),
        features="radial power spectrum of luma",
    ),
    "similarity": Number(
        "similarity of pairs",
        "near",
        "pixels",
        lambda x, y: pair_similarity(x.pictures, pairs=500),
        ("MS-SSIM", "500 pairs", "high: little variety"),
        features="luma",
    ),
}
NAMED_BY_FEATURES = ("fid", "kid", "is")


def see(pictures: Tensor, features: Features) -> Seen:
    """What numbers are computed from: pictures (N, C, H, W) as a file would hold them, described.

    pictures: uint8 or float in [-1, 1]. Raises ValueError for other shapes or for NaN.
    """
    stored = to_bytes(check(pictures)).cpu()
    return Seen(stored, *features.look(stored))


def image_numbers(features: Features) -> dict[str, Number]:
    """The numbers by their keys, those that depend on the features named after them."""
    return {
        (features.prefix + key if key in NAMED_BY_FEATURES else key): (
            replace(number, name=features.prefix + number.name)
            if key in NAMED_BY_FEATURES
            else number
        )
        for key, number in NUMBERS.items()
    }


def fits(number: Number, x: Seen, y: Seen) -> bool:
    """Whether a number can be computed of such pictures."""
    if min(len(x.pictures), len(y.pictures)) < number.least:
        return False
    if number.on == "alone":
        return x.probabilities is not None
    if number.on == "features":
        return True
    side = x.pictures.shape[-2:]
    same = side == y.pictures.shape[-2:]
    if number.name == "fine detail":
        return same and side[0] == side[1]
    return same and (number.name == "sharpness" or min(side) >= WINDOW)


def evaluate_images(
    generated: Tensor,
    held: Tensor,
    train: Tensor,
    features: Features,
    *,
    limit: int = 10_000,
    seed: int = 0,
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """The numbers of pictures against held-out ones.

    Frechet and kernel distance, class score, precision and recall, density and coverage by the
    features; sharpness, fine detail and the similarity of pairs by the pixels, where the sizes
    allow. The Frechet distance is biased upwards when N is small (about as much as its real value,
    which is the floor to compare with). Floats are rounded to bytes first, as a file would hold
    them.

    generated, held, train: (N, C, H, W), uint8 or float in [-1, 1]; sizes may differ.
    only: keys of the numbers wanted; all by default.
    Raises ValueError for fewer than 4 pictures of a kind, for NaN in them, or for an unknown key.
    """
    known = image_numbers(features)
    if unknown := sorted(set(only or ()) - set(known)):
        raise ValueError(f"there is no number {unknown[0]!r}; there are {', '.join(known)}")
    pictures = trio(check(generated.cpu()), check(held.cpu()), check(train.cpu()), limit, seed)
    if min(pictures.counts().values()) < 4:
        raise ValueError(f"expected 4 or more pictures of each kind; got {pictures.counts()}")
    fake, true, other = (
        see(x, features) for x in (pictures.generated, pictures.held, pictures.train)
    )
    resize = f"generated: {features.adaption(generated)}; real: {features.adaption(held)}"
    base = Protocol(features.about, HELD, pictures.counts(), resize, seed)
    found = {}
    for key, number in known.items():
        if (only and key not in only) or not (
            fits(number, fake, true) and fits(number, true, true)
        ):
            continue
        floor = number.of(true, true) if number.on == "alone" else number.of(other, true)
        how = replace(base, notes=number.notes)
        if number.on == "alone":
            how = replace(how, reference="none")
        if number.on == "pixels":
            how = replace(how, features=number.features, resize="none")
        found[key] = Measured(number.name, number.of(fake, true), number.better, how, floor)
    return found
