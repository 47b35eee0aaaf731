"""Verdicts on what samples look like: noise among them, and blur."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from scipy.stats import binom
from torch import Tensor

from gansmith.diagnosis import draw
from gansmith.diagnosis.evidence import Evidence, Finding, luma
from gansmith.metrics import fine_detail_ratio, nearest, sharpness_ratio
from gansmith.metrics.sharpness import LAPLACIAN

SURE = 1e-6
RARE = 0.002  # share of real examples beyond the limit
SHARE = 0.02  # of samples beyond it
HIGH = 0.9
FARTHER, ROUGHER = "farther from all data", "rougher"
BEYOND = {FARTHER: 1.3, ROUGHER: 1.0}  # times the limit: mirrored pictures are far and no noise
BLURRED = 0.7  # of the real sharpness; real against real stays within a tenth


def noise(x: Evidence) -> Finding | None:
    """Samples farther from all data than real ones ever are, or rougher, or all of them rougher."""
    if x.kind == "text":
        return None
    measures = {FARTHER: _distances(x)}
    if x.kind == "image":
        measures[ROUGHER] = _roughness(x)
    for what, (ours, usual) in measures.items():
        limit = BEYOND[what] * float(usual.quantile(1 - RARE))
        count = int((ours > limit).sum())
        share, chance = count / len(ours), float(binom.sf(count - 1, len(ours), 2 * RARE))
        if share > SHARE and chance < SURE:
            said = f"{share:.1%} of the samples are {what} than all but {RARE:.1%} of real ones"
            return _noise(x, ours, said, {"share": share, "limit": limit})
    if x.kind == "image":
        ours, usual = measures[ROUGHER]
        middle, high = float(ours.median()), float(usual.quantile(HIGH))
        if middle > high:
            said = f"half of the samples are rougher than {HIGH:.0%} of the real ones"
            return _noise(x, ours, said, {"median": middle, "limit": high})
    return None


def _noise(x: Evidence, measure: Tensor, said: str, numbers: dict[str, float]) -> Finding:
    advice = (
        "train longer, with the learning rate falling towards the end; sample from averaged "
        "players (the default); a penalty on D (hinge with spectral norm, r3gan, wgan-gp)"
    )
    order = measure.argsort(descending=True)[: draw.SHOWN]
    return Finding("noise", said, advice, numbers, draw.strip(x, x.fake.real[order]))


def _distances(x: Evidence) -> tuple[Tensor, Tensor]:
    """Distance to the nearest of some training examples: of samples, and of held-out ones.

    In pixels: features are drawn together by what they do not know.
    """
    fake, held, train = (kind.real.flatten(1).double() for kind in (x.fake, x.held, x.train))
    return nearest(fake, train).distance, nearest(held, train).distance


def _roughness(x: Evidence) -> tuple[Tensor, Tensor]:
    """How rough the smoother half of each picture is: of samples, and of real ones.

    Edges and texture are somewhere; noise is everywhere, also where pictures are flat.
    """
    return _smoother_half(x.fake.real), _smoother_half(torch.cat([x.train.real, x.held.real]))


def _smoother_half(pictures: Tensor) -> Tensor:
    kernel = torch.tensor(LAPLACIAN).view(1, 1, 3, 3)
    edges = F.conv2d(luma(pictures)[:, None], kernel).flatten(1).abs()
    # a mean over the smaller half, since medians of bytes are few different values
    half = edges.shape[1] // 2 + 1
    return edges.sort(1).values[:, :half].mean(1).double()


def blur(x: Evidence) -> Finding | None:
    """Less fine detail than real pictures have, by the pixels and by the spectrum."""
    if x.kind != "image" or x.fake.real.shape[-2:] != x.held.real.shape[-2:]:
        return None
    real = torch.cat([x.held.real, x.train.real])
    sharpness = sharpness_ratio(x.fake.real, real)
    detail = fine_detail_ratio(x.fake.real, real)
    if min(sharpness, detail) >= BLURRED or max(sharpness, detail) >= 1:
        return None
    said = (
        f"sharpness is {sharpness:.2f} and fine detail {detail:.2f} of the real pictures' "
        "(real against real: about 1)"
    )
    advice = (
        "an adversarial objective instead of a squared error (a vae or autoencoder blurs by its "
        "nature); a larger generator; more steps"
    )
    shown = draw.rows({"real": x.held.real, "generated": x.fake.real})
    return Finding("blur", said, advice, {"sharpness": sharpness, "detail": detail}, shown)
