"""Whether samples obey their conditions: the true ones score best, shuffled ones as by chance."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import Condition, Dataset, open_data
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.transforms.degrade import degrade
from gansmith.data.transforms.windows import clip_dataset, past_frames
from gansmith.evaluation.adherence import ADHERENCE, adherence_of, condition_adherence

COUNT = 200


@cache
def garments() -> Dataset:
    return open_data("fashion")


@cache
def by_vectors() -> Dataset:
    """Held-out garments, each conditioned on a number of its own; two share theirs with a third."""
    real = garments().held_out["real"][:COUNT]
    conditions = torch.arange(float(COUNT))[:, None]
    conditions[1:3] = 0
    data = image_dataset("fashion", {"real": real}, {"real": real})
    return with_condition(data, Condition("attributes", ("x",)), conditions, conditions)


def true_samples(dataset: Dataset, count: int = COUNT) -> Tensor:
    """The held-out examples themselves, as a perfect game would generate them."""
    if dataset.spec.kind == "text":
        return dataset.held_out["tokens"][:count].long()
    return to_float(dataset.held_out["real"][:count])


def r_precision(samples: Tensor, dataset: Dataset) -> float:
    return condition_adherence(samples, dataset)["r_precision"].value


def test_class_accuracy() -> None:
    samples = true_samples(garments())
    right = condition_adherence(samples, garments())["accuracy"]
    assert right.value == right.real
    assert right.value > 0.85
    wrong = condition_adherence(samples.roll(1, 0), garments())["accuracy"]
    assert wrong.value < 0.25
    assert wrong.real == right.real
    assert wrong.better == "higher"


def test_distance_and_psnr_to_the_true_image() -> None:
    dataset = degrade("noise", garments())
    true = dataset.held_out["real"][:COUNT]
    off = (true.int() + 51).clamp(max=255)
    found = condition_adherence(to_float(off.to(torch.uint8)), dataset)
    error = (off - true.int()).abs().double() / 255
    assert found["l1"].value == pytest.approx(float(error.mean()), abs=1e-3)
    psnr = -10 * error.square().flatten(1).mean(1).log10()
    assert found["psnr"].value == pytest.approx(float(psnr.mean()), abs=0.05)
    exact = condition_adherence(to_float(true), dataset)
    assert exact["l1"].value == 0
    assert exact["psnr"].value == pytest.approx(100)


def test_the_last_frame_is_measured_beside_the_prediction() -> None:
    clips = [Rng(n).integers(256, 4, 3, 16, 16).to(torch.uint8) for n in range(5)]
    dataset = clip_dataset("clips", clips, clips, 2)
    last = past_frames(dataset.held_out["condition"], 2)[:, -1]
    found = condition_adherence(to_float(last), dataset)
    error = (last.double() - dataset.held_out["real"]).div(255).square().flatten(1).mean(1)
    assert found["psnr_last_frame"].value == pytest.approx(float((-10 * error.log10()).mean()))
    assert found["psnr"].value == pytest.approx(found["psnr_last_frame"].value)
    true = condition_adherence(true_samples(dataset), dataset)
    assert true["psnr"].value == pytest.approx(100)
    assert true["psnr_last_frame"].value == found["psnr_last_frame"].value


def test_true_images_are_retrieved_among_twenty_and_others_by_chance() -> None:
    samples = true_samples(by_vectors())
    assert r_precision(samples, by_vectors()) > 0.99
    assert r_precision(samples.roll(7, 0), by_vectors()) < 0.15  # 1 of 20


def test_images_of_the_same_condition_are_no_rivals() -> None:
    """An image with the same condition may be nearer without being wrong."""
    dataset = by_vectors()
    samples = true_samples(dataset)
    samples[0] = samples[1]  # generated for 0, which is the condition of row 1 too
    few = image_dataset(
        "fashion", {"real": dataset.held_out["real"]}, {"real": dataset.held_out["real"][:3]}
    )
    same = with_condition(
        few, Condition("attributes", ("x",)), dataset.train["condition"], torch.zeros(3, 1)
    )
    assert r_precision(samples[:3], same) == 0  # nothing to tell apart
    assert r_precision(samples, dataset) < 1 + 1e-9


def test_exact_matches_and_word_errors_of_sentences() -> None:
    dataset = open_data("number-words")
    true = true_samples(dataset)
    found = condition_adherence(true, dataset)
    assert (found["exact"].value, found["wer"].value) == (1.0, 0.0)
    assert (found["exact"].better, found["wer"].better) == ("higher", "lower")
    wrong = true.clone()
    wrong[: COUNT // 2, 0] = wrong[: COUNT // 2, 0] % 10 + 1  # another first digit in one half
    found = condition_adherence(wrong, dataset)
    assert found["exact"].value == 0.5
    digits = (true > 0).sum()
    assert found["wer"].value == pytest.approx(float(COUNT / 2 / digits), rel=1e-6)


def test_the_score_of_sentences_is_the_word_error_rate_on_training_rows() -> None:
    dataset = open_data("number-words")
    row = adherence_of(dataset)
    assert row.score is not None
    assert row.score_name == "word error rate"
    assert row.score(dataset.train["tokens"][:50], dataset) == 0
    assert row.score(dataset.train["tokens"][:50].roll(1, 1), dataset) > 0.5


@pytest.mark.parametrize(
    "name",
    [
        "digits",
        "faces",
        "faces-captioned",
        "talking-faces",
        "noise:digits",
        "emoji-names",
        "noisy:spoken-digits",
        "spoken-pictures",
        "number-words",
        "moving-digits",
    ],
)
def test_a_row_gives_the_keys_that_it_names_and_no_others(name: str) -> None:
    dataset = open_data(name)
    keys = adherence_of(dataset).keys(dataset)
    samples = true_samples(dataset, 24)
    found = condition_adherence(samples, dataset)
    assert found
    assert set(found) == set(keys)
    assert all(number.better == keys[key] for key, number in found.items())
    first = next(iter(keys))
    assert list(condition_adherence(samples, dataset, [first, "cfid"])) == [first]


def test_rows_that_are_not_wanted_are_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(samples: Tensor, dataset: Dataset) -> dict:
        raise AssertionError("computed")

    row = ADHERENCE["image", "class"]._replace(measure=refuse)
    monkeypatch.setitem(ADHERENCE, ("image", "class"), row)
    digits = open_data("digits")
    assert condition_adherence(true_samples(digits, 5), digits, ["cfid"]) == {}
    with pytest.raises(AssertionError, match="computed"):
        condition_adherence(true_samples(digits, 5), digits, ["accuracy"])


def test_unconditional_data_and_classes_without_a_judge_have_no_such_numbers() -> None:
    plain = image_dataset(
        "x", {"real": garments().held_out["real"]}, {"real": garments().held_out["real"]}
    )
    assert condition_adherence(true_samples(plain, 5), plain) == {}
    label = torch.arange(24) % 2
    fields = {"real": garments().held_out["real"][:24], "label": label}
    own = image_dataset("own", fields, fields, classes=("cat", "dog"))
    assert adherence_of(own).keys(own) == {}
    assert condition_adherence(true_samples(own, 5), own) == {}
