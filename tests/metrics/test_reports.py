"""Whole evaluations: numbers, real floors, protocols; and the quick scores."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import (
    CustomFeatures,
    Measured,
    Protocol,
    ProtocolError,
    available_images,
    available_points,
    available_text,
    check_comparable,
    energy_distance,
    evaluate_images,
    evaluate_points,
    evaluate_text,
    image_reference,
    image_report,
    judge_for,
    load_judge,
    manifold_share,
    points_report,
    quick_images,
    quick_points,
    quick_text,
    ring_modes,
    text_report,
)
from gansmith.metrics.samples import random_subset, subsample


def ring(seed: int, n: int, modes: int = 8) -> Tensor:
    picks = ring_modes()[Rng(seed, 0).integers(modes, n)]
    return (picks + 0.01 * Rng(seed, 1).normal(n, 2)).float()


def test_images_real_against_real() -> None:
    data = open_data("digits")
    held, train = data.held_out["real"], data.train["real"]
    found = evaluate_images(
        generated=train[:300],
        held_out=held,
        train=train,
        features=load_judge("digits"),
        limit=300,
        seed=4,
    )
    assert list(found) == [
        *("cfid", "ckid", "cis", "precision", "recall", "density", "coverage"),
        *("sharpness", "detail"),  # too small for the window of MS-SSIM
    ]
    assert abs(found.pop("ckid").value) < 0.1  # unbiased: around 0 for data against data
    for measured in found.values():
        assert measured.protocol.counts == {"generated": 300, "held-out": 300, "train": 300}
        assert measured.protocol.seed == 4
        assert measured.real is not None
        assert measured.value == pytest.approx(measured.real, rel=0.4)
    assert found["cfid"].protocol.resize == "generated: none; real: none"
    assert "judge 'digits'" in found["cfid"].protocol.features
    assert found["cis"].value > 8


def test_images_of_a_bad_generator_and_of_another_size() -> None:
    data = open_data("digits")
    held, train = data.held_out["real"], data.train["real"]
    noise = 2 * Rng(0).uniform(200, 3, 16, 16) - 1
    found = evaluate_images(
        generated=noise, held_out=held, train=train, features=judge_for("digits", 1)
    )
    assert found["cfid"].ratio() > 5
    assert found["precision"].value < 0.1 < 0.5 < (found["precision"].real or 0)
    assert "generated: luma, antialiased bilinear 16x16 -> 8x8" in found["cfid"].protocol.resize
    assert "sharpness" not in found
    assert found["cfid"].protocol.counts["generated"] == 200


def test_copies_of_training_pictures_look_like_the_floor() -> None:
    data = open_data("digits")
    train = data.train["real"]
    found = evaluate_images(
        generated=train,
        held_out=data.held_out["real"],
        train=train,
        features=load_judge("digits"),
        limit=360,
    )
    assert found["cfid"].value == found["cfid"].real
    assert found["precision"].value == found["precision"].real


def test_floats_are_rounded_as_a_file_would() -> None:
    data = open_data("digits")
    held, train = data.held_out["real"], data.train["real"]
    judge = load_judge("digits")
    exact = train[:100] / 127.5 - 1
    assert evaluate_images(
        generated=exact + 1e-3, held_out=held, train=train, features=judge
    ) == evaluate_images(generated=train[:100], held_out=held, train=train, features=judge)


def test_points() -> None:
    held, train, modes = ring(1, 900), ring(2, 900), ring_modes()
    good = evaluate_points(
        generated=ring(0, 900), held_out=held, train=train, modes=modes, std=0.01
    )
    assert (good["modes"].value, good["modes_20"].value) == (8, 8)
    assert good["high_quality"].value == pytest.approx(1 - math.exp(-4.5), abs=0.01)
    half = evaluate_points(
        generated=ring(0, 900, modes=4), held_out=held, train=train, modes=modes, std=0.01
    )
    for key in ("energy", "sliced"):
        assert half[key].value > 5 * good[key].value
        assert half[key].value > 5 * (half[key].real or math.inf)
    assert (half["modes"].value, half["modes"].real) == (4, 8)
    assert list(evaluate_points(generated=ring(0, 50), held_out=held, train=train)) == [
        "energy",
        "sliced",
    ]
    with pytest.raises(ValueError, match="std"):
        evaluate_points(generated=ring(0, 50), held_out=held, train=train, modes=modes)


def test_text() -> None:
    data = open_data("grammar")
    held, train = data.held_out["tokens"], data.train["tokens"]
    words = data.spec.vocab
    noise = 1 + Rng(0).integers(words - 1, 200, data.spec.length)
    shorter = evaluate_text(
        generated=noise, held_out=held, train=train, accepts=lambda sentence: len(sentence) < 1
    )
    copied = evaluate_text(
        generated=train[:200],
        held_out=held,
        train=train,
        accepts=lambda sentence: len(sentence) > 0,
    )
    for n in (1, 2, 3):
        assert shorter[f"jsd_{n}"].value > 2 * (shorter[f"jsd_{n}"].real or math.inf)
        assert copied[f"jsd_{n}"].ratio() < 1.5
        assert shorter[f"jsd_{n}"].protocol.counts["generated"] == 200
    assert (shorter["copies"].value, copied["copies"].value) == (0, 1)
    assert (shorter["valid"].value, copied["valid"].value, copied["valid"].real) == (0, 1, 1)
    assert "valid" not in evaluate_text(generated=noise, held_out=held, train=train)


def test_choice_of_samples() -> None:
    x = torch.arange(50).view(50, 1)
    assert random_subset(x, 50, 0) is x
    picked = random_subset(x, 20, 1)
    assert torch.equal(picked, random_subset(x, 20, 1))
    assert not torch.equal(picked, random_subset(x, 20, 2))
    assert torch.equal(picked[:, 0], picked.unique())
    assert len(picked) == 20
    assert {
        len(part)
        for part in vars(
            subsample(generated=x, held_out=x[:30], train=x, limit=40, seed=0)
        ).values()
    } == {30}
    with pytest.raises(ValueError, match="0 generated"):
        subsample(generated=x[:0], held_out=x, train=x, limit=10, seed=0)


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
    held, train = digits.held_out["real"], digits.train["real"]
    noise = 2 * Rng(1).uniform(300, 1, 8, 8) - 1
    reference = image_reference(held, judge)
    assert quick_images(noise, reference, judge) > 5 * quick_images(train[:300], reference, judge)
    with pytest.raises(ValueError, match="NaN"):
        quick_images(noise * math.nan, reference, judge)
    assert quick_points(generated=ring(0, 400, 4), real=ring(1, 400)) > quick_points(
        generated=ring(0, 400), real=ring(1, 400)
    )
    assert quick_points(generated=ring(0, 40), real=ring(1, 40)) == energy_distance(
        ring(0, 40), ring(1, 40)
    )
    text = open_data("grammar")
    tokens, real = text.train["tokens"][:200], text.held_out["tokens"]
    disorder = tokens[:, torch.tensor([1, 0, *range(2, tokens.shape[1])])]
    assert quick_text(generated=disorder, real=real) > 2 * quick_text(generated=tokens, real=real)


def test_numbers_made_in_other_ways_are_not_compared() -> None:
    one = Measured("energy", 0.25, "lower", Protocol("coordinates", "held", {"generated": 3}))
    again = replace(one, protocol=replace(one.protocol, seed=5, created="later", versions={}))
    assert again.protocol.differences(one.protocol) == []
    check_comparable({"a": one, "b": again})
    for change in (
        {"counts": {"generated": 4}},
        {"features": "f"},
        {"data": "d"},
        {"notes": ("x",)},
    ):
        other = replace(one, protocol=replace(one.protocol, **change))  # type: ignore[arg-type]
        with pytest.raises(ProtocolError, match=f"of a and of b .*{next(iter(change))}: "):
            check_comparable({"a": one, "b": other})


def test_a_protocol_knows_libraries_and_time() -> None:
    protocol = Protocol("coordinates", "held", {})
    assert protocol.versions["torch"] == torch.__version__
    assert {"gansmith", "numpy", "scipy"} <= set(protocol.versions)
    assert protocol.created.endswith("+00:00")


def test_some_numbers_only() -> None:
    data = open_data("fashion")
    held, train = data.held_out["real"][:60], data.train["real"]
    judge = load_judge("fashion")
    assert "similarity" in evaluate_images(
        generated=train[:60], held_out=held, train=train, features=judge
    )
    found = evaluate_images(
        generated=train[:60], held_out=held, train=train, features=judge, only=["recall", "cfid"]
    )
    assert list(found) == ["cfid", "recall"]
    with pytest.raises(ValueError, match="no number 'fid'"):
        evaluate_images(
            generated=train[:60], held_out=held, train=train, features=judge, only=["fid"]
        )
    assert (
        evaluate_images(generated=train[:60], held_out=held, train=train, features=judge, only=[])
        == {}
    )


def forbid(monkeypatch: pytest.MonkeyPatch, module: object, *names: str) -> None:
    """Let functions raise when they are called."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("this number is not wanted")

    for name in names:
        monkeypatch.setattr(module, name, refuse)


