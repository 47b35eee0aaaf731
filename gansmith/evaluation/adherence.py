"""Do conditional samples obey their condition? A row for each pair (generated, conditioned on)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.images import to_uint8
from gansmith.data import Dataset
from gansmith.evaluation.faces import (
    IDENTITY_KEYS,
    attribute_accuracy,
    attribute_keys,
    identity_and_landmarks,
)
from gansmith.metrics import Better, Measured, Protocol
from gansmith.metrics.audio_report import available_enhancement, evaluate_enhancement
from gansmith.metrics.joint import JointReference, frechet_joint_distance, joint_reference
from gansmith.metrics.speech import log_spectral_distance
from gansmith.metrics.text import word_error_rate
from gansmith.modalities.image import judge_of
from gansmith.pretrained.judges import JUDGES, Judge, load_judge

CANDIDATES = 20  # true images among which the right one is to be found
HELD_OUT = "held-out conditions"


class Adherence(NamedTuple):
    """How samples of held-out conditions, in their order, are held against the truth.

    measure: the numbers, by key. keys: which there are for a data set, and what is better.
    score: chooses `best` in the place of the modality's score; lower is better. score_name: its.
    """

    measure: Callable[[Tensor, Dataset], dict[str, Measured]]
    keys: Callable[[Dataset], dict[str, Better]]
    score: Callable[[Tensor, Dataset], float] | None = None
    score_name: str = ""


NOTHING = Adherence(lambda samples, dataset: {}, lambda dataset: {})


def adherence_of(dataset: Dataset) -> Adherence:
    """The row for a data set; an empty one where there is none."""
    condition = dataset.spec.conditioned_on
    if condition is None:
        return NOTHING
    return ADHERENCE.get((dataset.spec.kind, condition.kind), NOTHING)


def condition_adherence(
    samples: Tensor, dataset: Dataset, only: Collection[str] | None = None
) -> dict[str, Measured]:
    """The numbers of samples of the first held-out conditions; with `only`, no others."""
    row = adherence_of(dataset)
    wanted = set(row.keys(dataset)) if only is None else set(row.keys(dataset)) & set(only)
    found = row.measure(samples, dataset) if wanted else {}
    return {key: number for key, number in found.items() if only is None or key in wanted}


def joint_distance(samples: Tensor, dataset: Dataset) -> float:
    """FJD of samples of the training conditions, in their order, by the data's judge."""
    judge = judge_of(dataset.spec)
    if dataset not in _REFERENCES:
        condition = dataset.spec.conditioned_on
        assert condition is not None
        given = dataset.conditions(dataset.train, dataset.spec.train)
        real = judge.extract(torch.as_tensor(dataset.train["real"]))[0]
        _REFERENCES[dataset] = joint_reference(real, condition.numbers(given))
    return frechet_joint_distance(judge.extract(to_uint8(samples))[0], _REFERENCES[dataset])


_REFERENCES: WeakKeyDictionary[Dataset, JointReference] = WeakKeyDictionary()


