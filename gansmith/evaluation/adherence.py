"""Whether answers are to the point: are they what was asked for?"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.data import Dataset
from gansmith.data.transforms.degrade import split_name
from gansmith.data.transforms.windows import past
from gansmith.evaluation.faces import alike, as_said
from gansmith.evaluation.select import judge_of
from gansmith.metrics import Measured, Protocol
from gansmith.metrics.sound_report import evaluate_answers
from gansmith.modalities.sheets import to_uint8
from gansmith.pretrained.judges import JUDGES, Judge, load_judge

RIVALS = 20  # pictures among which the one that was asked for is to be found


def to_the_point(samples: Tensor, dataset: Dataset, asked: str) -> dict[str, Measured]:
    """The numbers of answers to held-out conditions, in their order, by the kind of condition.

    A class: the share of answers that the judge takes for it. Pictures: distance and PSNR to the
    true answer. Others: how often the answer is nearer, in the judge's features, to the true
    picture than to those of other conditions (R-precision of 1 among 20, arXiv:1711.10485). Of
    drawn faces also their attributes and landmarks, which can be read.
    Sounds that ask for sounds: how near the answer is to the clean one, and whether a recogniser
    understands it.
    """
    condition = dataset.spec.asked
    if condition is not None and dataset.spec.kind == "sound" and condition.kind == "wave":
        return cleaned(samples, dataset)
    if dataset.spec.kind != "image" or condition is None or condition.kind not in KINDS:
        return {}
    return KINDS[condition.kind](samples, dataset)


def accuracy(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Share of answers of the class that was asked for, as the judge of the data sees it."""
    judge, label = _judge(dataset), dataset.held["label"][: len(samples)]
    if judge.card is None or tuple(judge.card.classes) != dataset.spec.classes:
        return {}
    _, probabilities = judge.look(samples)
    value = float((probabilities.argmax(1) == label).double().mean())
    _, seen = judge.look(dataset.held["real"][: len(samples)])
    real = float((seen.argmax(1) == label).double().mean())
    return {"asked": _number("share as asked", value, "higher", judge.about, samples, real)}


def to_answer(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Mean absolute difference and PSNR to the true answers, pixels in [0, 1].

    Of clips also the PSNR of the last frame that was given, which costs nothing to show again.
    """
    true = dataset.held["real"][: len(samples)].float() / 255
    made = to_uint8(samples).float() / 255
    l1 = float((made - true).abs().double().mean())
    about = "pixels in [0, 1]"
    found = {
        "l1_to_answer": _number("L1 to the true answer", l1, "lower", about, samples, None),
        "psnr": _number(
            "PSNR to the true answer, dB", _psnr(made, true), "higher", about, samples, None
        ),
    }
    asked = dataset.spec.condition
    if asked is not None and asked.frames:
        last = past(dataset.held["given"][: len(samples)], asked.frames)[:, -1].float() / 255
        name = "PSNR of the last frame again, dB"
        found["psnr_last"] = _number(name, _psnr(last, true), "near", about, samples, None)
    return found


def _psnr(made: Tensor, true: Tensor) -> float:
    """Mean over the pictures, dB; at most 100."""
    error = (made - true).square().flatten(1).mean(1).clamp(min=1e-10)
    return float((-10 * error.log10()).double().mean())


def cleaned(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Distances to the clean sounds, and whether the data's recogniser understands the answers."""
    spec, n = dataset.spec, len(samples)
    held = {name: rows[:n] for name, rows in dataset.held.items()}
    name = split_name(spec.name)[1]
    judge = load_judge(name) if name in JUDGES and "label" in held else None
    return evaluate_answers(
        samples,
        held["real"],
        held["given"],
        spec.rate,
        held.get("lengths"),
        held.get("label"),
        judge,
    )


def retrieved(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """How often an answer is nearest to the picture that it was asked by, among 20."""
    judge = _judge(dataset)
    given = dataset.held["given"][: len(samples)].flatten(1)
    made, _ = judge.look(samples)
    true, _ = judge.look(dataset.held["real"][: len(samples)])
    near = torch.cdist(F.normalize(made), F.normalize(true))
    hits = []
    for row in range(len(samples)):
        rivals = (given != given[row]).any(1).nonzero().squeeze(1)
        rivals = rivals[torch.arange(min(RIVALS - 1, len(rivals))) * 7919 % max(1, len(rivals))]
        if len(rivals):
            hits.append(float(near[row, row] < near[row, rivals].min()))
    value = sum(hits) / max(1, len(hits))
    return {
        "retrieved": _number("R-precision, 1 of 20", value, "higher", judge.about, samples, 1.0)
    }


def described(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Attributes of drawn faces as asked for, where they can be read, and R-precision."""
    return as_said(samples, dataset) | retrieved(samples, dataset)


def likeness(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Distance to the true pictures; of drawn people also landmarks, and whether they are known."""
    return to_answer(samples, dataset) | alike(samples, dataset)


KINDS: dict[str, Callable[[Tensor, Dataset], dict[str, Measured]]] = {
    "class": accuracy,
    "image": to_answer,
    "sentence": described,
    "meaning": retrieved,
    "labels": retrieved,
    "attributes": described,
    "sound": retrieved,
    "likeness": likeness,
}


def _judge(dataset: Dataset) -> Judge:
    return judge_of(dataset.spec.name, dataset.spec.channels)


def _number(
    name: str, value: float, better: str, about: str, samples: Tensor, real: float | None
) -> Measured:
    protocol = Protocol(about, "held-out conditions", {"generated": len(samples)})
    return Measured(name, value, better, protocol, real)  # type: ignore[arg-type]
