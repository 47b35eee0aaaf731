"""Prompts: classes, attributes and sentences, and words that the data do not have."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import Condition, DataError, Dataset, open_data
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.transforms.degrade import degrade
from gansmith.sampling.prompts import parse_prompt

WORDS = ["<end>", "<unk>", "red", "heart", "a", "t-shirt", "blue"]


@cache
def images() -> Dataset:
    real = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 1, 8, 8)
    return image_dataset("toy", {"real": real[:4]}, {"real": real[4:]})


def conditioned(condition: Condition, rows: Tensor, words: list[str] | None = None) -> Dataset:
    return with_condition(images(), condition, rows[:4], rows[4:], words or [])


@cache
def sentences() -> Dataset:
    tokens = torch.tensor([[2, 3, 0], [6, 3, 0], [2, 5, 0], [6, 5, 0], [2, 0, 0], [6, 0, 0]])
    return conditioned(Condition("sentence", vocab=7, length=3), tokens.to(torch.int16), WORDS)


@cache
def attributes() -> Dataset:
    return conditioned(Condition("attributes", ("Smile", "glasses")), Rng(1).normal(6, 2))


@pytest.mark.parametrize(
    ("prompt", "tokens"),
    [
        ("red heart", [2, 3, 0]),
        ("A RED heart!", [4, 2, 3]),  # the article is a word of these data
        ("the red heart", [2, 3, 0]),  # this one is not, and is left out
        ("t-shirt", [5, 0, 0]),
    ],
)
def test_a_sentence_by_its_words(prompt: str, tokens: list[int]) -> None:
    found = parse_prompt(sentences(), prompt, 2)
    assert found.dtype == torch.int64
    assert found.tolist() == [tokens, tokens]


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("red haert", "toy has no word 'haert' among its 5; did you mean 'heart'"),
        ("<unk>", "no word 'unk' among its 5$"),
        ("red blue red blue", "has 4 words; a condition of toy has 3 at most"),
        ("  ", "the prompt is empty"),
        ("the !!", "has no word that toy knows"),
    ],
)
def test_sentences_that_are_refused(prompt: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        parse_prompt(sentences(), prompt, 1)


def test_the_unknown_word_is_no_prompt() -> None:
    dataset = conditioned(
        Condition("sentence", vocab=3, length=1),
        torch.tensor([[1], [2], [1], [2], [1], [2]]).to(torch.int16),
        ["<end>", "unk", "red"],
    )
    assert parse_prompt(dataset, "unk", 1).tolist() == [[1]]  # a word that happens to be called so
    with pytest.raises(DataError, match="no word"):
        parse_prompt(sentences(), "unk", 1)


def test_the_vocabulary_of_the_condition_is_not_that_of_the_sentences() -> None:
    numbers = open_data("number-words")
    (tokens,) = parse_prompt(numbers, "two hundred and six", 1)
    assert numbers.condition_sentences(tokens[None]) == ["two hundred and six"]
    with pytest.raises(DataError, match="number-words has no word '2'"):
        parse_prompt(numbers, "2 0 6", 1)


def test_attributes_by_their_names() -> None:
    found = parse_prompt(attributes(), "smile=0.5, GLASSES", 3)
    assert found.tolist() == [[0.5, 1.0]] * 3
    assert parse_prompt(attributes(), "glasses=-1", 1).tolist() == [[0.0, -1.0]]


def test_attributes_in_the_units_of_the_data() -> None:
    condition = Condition("attributes", ("age", "height"), low=(0.0, 150.0), high=(80.0, 200.0))
    dataset = conditioned(condition, Rng(1).normal(6, 2))
    assert parse_prompt(dataset, "age=40,height=200", 1).tolist() == [[0.0, 1.0]]
    assert parse_prompt(dataset, "age=0", 1).tolist() == [[-1.0, 0.0]]


def test_label_sets_by_their_names() -> None:
    rows = (Rng(1).normal(6, 3) > 0).float()
    dataset = conditioned(Condition("label-set", ("cat", "dog", "cow")), rows)
    assert parse_prompt(dataset, "dog,cow", 1).tolist() == [[0.0, 1.0, 1.0]]


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("smyle=1", "nothing called 'smyle'; did you mean 'Smile'. there are Smile, glasses"),
        ("smile=much", "Smile takes a number; got 'much'"),
        ("smile=1,", "nothing called ''"),
    ],
)
def test_attributes_that_there_are_not(prompt: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        parse_prompt(attributes(), prompt, 1)


def test_classes_by_their_names() -> None:
    dataset = open_data("fashion")
    assert parse_prompt(dataset, "ankle BOOT", 2).tolist() == [9, 9]
    with pytest.raises(DataError, match=r"nothing called 'Sandle'; did you mean 'Sandal'"):
        parse_prompt(dataset, "Sandle", 1)


def test_a_name_as_it_stands_comes_before_one_in_other_capitals() -> None:
    fields = [{**part, "label": torch.arange(len(part["real"])) % 2}
              for part in (images().train, images().held_out)]  # fmt: skip
    data = image_dataset("x", *fields, classes=["Cat", "cat"])
    assert [int(parse_prompt(data, x, 1)) for x in ("Cat", "cat", "CAT")] == [0, 1, 0]


def test_other_conditions_say_how_they_are_given() -> None:
    with pytest.raises(DataError, match=r"grey:toy takes no --prompt: it is conditioned on an "
                       r"image; use gansmith translate RUN FILE"):  # fmt: skip
        parse_prompt(degrade("grey", images()), "red", 1)
    with pytest.raises(DataError, match="toy takes no --prompt: it has no conditions"):
        parse_prompt(images(), "red", 1)
    with pytest.raises(DataError, match="it is conditioned on audio; use --audio FILE"):
        parse_prompt(open_data("spoken-pictures"), "red", 1)