def class_accuracy(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Share of samples that the data's judge takes for the class they were generated for."""
    judge, label = judge_of(dataset.spec), dataset.held_out["label"][: len(samples)]
    if not class_keys(dataset):
        return {}
    real = dataset.held_out["real"][: len(samples)]
    value, best = (
        float((judge.extract(x)[1].argmax(1) == label).double().mean()) for x in (samples, real)
    )
    found = _number("class accuracy", value, "higher", judge.description, samples, best)
    return {"accuracy": found}


def class_keys(dataset: Dataset) -> dict[str, Better]:
    """Of data whose classes a judge knows."""
    card = judge_of(dataset.spec).card
    known = card is not None and tuple(card.classes) == dataset.spec.classes
    return {"accuracy": "higher"} if known else {}


def reconstruction(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Mean absolute difference and PSNR to the true images, pixels in [0, 1]."""
    true, ours = (x.float() / 255 for x in (_true(samples, dataset), to_uint8(samples)))
    l1 = float((ours - true).abs().double().mean())
    about = "pixels in [0, 1]"
    return {
        "l1": _number("L1 to the true image", l1, "lower", about, samples),
        "psnr": _number("PSNR, dB", _psnr(ours, true), "higher", about, samples),
    }


def continuation(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Of next frames; beside them the PSNR of the last given frame, shown once more."""
    condition = dataset.spec.condition
    assert condition is not None
    frames = condition.previews(dataset.held_out["condition"][: len(samples)])
    last, true = (x.float() / 255 for x in (frames[-1], _true(samples, dataset)))
    name = "PSNR of the last given frame, dB"
    repeated = _number(name, _psnr(last, true), "near", "pixels in [0, 1]", samples)
    return reconstruction(samples, dataset) | {"psnr_last_frame": repeated}


def _psnr(ours: Tensor, true: Tensor) -> float:
    """Mean over the images, dB; at most 100."""
    error = (ours - true).square().flatten(1).mean(1).clamp(min=1e-10)
    return float((-10 * error.log10()).double().mean())


def enhancement(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Distances to the clean waveforms, and whether the data's recogniser understands the words."""
    held_out = {name: rows[: len(samples)] for name, rows in dataset.held_out.items()}
    return evaluate_enhancement(
        enhanced=samples,
        clean=held_out["real"],
        noisy=held_out["condition"],
        rate=dataset.spec.rate,
        lengths=held_out.get("lengths"),
        digits=held_out.get("label"),
        judge=_recogniser(dataset),
    )


def _recogniser(dataset: Dataset) -> Judge | None:
    base = dataset.spec.base
    return load_judge(base) if base in JUDGES and "label" in dataset.held_out else None


def distance_to_clean(samples: Tensor, dataset: Dataset) -> float:
    """Mean log-spectral distance, dB, to the training waveforms."""
    train = {key: x[torch.arange(len(samples)) % len(x)] for key, x in dataset.train.items()}
    lengths = train.get("lengths")
    return float(
        log_spectral_distance(
            estimate=samples, clean=train["real"], rate=dataset.spec.rate, lengths=lengths
        ).mean()
    )


def r_precision(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """How often a sample is nearer, in the judge's features, to the true image of its condition
    than to those of 19 other conditions (arXiv:1711.10485)."""
    judge = judge_of(dataset.spec)
    conditions = dataset.held_out["condition"][: len(samples)].flatten(1)
    ours, true = (F.normalize(judge.extract(x)[0]) for x in (samples, _true(samples, dataset)))
    near = torch.cdist(ours, true)
    hits = []
    for row in range(len(samples)):
        others = (conditions != conditions[row]).any(1).nonzero().squeeze(1)
        others = others[torch.arange(min(CANDIDATES - 1, len(others))) * 7919 % max(1, len(others))]
        if len(others):
            hits.append(float(near[row, row] < near[row, others].min()))
    value = sum(hits) / max(1, len(hits))
    name = f"R-precision, 1 of {CANDIDATES}"
    return {"r_precision": _number(name, value, "higher", judge.description, samples, 1.0)}


def attributes(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Attributes of drawn faces, where they can be read, and R-precision."""
    return attribute_accuracy(samples, dataset) | r_precision(samples, dataset)


def likeness(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Distance to the true images; of drawn people also landmarks and identity."""
    return reconstruction(samples, dataset) | identity_and_landmarks(samples, dataset)


def sentences(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Sentences against the one true sentence of each condition, word by word."""
    ours, true = (dataset.sentences(x) for x in (samples, _true(samples, dataset, "tokens")))
    exact = sum(a == b for a, b in zip(ours, true, strict=True)) / len(true)
    wer = word_error_rate(sentences=ours, true=true)
    return {
        "exact": _number("exact match", exact, "higher", "whole sentences", samples),
        "wer": _number("word error rate", wer, "lower", "words", samples),
    }


def sentence_error(samples: Tensor, dataset: Dataset) -> float:
    """The word error rate on training sentences."""
    true = dataset.train["tokens"][torch.arange(len(samples)) % dataset.spec.train]
    return word_error_rate(sentences=dataset.sentences(samples), true=dataset.sentences(true))


def _true(samples: Tensor, dataset: Dataset, field: str = "real") -> Tensor:
    return dataset.held_out[field][: len(samples)]


def _number(
    name: str,
    value: float,
    better: Better,
    about: str,
    samples: Tensor,
    real: float | None = None,
) -> Measured:
    protocol = Protocol(about, HELD_OUT, {"generated": len(samples)})
    return Measured(name, value, better, protocol, real)


RECONSTRUCTION: dict[str, Better] = {"l1": "lower", "psnr": "higher"}
RETRIEVAL: dict[str, Better] = {"r_precision": "higher"}
CLIP: dict[str, Better] = {**RECONSTRUCTION, "psnr_last_frame": "near"}
JOINT = (joint_distance, "cFJD (quick)")
RETRIEVED = Adherence(r_precision, lambda dataset: RETRIEVAL, *JOINT)
DESCRIBED = Adherence(attributes, lambda dataset: attribute_keys(dataset) | RETRIEVAL, *JOINT)

ADHERENCE: dict[tuple[str, str], Adherence] = {
    ("image", "class"): Adherence(class_accuracy, class_keys, *JOINT),
    ("image", "label-set"): RETRIEVED,
    ("image", "attributes"): DESCRIBED,
    ("image", "sentence"): DESCRIBED,
    ("image", "embedding"): RETRIEVED,
    ("image", "log-mel"): RETRIEVED,
    ("image", "image"): Adherence(reconstruction, lambda dataset: RECONSTRUCTION, *JOINT),
    ("image", "clip"): Adherence(continuation, lambda dataset: CLIP, *JOINT),
    ("image", "references"): Adherence(
        likeness, lambda dataset: RECONSTRUCTION | IDENTITY_KEYS, *JOINT
    ),
    ("audio", "waveform"): Adherence(
        enhancement,
        lambda dataset: available_enhancement(_recogniser(dataset) is not None),
        distance_to_clean,
        "log-spectral distance, dB",
    ),
    ("text", "sentence"): Adherence(
        sentences,
        lambda dataset: {"exact": "higher", "wer": "lower"},
        sentence_error,
        "word error rate",
    ),
}
