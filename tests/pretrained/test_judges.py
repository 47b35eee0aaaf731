"""The shipped judges: they load, keep their promise, and their features order pictures rightly."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import (
    frechet_from_features,
    inception_score,
    judge_for,
    load_judge,
)
from gansmith.pretrained.judges import STAND_IN_NOTE, Judge, judge_of

FLOORS = {"fashion": 0.91, "digits": 0.97, "emoji": 0.60}


@pytest.fixture(scope="module")
def fashion() -> dict[str, Tensor]:
    data = open_data("fashion")
    held, train = data.held_out, data.train
    return {
        "held": held["real"][:500],
        "reference": load_judge("fashion").extract(held["real"][:500])[0],
        "train": train["real"][:500],
        "y": train["label"][:500],
    }


@pytest.mark.parametrize("name", list(FLOORS))
def test_accuracy_on_held_out_data_is_what_the_card_says(name: str) -> None:
    judge, data = load_judge(name), open_data(name)
    assert judge.card is not None
    said = judge.extract(data.held_out["real"])[1].argmax(1)
    accuracy = float((said == data.held_out["label"]).double().mean())
    promised = list(judge.card.accuracy.values())[-1]  # of the shipped held-out split
    assert accuracy == pytest.approx(promised, abs=0.003)
    assert accuracy >= FLOORS[name]
    assert judge.card.classes == data.spec.classes


@pytest.mark.parametrize("name", list(FLOORS))
def test_frozen_deterministic_and_independent_of_the_batch(name: str) -> None:
    judge = load_judge(name)
    assert not judge.training
    assert not any(p.requires_grad for p in judge.parameters())
    assert all(p.dtype == torch.float32 for p in judge.parameters())
    pictures = open_data(name).held_out["real"][:40]
    features, probabilities = judge.extract(pictures)
    assert features.shape == (40, 64)
    assert features.dtype == torch.float64
    torch.testing.assert_close(probabilities.sum(1), torch.ones(40).double())
    again = load_judge(name).extract(pictures)[0]
    assert torch.equal(features, again)
    torch.testing.assert_close(judge.extract(pictures, chunk=7)[0], features, atol=1e-4, rtol=1e-4)


def test_any_size_and_channels() -> None:
    judge = load_judge("fashion")
    big = (255 * Rng(0).uniform(2, 3, 64, 48)).to(torch.uint8)
    prepared = judge.preprocess(big)
    assert prepared.shape == (2, 1, 28, 28)
    assert prepared.dtype == torch.float32
    assert judge.preprocessing(big) == "luma, antialiased bilinear 64x48 -> 28x28"
    assert judge.preprocessing(torch.zeros(1, 1, 28, 28)) == "none"
    grey = load_judge("emoji").preprocess(big[:, :1])
    assert torch.equal(grey[:, 0], grey[:, 2])
    assert grey.shape == (2, 3, 32, 32)
    torch.testing.assert_close(judge.preprocess(to_float(big)), prepared)


def test_position_of_parts_matters(fashion: dict[str, Tensor]) -> None:
    # quarters of the pictures swapped: the parts stay the same, the picture does not
    real = fashion["held"]
    swapped = real.roll((14, 14), (2, 3))
    judge = load_judge("fashion")
    features = judge.extract(real)[0]
    floor = frechet_from_features(features[:250], features[250:])
    assert frechet_from_features(judge.extract(swapped)[0], features) > 10 * floor


def test_own_judge_and_stand_in() -> None:
    for name, own in {"emoji:noto+twemoji": "emoji", "fashion-mnist": "fashion"}.items():
        judge = judge_for(name, 3 if own == "emoji" else 1)
        assert judge.card is not None
        assert judge.card.name == own
        assert STAND_IN_NOTE not in judge.description
    for channels, stand_in in ((1, "fashion"), (3, "emoji")):
        judge = judge_for("my-holiday", channels)
        assert f"judge '{stand_in}'" in judge.description
        assert judge.description.endswith(STAND_IN_NOTE)
    with pytest.raises(ValueError, match="1 or 3 channels"):
        judge_for("my-holiday", 4)
    with pytest.raises(ValueError, match="digits"):
        load_judge("faces")
    with pytest.raises(ValueError, match="size=4"):
        Judge(size=4, channels=1, classes=2)


def worse(x: Tensor, how: str, amount: int, y: Tensor) -> Tensor:
    if how == "blur":
        width = 2 * amount + 1
        return F.avg_pool2d(to_float(x), width, 1, amount, count_include_pad=False)
    if how == "noise":
        return (to_float(x) + 0.1 * amount * Rng(5).normal(*x.shape)).clamp(-1, 1)
    return x[y >= amount]


@pytest.mark.parametrize("how", ["blur", "noise", "dropped"])
def test_cfid_grows_in_five_steps(fashion: dict[str, Tensor], how: str) -> None:
    judge = load_judge("fashion")
    reference = fashion["reference"]
    amounts = [0, 1, 2, 3, 5, 7]
    values = [
        frechet_from_features(
            judge.extract(worse(fashion["train"], how, amount, fashion["y"]))[0], reference
        )
        for amount in amounts
    ]
    assert values == sorted(values)
    assert values[-1] > 10 * values[0] > 0


def test_class_score_orders_real_blurred_noise_and_one_class(fashion: dict[str, Tensor]) -> None:
    judge = load_judge("fashion")
    real = fashion["train"]
    blurred = worse(real, "blur", 3, fashion["y"])
    noise = 2 * Rng(6).uniform(500, 1, 28, 28) - 1
    scores = [inception_score(judge.extract(x)[1]) for x in (real, blurred, noise)]
    assert scores[0] > 7
    assert scores == sorted(scores, reverse=True)
    assert inception_score(judge.extract(real[fashion["y"] == 1])[1]) < 1.15


def test_the_judge_of_a_specification_is_loaded_once() -> None:
    noto, emoji = open_data("emoji:noto").spec, open_data("emoji").spec
    assert judge_of(noto) is judge_of(emoji)
    assert judge_of(noto).description == load_judge("emoji").description