def test_unwanted_numbers_of_images_are_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = open_data("fashion")
    held, train = data.held_out["real"][:60], data.train["real"]
    judge = load_judge("fashion")
    costly = ("frechet_from_features", "mmd2", "density_coverage", "inception_score")
    pixels = ("sharpness_ratio", "high_frequency_ratio", "pair_similarity")
    forbid(monkeypatch, image_report, *costly, *pixels)
    wanted = {"precision", "recall"}
    assert (
        set(
            evaluate_images(
                generated=train[:60], held_out=held, train=train, features=judge, only=wanted
            )
        )
        == wanted
    )
    with pytest.raises(AssertionError, match="not wanted"):
        evaluate_images(
            generated=train[:60], held_out=held, train=train, features=judge, only=["coverage"]
        )


def test_numbers_on_pixels_need_no_features(monkeypatch: pytest.MonkeyPatch) -> None:
    data = open_data("fashion")
    held, train = data.held_out["real"][:60], data.train["real"]
    judge = load_judge("fashion")
    forbid(monkeypatch, judge, "extract")
    wanted = {"sharpness", "detail", "similarity"}
    assert (
        set(
            evaluate_images(
                generated=train[:60], held_out=held, train=train, features=judge, only=wanted
            )
        )
        == wanted
    )
    with pytest.raises(AssertionError, match="not wanted"):
        evaluate_images(
            generated=train[:60], held_out=held, train=train, features=judge, only=["cfid"]
        )


