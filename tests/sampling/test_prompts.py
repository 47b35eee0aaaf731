"""What is asked: in turn, by words, and words that nobody knows."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import Condition, DataError, Dataset, open_data
from gansmith.data.build import conditioned, image_dataset
from gansmith.data.transforms.degrade import degraded
from gansmith.sampling.prompts import by_words, in_turn, made, playable

WORDS = ["<end>", "<unk>", "red", "heart", "a", "t-shirt", "blue"]


@cache
def pictures() -> Dataset:
    real = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 1, 8, 8)
    return image_dataset("toy", {"real": real[:4]}, {"real": real[4:]})


def told(condition: Condition, given: Tensor, words: list[str] | None = None) -> Dataset:
    return conditioned(pictures(), condition, given[:4], given[4:], words or [])


@cache
def sentences() -> Dataset:
    tokens = torch.tensor([[2, 3, 0], [6, 3, 0], [2, 5, 0], [6, 5, 0], [2, 0, 0], [6, 0, 0]])
    return told(Condition("sentence", vocab=7, length=3), tokens.to(torch.int16), WORDS)


@cache
def attributes() -> Dataset:
    return told(Condition("attributes", ("Smile", "glasses")), Rng(1).normal(6, 2))


class Echo(torch.nn.Module):
    """A game that answers with what it was asked, and may be sampled as well."""

    asked = "given"

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        return given.float()


@pytest.mark.parametrize(
    ("words", "tokens"),
    [
        ("red heart", [2, 3, 0]),
        ("A RED heart!", [4, 2, 3]),  # the article is a word of these data
        ("the red heart", [2, 3, 0]),  # this one is not, and is left out
        ("t-shirt", [5, 0, 0]),
    ],
)
def test_a_sentence_by_its_words(words: str, tokens: list[int]) -> None:
    asked = by_words(sentences(), words, 2)
    assert asked.dtype == torch.int64
    assert asked.tolist() == [tokens, tokens]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("red haert", "toy has no word 'haert' among its 6; did you mean 'heart'"),
        ("<unk>", "no word 'unk'"),
        ("red blue red blue", "has 4 words; toy is asked by 3 at most"),
        ("  ", "the words are empty"),
        ("the !!", "has no word that toy knows"),
    ],
)
def test_words_that_cannot_be_asked(words: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        by_words(sentences(), words, 1)


def test_the_unknown_word_cannot_be_asked_for() -> None:
    dataset = told(
        Condition("sentence", vocab=3, length=1),
        torch.tensor([[1], [2], [1], [2], [1], [2]]).to(torch.int16),
        ["<end>", "unk", "red"],
    )
    assert by_words(dataset, "unk", 1).tolist() == [[1]]  # a word that happens to be called so
    with pytest.raises(DataError, match="no word"):
        by_words(sentences(), "unk", 1)


def test_attributes_by_their_names() -> None:
    found = by_words(attributes(), "smile=0.5, GLASSES", 3)
    assert found.tolist() == [[0.5, 1.0]] * 3
    assert by_words(attributes(), "glasses=-1", 1).tolist() == [[0.0, -1.0]]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("smyle=1", "nothing called 'smyle'; did you mean 'Smile'. there are Smile, glasses"),
        ("smile=much", "Smile wants a number; got 'much'"),
        ("smile=1,", "nothing called ''"),
    ],
)
def test_attributes_that_there_are_not(words: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        by_words(attributes(), words, 1)


def test_classes_by_their_names() -> None:
    dataset = open_data("fashion")
    assert by_words(dataset, "ankle BOOT", 2).tolist() == [9, 9]
    with pytest.raises(DataError, match=r"nothing called 'Sandle'; did you mean 'Sandal'"):
        by_words(dataset, "Sandle", 1)


def test_pictures_are_not_asked_for_by_words() -> None:
    with pytest.raises(DataError, match=r"grey:toy is not asked by words.*gansmith translate"):
        by_words(degraded("grey", pictures()), "red", 1)
    with pytest.raises(DataError, match="toy is not asked by words"):
        by_words(pictures(), "red", 1)


def test_classes_come_in_turn_and_held_out_conditions_in_their_order() -> None:
    assert in_turn(open_data("digits"), 12).tolist() == [*range(10), 0, 1]
    held = sentences().held["given"]
    assert in_turn(sentences(), 3).tolist() == held[[0, 1, 0]].tolist()
    with pytest.raises(DataError, match="nothing that its examples could be asked by"):
        in_turn(pictures(), 1)


def test_what_is_made_is_asked_by_the_split_that_was_named() -> None:
    for split in ("train", "held"):
        given = getattr(attributes(), split)["given"]
        found = made(Echo(), attributes(), 3, Rng(0), split)
        assert found.tolist() == given[torch.arange(3) % len(given)].tolist()


def test_training_conditions_of_spoilt_pictures_are_made_alike_each_time() -> None:
    dataset = degraded("noise", pictures())
    one, other = (dataset.conditions(dataset.train, 3) for _ in range(2))
    assert one.equal(other)
    assert one.shape == (3, 1, 8, 8)


def test_conditions_are_fed_as_players_read_them() -> None:
    bytes_ = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1)
    assert playable(bytes_, Echo()).flatten().tolist() == [-1, 1]
    assert playable(torch.ones(2, 3, dtype=torch.int16), Echo()).dtype == torch.int64
