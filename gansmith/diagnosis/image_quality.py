"""Verdicts on what samples look like: noise among them, and blur."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from scipy.stats import binom
from torch import Tensor

from gansmith.diagnosis import draw
from gansmith.diagnosis.evidence import Evidence, Finding, Kind, luma
from gansmith.metrics import fine_detail_ratio, nearest, sharpness_ratio
from gansmith.metrics.sharpness import LAPLACIAN

SURE = 1e-6
RARE = 0.002  # share of real examples beyond the limit
SHARE = 0.02  # of samples beyond it
HIGH = 0.9
FARTHER, ROUGHER = "farther from all data", "rougher"
BEYOND = {FARTHER: 1.3, ROUGHER: 1.0}  # times the limit: mirrored pictures are far and no noise
MOST_BLUR, REACH = 4.0, 8  # pixels
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
    found = lost_detail(x)
    if found is None:
        return None
    sharpness, detail = found
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


def lost_detail(x: Evidence) -> tuple[float, float] | None:
    """Sharpness and fine detail over the real pictures', where samples are blurred, else None."""
    if x.kind != "image" or x.fake.real.shape[-2:] != x.held.real.shape[-2:]:
        return None
    real = torch.cat([x.held.real, x.train.real])
    sharpness = sharpness_ratio(x.fake.real, real)
    detail = fine_detail_ratio(x.fake.real, real)
    if min(sharpness, detail) >= BLURRED or max(sharpness, detail) >= 1:
        return None
    return sharpness, detail


def seen_alike(x: Evidence) -> Kind:
    """Real examples, under the same blur where samples are blurred.

    What tells two pictures or two classes apart may be in the detail: that it is gone from all of
    them is blur, and no other fault.
    """
    lost = lost_detail(x)
    if lost is not None:
        return x.look(blurred(torch.cat([x.train.real, x.held.real]), lost[0]))
    labels = None
    if x.train.labels is not None and x.held.labels is not None:
        labels = torch.cat([x.train.labels, x.held.labels])
    return Kind(
        torch.cat([x.train.real, x.held.real]),
        torch.cat([x.train.features, x.held.features]),
        labels,
    )


def blurred(pictures: Tensor, sharpness: float) -> Tensor:
    """Pictures (N, C, H, W), bytes, under the Gaussian blur that leaves them so sharp."""
    low, high = 0.0, MOST_BLUR
    for _ in range(8):
        std = (low + high) / 2
        sharp = sharpness_ratio(_smoothed(pictures[:500], std), pictures[:500]) > sharpness
        low, high = (std, high) if sharp else (low, std)
    return _smoothed(pictures, std)


def _smoothed(pictures: Tensor, std: float) -> Tensor:
    at = torch.arange(-REACH, REACH + 1).float()
    line = torch.exp(-(at**2) / (2 * std**2))
    channels, width = pictures.shape[1], len(line)
    rows = (line / line.sum()).view(1, 1, 1, width).expand(channels, 1, 1, width)
    x = F.pad(pictures.float(), (REACH,) * 4, "replicate")
    x = F.conv2d(F.conv2d(x, rows, groups=channels), rows.mT, groups=channels)
    return x.round().to(pictures.dtype)
