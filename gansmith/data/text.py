"""Text: one sentence per line becomes rows of word numbers, and a vocabulary goes back again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

END = "<end>"
UNKNOWN = "<unk>"
WORD = re.compile(r"\w+(?:[-'\u2019]\w+)*")


def split_words(text: str) -> list[str]:
    """The words of a sentence as people write it: small letters, without marks between them."""
    return WORD.findall(text.lower())


class Vocabulary:
    """The words of a data set, numbered; words[0] is the end symbol that also pads short rows.

    A word that is not in the vocabulary, the end symbol among them, becomes UNKNOWN where the
    vocabulary has that, and is an error where it has not. `build` adds UNKNOWN only when it leaves
    words out.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self.index = {word: number for number, word in enumerate(self.words)}
        if len(self.words) < 2:
            raise ValueError(
                f"a vocabulary has the end symbol and at least one word, got {self.words}"
            )
        if len(self.index) != len(self.words):
            twice = [word for word, count in Counter(self.words).items() if count > 1]
            raise ValueError(f"each word stands once in a vocabulary; twice: {twice[:10]}")

    @classmethod
    def build(
        cls,
        lines: Iterable[str],
        min_count: int = 1,
        max_size: int | None = None,
        split: Callable[[str], list[str]] = str.split,
    ) -> Vocabulary:
        """The vocabulary of these sentences, as `from_counts` of their words."""
        counts = Counter(word for line in lines for word in split(line))
        return cls.from_counts(counts, min_count, max_size)

    @classmethod
    def from_counts(
        cls, counts: Mapping[str, int], min_count: int = 1, max_size: int | None = None
    ) -> Vocabulary:
        """Words seen at least `min_count` times, most frequent first, ties in alphabetical order.

        counts: how often each word is seen, once at least. `max_size` bounds the whole vocabulary,
        END and UNKNOWN included.
        """
        order = sorted(counts.keys() - {END, UNKNOWN}, key=lambda word: (-counts[word], word))
        words = [word for word in order if counts[word] >= min_count]
        rare = len(words) < len(counts)
        if max_size is not None and 1 + rare + len(words) > max_size:
            words = words[: max(0, max_size - 2)]
            rare = True
        return cls([END, *([UNKNOWN] if rare else []), *words])

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dtype(self) -> type[np.int16] | type[np.int32]:
        """The type of a row of numbers: int16 while the vocabulary fits."""
        return np.int16 if len(self) <= np.iinfo(np.int16).max else np.int32

    def encode(
        self, lines: Sequence[str], length: int, split: Callable[[str], list[str]] = str.split
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lines as (tokens (N, length) int16 or int32 padded with 0, lengths (N,) int64).

        A line of more than `length` words is cut.
        """
        tokens = np.zeros((len(lines), length), self.dtype)
        lengths = np.zeros(len(lines), np.int64)
        for row, line in enumerate(lines):
            numbers = [self.number(word) for word in split(line)[:length]]
            tokens[row, : len(numbers)] = numbers
            lengths[row] = len(numbers)
        return tokens, lengths

    def number(self, word: str) -> int:
        """The number of a word, or UNKNOWN's; ValueError where there is no UNKNOWN either."""
        found = self.index.get(word, 0) or self.index.get(UNKNOWN, 0)
        if not found:
            raise ValueError(
                f"word {word!r} is not among the {len(self)} words of the vocabulary; "
                f"build it with these lines, or with {UNKNOWN!r} in it"
            )
        return found

    def decode(self, tokens: Iterable[Iterable[int]]) -> list[str]:
        """Rows of numbers (N, T) as sentences: words up to the first 0, joined by spaces."""
        return [" ".join(self._row(row)) for row in tokens]

    def _row(self, row: Iterable[int]) -> Iterable[str]:
        for number in row:
            if int(number) == 0:
                return
            yield self.words[int(number)]
