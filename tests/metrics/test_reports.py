"""Whole evaluations: numbers, real floors, protocols; and the quick scores."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import (
    Measured,
    Protocol,
    ProtocolError,
    check_alike,
    energy_distance,
    evaluate_images,
    evaluate_points,
    evaluate_text,
    image_reference,
    judge_for,
    load_judge,
    quick_images,
    quick_score,
    ring_modes,
)
from gansmith.metrics.samples import choose, trio


def ring(seed: int, n: int, modes: int = 8) -> Tensor:
    picks = ring_modes()[Rng(seed, 0).integers(modes, n)]
    return (picks + 0.01 * Rng(seed, 1).normal(n, 2)).float()


def test_images_real_against_real() -> None:
    data = open_data("digits")
    held, train = data.held["real"], data.train["real"]
    found = evaluate_images(train[:300], held, train, load_judge("digits"), limit=300, seed=4)
    assert list(found) == [
        *("cfid", "ckid", "cis", "precision", "recall", "density", "coverage"),
        *("sharpness", "detail"),  # too small for the window of MS-SSIM
    ]
    assert abs(found.pop("ckid").value) < 0.1  # unbiased: around 0 for data against data
    for measured in found.values():
        assert measured.protocol.counts == {"generated": 300, "held": 300, "train": 300}
        assert measured.protocol.seed == 4
        assert measured.real is not None
        assert measured.value == pytest.approx(measured.real, rel=0.4)
    assert found["cfid"].protocol.resize == "generated: none; real: none"
    assert "judge 'digits'" in found["cfid"].protocol.features
    assert found["cis"].value > 8


def test_images_of_a_bad_generator_and_of_another_size() -> None:
    data = open_data("digits")
    held, train = data.held["real"], data.train["real"]
    noise = 2 * Rng(0).uniform(200, 3, 16, 16) - 1
    found = evaluate_images(noise, held, train, judge_for("digits", 1))
    assert found["cfid"].ratio() > 5
    assert found["precision"].value < 0.1 < 0.5 < (found["precision"].real or 0)
    assert "generated: luma, antialiased bilinear 16x16 -> 8x8" in found["cfid"].protocol.resize
    assert "sharpness" not in found
    assert found["cfid"].protocol.counts["generated"] == 200


def test_copies_of_training_pictures_look_like_the_floor() -> None:
    data = open_data("digits")
    train = data.train["real"]
    found = evaluate_images(train, data.held["real"], train, load_judge("digits"), limit=360)
    assert found["cfid"].value == found["cfid"].real
    assert found["precision"].value == found["precision"].real


def test_floats_are_rounded_as_a_file_would() -> None:
    data = open_data("digits")
    held, train = data.held["real"], data.train["real"]
    judge = load_judge("digits")
    exact = train[:100] / 127.5 - 1
    assert evaluate_images(exact + 1e-3, held, train, judge) == evaluate_images(
        train[:100], held, train, judge
    )


def test_points() -> None:
    held, train, modes = ring(1, 900), ring(2, 900), ring_modes()
    good = evaluate_points(ring(0, 900), held, train, modes=modes, std=0.01)
    assert (good["modes"].value, good["modes_20"].value) == (8, 8)
    assert good["high_quality"].value == pytest.approx(1 - math.exp(-4.5), abs=0.01)
    half = evaluate_points(ring(0, 900, modes=4), held, train, modes=modes, std=0.01)
    for key in ("energy", "sliced"):
        assert half[key].value > 5 * good[key].value
        assert half[key].value > 5 * (half[key].real or math.inf)
    assert (half["modes"].value, half["modes"].real) == (4, 8)
    assert list(evaluate_points(ring(0, 50), held, train)) == ["energy", "sliced"]
    with pytest.raises(ValueError, match="std"):
        evaluate_points(ring(0, 50), held, train, modes=modes)


def test_text() -> None:
    data = open_data("grammar")
    held, train = data.held["tokens"], data.train["tokens"]
    words = data.spec.vocab
    noise = 1 + Rng(0).integers(words - 1, 200, data.spec.length)
    shorter = evaluate_text(noise, held, train, accepts=lambda sentence: len(sentence) < 1)
    copied = evaluate_text(train[:200], held, train, accepts=lambda sentence: len(sentence) > 0)
    for n in (1, 2, 3):
        assert shorter[f"jsd_{n}"].value > 2 * (shorter[f"jsd_{n}"].real or math.inf)
        assert copied[f"jsd_{n}"].ratio() < 1.5
        assert shorter[f"jsd_{n}"].protocol.counts["generated"] == 200
    assert (shorter["copies"].value, copied["copies"].value) == (0, 1)
    assert (shorter["valid"].value, copied["valid"].value, copied["valid"].real) == (0, 1, 1)
    assert "valid" not in evaluate_text(noise, held, train)


def test_choice_of_samples() -> None:
    x = torch.arange(50).view(50, 1)
    assert choose(x, 50, 0) is x
    picked = choose(x, 20, 1)
    assert torch.equal(picked, choose(x, 20, 1))
    assert not torch.equal(picked, choose(x, 20, 2))
    assert torch.equal(picked[:, 0], picked.unique())
    assert len(picked) == 20
    assert {len(part) for part in vars(trio(x, x[:30], x, 40, 0)).values()} == {30}
    with pytest.raises(ValueError, match="0 generated"):
        trio(x[:0], x, x, 10, 0)


def test_a_measured_number_survives_json() -> None:
    protocol = Protocol("coordinates", "held", {"generated": 3}, notes=("p=1", "biased by N"))
    measured = Measured("energy", 0.25, "lower", protocol, real=0.125)
    again = Measured.from_json(json.loads(json.dumps(measured.to_json())))
    assert again == measured
    assert measured.ratio() == 2
    assert "energy 0.25 (real 0.125)" in measured.line()
    assert "3 generated" in measured.line()
    assert math.isnan(replace(measured, real=None).ratio())
    with pytest.raises(ValueError, match="JSON"):
        replace(measured, value=math.inf).to_json()


def test_quick_scores_prefer_the_better_samples() -> None:
    digits, judge = open_data("digits"), load_judge("digits")
    held, train = digits.held["real"], digits.train["real"]
    noise = 2 * Rng(1).uniform(300, 1, 8, 8) - 1
    good = quick_score("image", train[:300], held, judge=judge)
    assert quick_score("image", noise, held, judge=judge) > 5 * good
    reference = image_reference(held, judge)
    assert quick_images(train[:300], reference, judge) == good
    assert quick_score("points", ring(0, 400, 4), ring(1, 400)) > quick_score(
        "points", ring(0, 400), ring(1, 400)
    )
    assert quick_score("points", ring(0, 40), ring(1, 40)) == energy_distance(
        ring(0, 40), ring(1, 40)
    )
    text = open_data("grammar")
    tokens, real = text.train["tokens"][:200], text.held["tokens"]
    disorder = tokens[:, torch.tensor([1, 0, *range(2, tokens.shape[1])])]
    assert quick_score("text", disorder, real) > 2 * quick_score("text", tokens, real)
    with pytest.raises(ValueError, match="judge_for"):
        quick_score("image", noise, held)
    with pytest.raises(ValueError, match="unpaired"):
        quick_score("unpaired", noise, held)  # type: ignore[arg-type]


def test_numbers_made_in_other_ways_are_not_compared() -> None:
    one = Measured("energy", 0.25, "lower", Protocol("coordinates", "held", {"generated": 3}))
    again = replace(one, protocol=replace(one.protocol, seed=5, made="later", versions={}))
    assert again.protocol.differences(one.protocol) == []
    check_alike({"a": one, "b": again})
    for change in (
        {"counts": {"generated": 4}},
        {"features": "f"},
        {"data": "d"},
        {"notes": ("x",)},
    ):
        other = replace(one, protocol=replace(one.protocol, **change))  # type: ignore[arg-type]
        with pytest.raises(ProtocolError, match=f"of a and of b .*{next(iter(change))}: "):
            check_alike({"a": one, "b": other})


def test_a_protocol_knows_libraries_and_time() -> None:
    protocol = Protocol("coordinates", "held", {})
    assert protocol.versions["torch"] == torch.__version__
    assert {"gansmith", "numpy", "scipy"} <= set(protocol.versions)
    assert protocol.made.endswith("+00:00")


def test_some_numbers_only() -> None:
    data = open_data("fashion")
    held, train = data.held["real"][:60], data.train["real"]
    judge = load_judge("fashion")
    assert "similarity" in evaluate_images(train[:60], held, train, judge)
    found = evaluate_images(train[:60], held, train, judge, only=["recall", "cfid"])
    assert list(found) == ["cfid", "recall"]
    with pytest.raises(ValueError, match="no number 'fid'"):
        evaluate_images(train[:60], held, train, judge, only=["fid"])
