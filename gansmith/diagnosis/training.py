"""Verdicts on how a run went, from its log, its scores and its players."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from gansmith.diagnosis import draw
from gansmith.diagnosis.evidence import Finding
from gansmith.runs.run import Run

SURE_OF_ALL = 0.05  # D's loss, of what it is when D cannot tell
STEEP = 30.0  # slope of a critic, where 1 is meant
WILD = 100.0  # a loss, of its size in the first half
FALLING = 0.1  # of the score, in the last quarter of a run
TERM = "judge/adv"


def saturated(run: Run) -> Finding | None:
    """D's loss is next to nothing: it tells real from fake without doubt, and teaches G little.

    Judged where a loss that cannot tell is above 0 (arXiv:1701.04862): a Wasserstein critic's loss
    is a distance and says nothing of the kind.
    """
    objective = getattr(run.game, "objective", None)
    values = [line[TERM] for line in _lines(run.folder / "log.jsonl") if TERM in line]
    if objective is None or not values:
        return None
    blind = float(objective.d(torch.zeros(2), torch.zeros(2)))
    late = median(values[-max(1, len(values) // 4) :])
    if not 0 <= late < SURE_OF_ALL * blind:
        return None
    said = (
        f"D's loss is {late:.3g} in the last quarter of the run, {late / blind:.1%} of the "
        f"{blind:.3g} of a D that cannot tell"
    )
    advice = (
        "hold D back: a penalty (r1 as in r3gan, or wgan-gp's), spectral norm (sngan, hinge), a "
        "lower learning rate of D; non-saturating in the place of minimax"
    )
    shown = draw.curve(values, "D's loss", blind, "D cannot tell")
    return Finding("saturated discriminator", said, advice, {"loss": late, "blind": blind}, shown)


def exploding(run: Run) -> Finding | None:
    """A critic without bounds: its loss has grown a hundredfold, or its slopes are far above 1."""
    values = [line[TERM] for line in _lines(run.folder / "log.jsonl") if TERM in line]
    if len(values) < 8:
        return None
    half = len(values) // 2
    early = median(abs(v) for v in values[:half])
    late = median(abs(v) for v in values[-len(values) // 8 :])
    blind = _blind(run)
    slope = _slope(run) if blind == 0 else 0.0
    grown = late > WILD * max(early, blind, 1.0)
    if not grown and slope < STEEP:
        return None
    said = f"the loss of D is {late:.3g} at the end, {early:.3g} in the first half"
    said += f"; its slope between real and fake is {slope:.3g}, where 1 is meant" if slope else ""
    advice = (
        "bound the critic: a gradient penalty (wgan-gp, wgan-lp), spectral norm, or clipping "
        "(wgan); a lower learning rate of D"
    )
    shown = draw.curve([abs(v) for v in values], "size of D's loss", None, "")
    return Finding("exploding critic", said, advice, {"late": late, "slope": slope}, shown)


def undertrained(run: Run) -> Finding | None:
    """The score still falls when the run ends: more steps would have been better."""
    scores = [s for s in _lines(run.folder / "scores.jsonl") if math.isfinite(s["value"])]
    if len(scores) < 3 or scores[-1].get("better") == "higher":
        return None
    last = scores[-1]["step"]
    before = [s["value"] for s in scores if s["step"] <= 0.75 * last]
    after = [s["value"] for s in scores if s["step"] > 0.75 * last]
    if not before or not after or min(before) <= 0:
        return None
    fallen = 1 - min(after) / min(before)
    if fallen < FALLING:
        return None
    said = (
        f"{scores[-1]['metric']} fell by {fallen:.0%} in the last quarter of its {last} steps, to "
        f"{min(after):.3g}"
    )
    advice = f"go on: gansmith train --resume {run.folder.name} --steps {2 * last}"
    shown = draw.curve([s["value"] for s in scores], scores[-1]["metric"], None, "")
    return Finding("undertrained", said, advice, {"fallen": fallen, "steps": float(last)}, shown)


def _blind(run: Run) -> float:
    objective = getattr(run.game, "objective", None)
    return float(objective.d(torch.zeros(2), torch.zeros(2))) if objective is not None else 1.0


def _slope(run: Run) -> float:
    """Mean norm of D's gradient on the way from real to fake examples, in units of theirs."""
    D = getattr(run.game, "D", None)
    if D is None or not isinstance(run.dataset.held.get("real"), Tensor):
        return 0.0
    real = run.dataset.held["real"][:64]
    real = real.float() / 127.5 - 1 if real.dtype == torch.uint8 else real
    fake = run.sample(len(real)).cpu()
    t = torch.linspace(0, 1, len(real)).view(-1, *[1] * (real.ndim - 1))
    between = real.lerp(fake, t).requires_grad_(True)
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(D(between).sum(), between)
    return float(slope.flatten(1).norm(dim=1).mean())


def _lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a JSON-lines file; none if it is not there."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
