"""Whether answers are to the point: right ones score best, shuffled ones as chance does."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor

from gansmith.data import Condition, Dataset, open_data
from gansmith.data.build import conditioned, image_dataset
from gansmith.data.transforms.degrade import degraded
from gansmith.evaluation.adherence import to_the_point

COUNT = 200


@cache
def garments() -> Dataset:
    return open_data("fashion")


@cache
def by_vectors() -> Dataset:
    """Held-out garments, each asked by a number of its own; two share theirs with a third."""
    real = garments().held["real"][:COUNT]
    given = torch.arange(float(COUNT))[:, None]
    given[1:3] = 0
    data = image_dataset("fashion", {"real": real}, {"real": real})
    return conditioned(data, Condition("attributes", ("x",)), given, given)


def scaled(pictures: Tensor) -> Tensor:
    return pictures.float() / 127.5 - 1


def test_answers_of_the_class_asked_for() -> None:
    samples = scaled(garments().held["real"][:COUNT])
    right = to_the_point(samples, garments(), "label")["asked"]
    assert right.value == right.real
    assert right.value > 0.85
    wrong = to_the_point(samples.roll(1, 0), garments(), "label")["asked"]
    assert wrong.value < 0.25
    assert wrong.real == right.real
    assert wrong.better == "higher"


def test_answers_by_pictures_are_as_near_as_they_are() -> None:
    dataset = degraded("noise", garments())
    true = dataset.held["real"][:COUNT]
    off = (true.int() + 51).clamp(max=255)
    found = to_the_point(scaled(off), dataset, "given")
    error = (off - true.int()).abs().double() / 255
    assert found["l1_to_answer"].value == pytest.approx(float(error.mean()), abs=1e-3)
    psnr = -10 * error.square().flatten(1).mean(1).log10()
    assert found["psnr"].value == pytest.approx(float(psnr.mean()), abs=0.05)
    exact = to_the_point(scaled(true), dataset, "given")
    assert exact["l1_to_answer"].value == 0
    assert exact["psnr"].value == pytest.approx(100)


def test_right_answers_are_found_among_twenty_and_others_by_chance() -> None:
    samples = scaled(by_vectors().held["real"])
    assert to_the_point(samples, by_vectors(), "given")["retrieved"].value > 0.99
    shuffled = to_the_point(samples.roll(7, 0), by_vectors(), "given")["retrieved"].value
    assert shuffled < 0.15  # 1 of 20


def test_pictures_of_the_same_condition_are_no_rivals() -> None:
    """A picture that was asked by the same words may be nearer without being wrong."""
    dataset = by_vectors()
    samples = scaled(dataset.held["real"])
    samples[0] = samples[1]  # an answer to 0, which is also asked by row 1's condition
    few = image_dataset(
        "fashion", {"real": dataset.held["real"]}, {"real": dataset.held["real"][:3]}
    )
    same = conditioned(
        few, Condition("attributes", ("x",)), dataset.train["given"], torch.zeros(3, 1)
    )
    assert to_the_point(samples[:3], same, "given")["retrieved"].value == 0  # nothing to tell apart
    assert to_the_point(samples, dataset, "given")["retrieved"].value < 1 + 1e-9


def test_data_that_ask_for_nothing_have_no_such_numbers() -> None:
    plain = image_dataset("x", {"real": garments().held["real"]}, {"real": garments().held["real"]})
    assert to_the_point(scaled(plain.held["real"][:5]), plain, "label") == {}
