"""Numbers in words and in digits: pairs of sentences, split by number."""

from __future__ import annotations

import pytest

from gansmith.data import open_data
from gansmith.data.builtin.number_words import in_words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (99, "ninety nine"),
        (206, "two hundred and six"),
        (999, "nine hundred and ninety nine"),
        (1000, "one thousand"),
        (2006, "two thousand and six"),
        (7310, "seven thousand three hundred and ten"),
    ],
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert in_words(number) == words


@pytest.mark.parametrize("number", [-1, 10_000])
def test_other_numbers_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"got {number}"):
        in_words(number)


def test_every_number_once_on_one_side_only() -> None:
    data = open_data("number-words")
    assert (data.spec.kind, data.spec.vocab, data.spec.length) == ("text", 11, 4)
    assert data.spec.condition is not None
    assert (data.spec.condition.kind, data.spec.condition.length) == ("sentence", 7)
    assert data.vocabulary != data.condition_vocabulary
    seen: list[int] = []
    for part, count in ((data.train, 9000), (data.held_out, 1000)):
        numbers = [int(x.replace(" ", "")) for x in data.sentences(part["tokens"])]
        assert len(numbers) == count
        words = data.condition_sentences(part["condition"])
        assert words == [in_words(number) for number in numbers]
        seen += numbers
    assert sorted(seen) == list(range(10_000))


def test_the_content_is_pinned() -> None:
    assert open_data("number-words").spec.fingerprint == "26abbee5b35e9f63"
