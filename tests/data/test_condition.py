"""The description of what an example is asked by, and the checks on the field that holds it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
import torch
from torch import Tensor

from gansmith.data import Condition, DataError, Dataset, DataSpec
from gansmith.data.build import image_dataset, points_dataset, with_condition
from gansmith.data.condition import ConditionError
from gansmith.data.transforms.resize import resized

SHAPES: dict[str, tuple[Condition, tuple[int, ...]]] = {
    "class": (Condition("class", ("a", "b")), ()),
    "label-set": (Condition("label-set", ("a", "b")), (2,)),
    "attributes": (Condition("attributes", ("a",), (0.0,), (9.0,)), (1,)),
    "sentence": (Condition("sentence", vocab=9, length=4), (4,)),
    "embedding": (Condition("embedding", width=6), (6,)),
    "log-mel": (Condition("log-mel", channels=1, height=8, width=20), (1, 8, 20)),
    "waveform": (Condition("waveform", length=30), (30,)),
    "image": (Condition("image", channels=3, height=8, width=8), (3, 8, 8)),
}


def images(size: int = 8) -> Dataset:
    real = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 3, size, size)
    return image_dataset("toy", {"real": real[:4]}, {"real": real[4:]})


def told(condition: Condition, given: Tensor, words: tuple[str, ...] = ()) -> Dataset:
    return with_condition(images(), condition, given[:4], given[4:], words)


@pytest.mark.parametrize("kind", SHAPES)
def test_every_kind_has_its_shape_and_comes_back_from_json(kind: str) -> None:
    condition, shape = SHAPES[kind]
    assert condition.shape == shape
    assert condition.field == ("label" if kind == "class" else "condition")
    assert Condition.from_json(json.loads(json.dumps(asdict(condition)))) == condition
    spec = DataSpec("image", "toy", size=8, channels=1, condition=condition)
    assert DataSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConditionError, match="one of class, label-set, .*; got 'taste'"):
        Condition("taste")  # type: ignore[arg-type]


def test_conditions_stand_beside_the_pictures_row_for_row() -> None:
    given = torch.arange(6.0)[:, None] / 10
    dataset = told(SHAPES["attributes"][0], given)
    assert dataset.train["condition"].equal(given[:4])
    assert dataset.conditions(dataset.held_out, 3).equal(given[[4, 5, 4]])
    assert dataset.spec.fingerprint != images().spec.fingerprint
    assert dataset.spec.fingerprint != told(SHAPES["attributes"][0], given + 1).spec.fingerprint


@pytest.mark.parametrize(
    ("kind", "given", "why"),
    [
        ("label-set", torch.zeros(6, 3), r"conditions \(label-set\) are float32 \(N, 2\); got"),
        ("label-set", torch.zeros(6, 2, dtype=torch.int64), "are float32"),
        ("attributes", torch.full((6, 1), float("nan")), "row 0 has a condition that is not fin"),
        ("sentence", torch.zeros(6, 4, dtype=torch.int16), "row 0 has an empty sentence; 4 so"),
        ("sentence", torch.full((6, 4), 9, dtype=torch.int16), "tokens are 0..8, one for each"),
        ("image", torch.zeros(6, 1, 8, 8, dtype=torch.uint8), r"uint8 \(N, 3, 8, 8\)"),
        (
            "log-mel",
            torch.zeros(5, 1, 8, 20, dtype=torch.uint8),
            "held_out has 2 examples and 1 cond",
        ),
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


def test_points_take_conditions_too_and_classes_are_labels() -> None:
    x = torch.arange(12.0).view(6, 2)
    toy = points_dataset("toy", x[:4], x[4:])
    found = with_condition(toy, SHAPES["label-set"][0], torch.zeros(4, 2), torch.ones(2, 2))
    assert found.conditions(found.held_out, 3).equal(torch.ones(3, 2))
    with pytest.raises(DataError, match="train has 4 examples and 3 conditions"):
        with_condition(toy, SHAPES["label-set"][0], torch.zeros(3, 2), torch.ones(2, 2))
    with pytest.raises(DataError, match="classes are its labels"):
        told(SHAPES["class"][0], torch.zeros(6, dtype=torch.int64))


def test_given_pictures_are_resized_with_the_answers_and_keep_their_colours() -> None:
    given = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 3, 8, 8)
    dataset = resized(told(SHAPES["image"][0], given), size=4, channels=1)
    assert dataset.held_out["real"].shape == (2, 1, 4, 4)
    assert dataset.held_out["condition"].shape == (2, 3, 4, 4)
    assert dataset.spec.condition == replace(SHAPES["image"][0], height=4, width=4)
    assert dataset.held_out["condition"][:, 0, 0, 0].tolist() == [4, 5]


def test_words_survive_a_resize() -> None:
    tokens = torch.ones(6, 4, dtype=torch.int16)
    dataset = resized(told(SHAPES["sentence"][0], tokens, tuple("abcdefghi")), size=4)
    assert dataset.condition_vocabulary == tuple("abcdefghi")
    assert dataset.held_out["condition"].equal(tokens[4:])


def test_only_a_clip_has_frames() -> None:
    with pytest.raises(ConditionError, match="nothing else has frames; got image with 2"):
        Condition("image", channels=6, height=8, width=8, frames=2)
    with pytest.raises(ConditionError, match="got clip with 0"):
        Condition("clip", channels=6, height=8, width=8)


@pytest.mark.parametrize(
    ("condition", "shapes"),
    [
        (Condition("image", channels=3, height=4, width=4), [(3, 0)]),
        (Condition("image", channels=1, height=4, width=4), [(1, 0)]),
        (Condition("image", channels=2, height=4, width=4), [(1, 0)]),
        (Condition("image", channels=4, height=4, width=4), [(3, 0)]),
        (Condition("clip", channels=6, height=4, width=4, frames=2), [(3, 0), (3, 3)]),
        (Condition("clip", channels=2, height=4, width=4, frames=2), [(1, 0), (1, 1)]),
        (Condition("references", channels=15, height=4, width=4), [(3, 3), (3, 0)]),
        (Condition("references", channels=11, height=4, width=4, references=2), [(1, 3), (3, 0)]),
        (Condition("log-mel", channels=1, height=4, width=9), [(1, 0)]),
    ],
)
def test_previews_are_images_of_the_condition(
    condition: Condition, shapes: list[tuple[int, int]]
) -> None:
    rows = torch.arange(condition.channels, dtype=torch.uint8)[None, :, None, None]
    rows = rows.expand(5, *condition.shape)
    found = condition.previews(rows)
    assert [(x.shape[1], int(x[0, 0, 0, 0])) for x in found] == shapes
    assert all(x.dtype == torch.uint8 and x.shape[0] == 5 for x in found)
    assert all(x.shape[2:] == condition.shape[1:] for x in found)


@pytest.mark.parametrize("kind", ["class", "label-set", "attributes", "sentence", "embedding"])
def test_what_is_no_image_has_no_preview(kind: str) -> None:
    condition, shape = SHAPES[kind]
    assert condition.previews(torch.zeros(3, *shape)) == []
