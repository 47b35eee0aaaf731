"""The description of what an example is asked by, and the checks on the field that holds it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
import torch
from torch import Tensor

from gansmith.data import Condition, DataError, Dataset, DataSpec, open_data
from gansmith.data.build import conditioned, image_dataset
from gansmith.data.condition import ConditionError
from gansmith.data.transforms.resize import conformed

SHAPES: dict[str, tuple[Condition, tuple[int, ...]]] = {
    "class": (Condition("class", ("a", "b")), ()),
    "labels": (Condition("labels", ("a", "b")), (2,)),
    "attributes": (Condition("attributes", ("a",), (0.0,), (9.0,)), (1,)),
    "sentence": (Condition("sentence", vocab=9, length=4), (4,)),
    "meaning": (Condition("meaning", width=6), (6,)),
    "sound": (Condition("sound", channels=1, height=8, width=20), (1, 8, 20)),
    "wave": (Condition("wave", length=30), (30,)),
    "image": (Condition("image", channels=3, height=8, width=8), (3, 8, 8)),
}


def pictures(size: int = 8) -> Dataset:
    real = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 3, size, size)
    return image_dataset("toy", {"real": real[:4]}, {"real": real[4:]})


def told(condition: Condition, given: Tensor, words: tuple[str, ...] = ()) -> Dataset:
    return conditioned(pictures(), condition, given[:4], given[4:], words)


@pytest.mark.parametrize("kind", SHAPES)
def test_every_kind_has_its_shape_and_comes_back_from_json(kind: str) -> None:
    condition, shape = SHAPES[kind]
    assert condition.shape == shape
    assert condition.field == ("label" if kind == "class" else "given")
    assert Condition.from_json(json.loads(json.dumps(asdict(condition)))) == condition
    spec = DataSpec("image", "toy", size=8, channels=1, condition=condition)
    assert DataSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConditionError, match="one of class, labels, .*; got 'taste'"):
        Condition("taste")  # type: ignore[arg-type]


def test_conditions_stand_beside_the_pictures_row_for_row() -> None:
    given = torch.arange(6.0)[:, None] / 10
    dataset = told(SHAPES["attributes"][0], given)
    assert dataset.train["given"].equal(given[:4])
    assert dataset.conditions(dataset.held, 3).equal(given[[4, 5, 4]])
    assert dataset.spec.fingerprint != pictures().spec.fingerprint
    assert dataset.spec.fingerprint != told(SHAPES["attributes"][0], given + 1).spec.fingerprint


@pytest.mark.parametrize(
    ("kind", "given", "why"),
    [
        ("labels", torch.zeros(6, 3), r"conditions \(labels\) are float32 \(N, 2\); got"),
        ("labels", torch.zeros(6, 2, dtype=torch.int64), "are float32"),
        ("attributes", torch.full((6, 1), float("nan")), "row 0 has a condition that is not fin"),
        ("sentence", torch.zeros(6, 4, dtype=torch.int16), "row 0 has an empty sentence; 4 so"),
        ("sentence", torch.full((6, 4), 9, dtype=torch.int16), "tokens are 0..8, one for each"),
        ("image", torch.zeros(6, 1, 8, 8, dtype=torch.uint8), r"uint8 \(N, 3, 8, 8\)"),
        ("sound", torch.zeros(5, 1, 8, 20, dtype=torch.uint8), "held has 2 examples and 1 cond"),
    ],
)
def test_conditions_that_are_not_what_they_say_are_refused(
    kind: str, given: Tensor, why: str
) -> None:
    words = tuple("abcdefghi") if kind == "sentence" else ()
    with pytest.raises(DataError, match=why):
        told(SHAPES[kind][0], given, words)


def test_words_and_vocabulary_agree() -> None:
    with pytest.raises(DataError, match="one for each word"):
        told(SHAPES["sentence"][0], torch.ones(6, 4, dtype=torch.int16), ("a", "b"))


def test_only_pictures_and_sounds_are_given_conditions() -> None:
    ring = open_data("ring")
    with pytest.raises(DataError, match="only pictures and sounds are given conditions"):
        conditioned(ring, SHAPES["labels"][0], torch.zeros(1, 2), torch.zeros(1, 2))
    with pytest.raises(DataError, match="classes are their labels"):
        told(SHAPES["class"][0], torch.zeros(6, dtype=torch.int64))


def test_given_pictures_are_resized_with_the_answers_and_keep_their_colours() -> None:
    given = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 3, 8, 8)
    dataset = conformed(told(SHAPES["image"][0], given), size=4, channels=1)
    assert dataset.held["real"].shape == (2, 1, 4, 4)
    assert dataset.held["given"].shape == (2, 3, 4, 4)
    assert dataset.spec.condition == replace(SHAPES["image"][0], height=4, width=4)
    assert dataset.held["given"][:, 0, 0, 0].tolist() == [4, 5]


def test_words_survive_a_resize() -> None:
    tokens = torch.ones(6, 4, dtype=torch.int16)
    dataset = conformed(told(SHAPES["sentence"][0], tokens, tuple("abcdefghi")), size=4)
    assert dataset.vocabulary == tuple("abcdefghi")
    assert dataset.held["given"].equal(tokens[4:])
