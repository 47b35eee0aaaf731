"""Faults of image quality: noise and blur."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from scipy.stats import binom
from torch import Tensor

from gansmith.core.images import gaussian_blur
from gansmith.diagnosis.evidence import Evidence, Examples, Finding, luma, other_presets
from gansmith.metrics import high_frequency_ratio, nearest_neighbors, sharpness_ratio
from gansmith.metrics.sharpness import LAPLACIAN
from gansmith.rendering.grid import named_rows

SHOWN = 16  # samples in a picture
MAX_P_VALUE = 1e-6
OUTLIER_RATE = 0.002  # share of real examples beyond the limit
MIN_SHARE = 0.02  # of samples beyond it
HIGH_QUANTILE = 0.9
FARTHER, ROUGHER = "farther from all data", "rougher"
LIMIT_FACTOR = {FARTHER: 1.3, ROUGHER: 1.0}  # mirrored pictures are far from the data, not noisy
MAX_BLUR_STD, KERNEL_RADIUS = 4.0, 8  # pixels
BLURRED = 0.7  # of the real sharpness; real against real stays within a tenth


def noise(x: Evidence) -> Finding | None:
    """Samples farther from all data than real ones ever are, or rougher, or all of them rougher."""
    if not x.metric:
        return None
    measures = {FARTHER: _distances(x)}
    if x.images:
        measures[ROUGHER] = _roughness(x)
    for what, (fake, real) in measures.items():
        limit = LIMIT_FACTOR[what] * float(real.quantile(1 - OUTLIER_RATE))
        count = int((fake > limit).sum())
        share, p = count / len(fake), float(binom.sf(count - 1, len(fake), 2 * OUTLIER_RATE))
        if share > MIN_SHARE and p < MAX_P_VALUE:
            compared = f"are {what} than all but {OUTLIER_RATE:.1%} of real ones"
            evidence = f"{share:.1%} of the samples {compared}"
            return _noise(x, fake, evidence, {"share": share, "limit": limit})
    if x.images:
        fake, real = measures[ROUGHER]
        median, high = float(fake.median()), float(real.quantile(HIGH_QUANTILE))
        if median > high:
            evidence = f"half of the samples are rougher than {HIGH_QUANTILE:.0%} of the real ones"
            return _noise(x, fake, evidence, {"median": median, "limit": high})
    return None


def _noise(x: Evidence, measure: Tensor, evidence: str, numbers: dict[str, float]) -> Finding:
    advice = "train longer, with the learning rate falling towards the end"
    if x.adversarial is not False:
        presets = other_presets(x.preset, "sngan", "r3gan", "wgan-gp")
        advice += f"; a penalty or spectral norm of D, as in {presets}"
    order = measure.argsort(descending=True)[:SHOWN]
    return Finding("noise", evidence, advice, numbers, x.sheet(x.generated.data[order]))


def _distances(x: Evidence) -> tuple[Tensor, Tensor]:
    """Distance to the nearest of some training examples: of samples, and of held-out examples.

    In pixels: the features of what the network was not trained on lie close together.
    """
    fake, real, train = (
        examples.data.flatten(1).double() for examples in (x.generated, x.held_out, x.train)
    )
    return nearest_neighbors(x=fake, reference=train).distance, nearest_neighbors(
        x=real, reference=train
    ).distance


def _roughness(x: Evidence) -> tuple[Tensor, Tensor]:
    """Roughness of the smoother half of each picture: of samples, and of real pictures.

    Edges and texture cover part of a picture; noise also covers the parts that should be flat.
    """
    real = torch.cat([x.train.data, x.held_out.data])
    return _smoother_half(x.generated.data), _smoother_half(real)


def _smoother_half(pictures: Tensor) -> Tensor:
    kernel = torch.tensor(LAPLACIAN).view(1, 1, 3, 3)
    edges = F.conv2d(luma(pictures)[:, None], kernel).flatten(1).abs()
    # a mean over the smaller half, since medians of bytes are few different values
    half = edges.shape[1] // 2 + 1
    return edges.sort(1).values[:, :half].mean(1).double()


def blur(x: Evidence) -> Finding | None:
    """Less fine detail than in real pictures, in the pixels and in the spectrum."""
    found = detail_loss(x)
    if found is None:
        return None
    sharpness, detail = found
    evidence = (
        f"sharpness is {sharpness:.2f} and fine detail {detail:.2f} of the real pictures' "
        "(real against real: about 1)"
    )
    squared = "a squared error blurs by its nature: train against a discriminator"
    advice = {
        True: "a smaller weight of the distance to the true image, where the game has one "
        f"(--l1-weight); a stronger D, as in {other_presets(x.preset, 'sngan', 'r3gan')}",
        False: squared,
        None: f"where the generator was trained without a discriminator, {squared}",
    }[x.adversarial]
    advice += "; a larger generator; more steps"
    picture = named_rows({"real": x.held_out.data, "generated": x.generated.data})
    return Finding("blur", evidence, advice, {"sharpness": sharpness, "detail": detail}, picture)


def detail_loss(x: Evidence) -> tuple[float, float] | None:
    """Sharpness and fine detail over those of real pictures; None unless samples are blurred."""
    if not x.images or x.generated.data.shape[-2:] != x.held_out.data.shape[-2:]:
        return None
    real = torch.cat([x.held_out.data, x.train.data])
    sharpness = sharpness_ratio(generated=x.generated.data, real=real)
    detail = high_frequency_ratio(generated=x.generated.data, real=real)
    if min(sharpness, detail) >= BLURRED or max(sharpness, detail) >= 1:
        return None
    return sharpness, detail


def comparable_real(x: Evidence) -> Examples:
    """Real examples; where samples are blurred, under the same blur.

    Two pictures or two classes may differ only in the detail: where all detail is lost, that is
    blur and no other fault.
    """
    lost = detail_loss(x)
    if lost is not None:
        return x.describe(blur_to_sharpness(torch.cat([x.train.data, x.held_out.data]), lost[0]))
    labels = None
    if x.train.labels is not None and x.held_out.labels is not None:
        labels = torch.cat([x.train.labels, x.held_out.labels])
    return Examples(
        torch.cat([x.train.data, x.held_out.data]),
        torch.cat([x.train.features, x.held_out.features]),
        labels,
    )


def blur_to_sharpness(pictures: Tensor, sharpness: float) -> Tensor:
    """Pictures (N, C, H, W), uint8, under the Gaussian blur with which they have this sharpness."""
    low, high = 0.0, MAX_BLUR_STD
    for _ in range(8):
        std = (low + high) / 2
        sharp = (
            sharpness_ratio(generated=blurred(pictures[:500], std), real=pictures[:500]) > sharpness
        )
        low, high = (std, high) if sharp else (low, std)
    return blurred(pictures, std)


def blurred(pictures: Tensor, std: float) -> Tensor:
    """uint8 pictures (N, C, H, W) under a Gaussian blur; std in pixels."""
    return gaussian_blur(pictures.float(), std, KERNEL_RADIUS).round().to(torch.uint8)