def test_numbers_that_belong_together_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()

    def counted(name: str) -> None:
        function = getattr(image_report, name)

        def count(*args: object, **keywords: object) -> object:
            calls[name] += 1
            return function(*args, **keywords)

        monkeypatch.setattr(image_report, name, count)

    data = open_data("digits")
    held, train = data.held_out["real"][:60], data.train["real"]
    counted("precision_recall")
    counted("density_coverage")
    found = evaluate_images(
        generated=train[60:120], held_out=held, train=train, features=load_judge("digits")
    )
    assert calls == {"precision_recall": 2, "density_coverage": 2}  # generated, and real images
    features = load_judge("digits").extract
    fake, real = (features(random_subset(x, 60, 0))[0] for x in (train[60:120], held))
    assert found["precision"].value == manifold_share(x=fake, manifold=real)
    assert found["recall"].value == manifold_share(x=real, manifold=fake)


def test_available_numbers_are_those_that_are_given() -> None:
    data, judge = open_data("fashion"), load_judge("fashion")
    held, train = data.held_out["real"][:60], data.train["real"]
    for size in (8, 28):
        images = [F.interpolate(x[:60].float(), size).to(torch.uint8) for x in (train, held)]
        found = evaluate_images(
            generated=images[0], held_out=images[1], train=images[0], features=judge
        )
        available = available_images(judge, size)
        assert {key: number.better for key, number in found.items()} == available
    measured = partial(evaluate_images, generated=train[:60, :, :14], train=train[:60, :, :14],
                       held_out=held[:, :, :14], features=judge)  # fmt: skip
    assert list(measured()) == list(available_images(judge, 14, 28))
    assert "detail" not in available_images(judge, 14, 28)
    custom = CustomFeatures(lambda x: x.flatten(1), "pixels")
    assert "custom is" not in available_images(custom, 28)
    assert list(
        evaluate_images(generated=train[:60], held_out=held, train=train, features=custom)
    ) == list(available_images(custom, 28))
    with pytest.raises(ValueError, match="no number 'detail' of these samples"):
        measured(only=["detail"])


def test_unwanted_numbers_of_points_and_text_are_not_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, train, modes = ring(1, 90), ring(2, 90), ring_modes()
    forbid(monkeypatch, points_report, "energy_distance", "sliced_wasserstein")
    found = evaluate_points(
        generated=ring(0, 90), held_out=held, train=train, modes=modes, std=0.01, only=["modes"]
    )
    assert list(found) == ["modes"]
    forbid(monkeypatch, points_report, "mode_report")
    assert (
        evaluate_points(generated=held, held_out=held, train=train, modes=modes, std=0.01, only=[])
        == {}
    )
    with pytest.raises(ValueError, match="no number 'modes'"):
        evaluate_points(generated=held, held_out=held, train=train, only=["modes"])
    tokens = open_data("grammar").train["tokens"][:90]
    forbid(monkeypatch, text_report, "ngram_jsd", "copied_share")
    found = evaluate_text(generated=tokens, held_out=tokens, train=tokens, only=["distinct_2"])
    assert list(found) == ["distinct_2"]
    with pytest.raises(ValueError, match="no number 'valid'"):
        evaluate_text(generated=tokens, held_out=tokens, train=tokens, only=["valid"])


def test_available_numbers_of_points_and_text() -> None:
    points, modes = ring(1, 90), ring_modes()
    found = evaluate_points(generated=points, held_out=points, train=points, modes=modes, std=0.01)
    assert {key: number.better for key, number in found.items()} == available_points(True)
    assert list(evaluate_points(generated=points, held_out=points, train=points)) == list(
        available_points()
    )
    tokens = open_data("grammar").train["tokens"][:90]
    found = evaluate_text(
        generated=tokens, held_out=tokens, train=tokens, accepts=lambda sentence: True
    )
    assert {key: number.better for key, number in found.items()} == available_text(True)
    assert list(evaluate_text(generated=tokens, held_out=tokens, train=tokens)) == list(
        available_text()
    )
