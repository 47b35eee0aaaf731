"""Faults of a training run, from its log, its scores and its players."""

from __future__ import annotations

import math
import re
import shlex
from statistics import median

import torch
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.core.protocols import Samples
from gansmith.diagnosis.evidence import Finding, other_presets
from gansmith.losses.objectives import Minimax
from gansmith.rendering import plots
from gansmith.runs.recorder import read_log, read_scores
from gansmith.runs.run import Run

SATURATED = 0.05  # D's loss, over that of a D at chance
STEEP_GRADIENT = 30.0  # gradient norm of a critic, where 1 is meant
EXPLODED = 100.0  # size of a loss, over that in the first half
STILL_IMPROVING = 0.1  # of the score, in the last quarter of a run
ADVERSARIAL = r"D[^_/]*/adv(_\w+)?"  # keys of the log: `D_pretrain/adv` is none of them


def saturated_discriminator(run: Run) -> Finding | None:
    """D's loss is next to nothing: it separates real from fake perfectly, and G learns little.

    Tested for every discriminator of the run, where the loss of a D at chance is above 0
    (arXiv:1701.04862): a Wasserstein critic's loss is a distance and does not saturate.
    """
    chance = _chance_loss(run)
    if chance is None:
        return None
    curves = _discriminator_losses(run)
    late = {name: median(v[-max(1, len(v) // 4) :]) for name, v in curves.items()}
    found = {name: loss for name, loss in late.items() if 0 <= loss < SATURATED * chance}
    if not found:
        return None
    evidence = "; ".join(
        f"the loss of {name} is {loss:.3g} in the last quarter of its training, "
        f"{loss / chance:.1%} of the {chance:.3g} of a D at chance"
        for name, loss in found.items()
    )
    presets = other_presets(run.config.preset, "r3gan", "wgan-gp", "sngan")
    advice = f"hold D back: a penalty or spectral norm, as in {presets}; a lower learning rate of D"
    objective: object = run.game.objective
    if type(objective) is Minimax:  # the non-saturating loss is derived from it
        advice += "; the non-saturating loss instead of minimax (nsgan)"
    worst = min(found, key=lambda name: found[name])
    picture = plots.curve(curves[worst], f"loss of {worst}", chance, "D at chance")
    numbers = {"loss": found[worst], "chance": chance}
    return Finding("saturated discriminator", evidence, advice, numbers, picture)


def exploding_critic(run: Run) -> Finding | None:
    """An unbounded critic: its loss has grown a hundredfold, or its gradients are far above 1.

    Tested for every discriminator of the run; the worst is shown.
    """
    found = {
        name: grown
        for name, values in _discriminator_losses(run).items()
        if (grown := _growth(run, name, values)) is not None
    }
    if not found:
        return None
    worst = max(found, key=lambda name: found[name][1])
    early, late, gradient = found[worst]
    evidence = f"the loss of {worst} is {late:.3g} at the end, {early:.3g} in the first half"
    if gradient:
        evidence += f"; its gradient norm between real and fake is {gradient:.3g}, where 1 is meant"
    if others := [name for name in found if name != worst]:
        evidence += f"; so do {', '.join(others)}"
    presets = other_presets(run.config.preset, "wgan-gp", "wgan-lp", "sngan", "wgan")
    advice = f"bound the critic by a penalty, spectral norm or clipping, as in {presets}; a lower "
    advice += "learning rate of D"
    values = _discriminator_losses(run)[worst]
    picture = plots.curve([abs(v) for v in values], f"size of the loss of {worst}", None, "")
    numbers = {"late": late, "gradient": gradient}
    return Finding("exploding critic", evidence, advice, numbers, picture)


def undertrained(run: Run) -> Finding | None:
    """The score still improves when the run ends: more steps would help."""
    scores = [s for s in read_scores(run.folder) if math.isfinite(s["value"])]
    if len(scores) < 3 or scores[-1].get("better") == "higher":
        return None
    last = scores[-1]["step"]
    before = [s["value"] for s in scores if s["step"] <= 0.75 * last]
    after = [s["value"] for s in scores if s["step"] > 0.75 * last]
    if not before or not after or min(before) <= 0:
        return None
    fallen = 1 - min(after) / min(before)
    if fallen < STILL_IMPROVING:
        return None
    evidence = (
        f"{scores[-1]['metric']} fell by {fallen:.0%} in the last quarter of its {last} steps, to "
        f"{min(after):.3g}"
    )
    folder = shlex.quote(str(run.folder)) + " --trust" * bool(run.config.code_names)
    advice = f"train longer: gansmith train --resume {folder} --steps {2 * last}"
    picture = plots.curve([s["value"] for s in scores], scores[-1]["metric"], None, "")
    numbers = {"fallen": fallen, "steps": float(last)}
    return Finding("undertrained", evidence, advice, numbers, picture)


def is_adversarial(run: Run) -> bool | None:
    """Whether the run trains a discriminator, by its log; None while that is empty."""
    return bool(_discriminator_losses(run)) if read_log(run.folder) else None


def _discriminator_losses(run: Run) -> dict[str, list[float]]:
    """The adversarial loss of every discriminator along the run, without pre-training.

    The log holds it under the name of D's phase: `D/adv`, `D2/adv`, or `D/adv_a` where one phase
    moves several discriminators.
    """
    curves: dict[str, list[float]] = {}
    for line in read_log(run.folder):
        for key, value in line.items():
            if re.fullmatch(ADVERSARIAL, key):
                curves.setdefault(key.removesuffix("/adv"), []).append(value)
    return curves


def _growth(run: Run, name: str, values: list[float]) -> tuple[float, float, float] | None:
    """The size of D's loss early and late in the run and its gradient norm, where it explodes."""
    if len(values) < 8:
        return None
    early = median(abs(v) for v in values[: len(values) // 2])
    late = median(abs(v) for v in values[-len(values) // 8 :])
    chance = _chance_loss(run)
    gradient = _gradient_norm(run, name) if chance == 0 else 0.0
    grown = late > EXPLODED * max(early, 1.0 if chance is None else chance, 1.0)
    return (early, late, gradient) if grown or gradient >= STEEP_GRADIENT else None


def _chance_loss(run: Run) -> float | None:
    """The loss of a D that returns 0 for everything; None where the game has no objective."""
    objective = getattr(run.game, "objective", None)
    if objective is None:
        return None
    weight = getattr(run.game, "d_weight", 1.0)
    return weight * float(objective.d(torch.zeros(2), torch.zeros(2)))


def _gradient_norm(run: Run, name: str) -> float:
    """Mean norm of D's gradient at interpolates between real and generated examples; 0 for a D that
    is conditional, or has a domain.
    """
    D = getattr(run.game, name, None)
    if D is None or not isinstance(run.game, Samples):
        return 0.0
    if not isinstance(run.dataset.held_out.get("real"), Tensor):
        return 0.0
    real = to_float(run.dataset.held_out["real"][:64])
    fake = run.sample(len(real)).cpu()
    t = torch.linspace(0, 1, len(real)).view(-1, *[1] * (real.ndim - 1))
    between = real.lerp(fake, t).requires_grad_(True)
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(D(between).sum(), between)
    return float(gradient.flatten(1).norm(dim=1).mean())
