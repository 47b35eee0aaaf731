"""A toy language of 24 words whose sentences, 3 to 17 words long, can be checked exactly.

the dogs that see a cat sleep        a sentence: "sleep" agrees with "dogs", not with "cat"
the dogs that see a cat sleeps       none
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np
import torch

from gansmith.data.build import text_dataset
from gansmith.data.spec import Dataset, Fields

TRAIN, HELD_OUT, SEED, LENGTH = 20_000, 4_000, 2017, 17
END = "<end>"

Rule = tuple[float, tuple[str, ...]]


def _each(*words: str) -> list[Rule]:
    return [(1 / len(words), (word,)) for word in words]


# The probabilistic context-free grammar: what a symbol is rewritten to, with its probability.
# A name without a rule of its own is a word. Phrases ending in 1 are singular, in 2 plural.
RULES: dict[str, list[Rule]] = {
    "SENTENCE": [(0.5, ("NOUN-PHRASE1", "VERB-PHRASE1")), (0.5, ("NOUN-PHRASE2", "VERB-PHRASE2"))],
    "NOUN-PHRASE1": [(0.75, ("THING1",)), (0.25, ("THING1", "that", "CLAUSE1"))],
    "NOUN-PHRASE2": [(0.75, ("THING2",)), (0.25, ("THING2", "that", "CLAUSE2"))],
    "VERB-PHRASE1": [(0.5, ("RESTS1",)), (0.5, ("ACTS1", "OBJECT"))],
    "VERB-PHRASE2": [(0.5, ("RESTS2",)), (0.5, ("ACTS2", "OBJECT"))],
    "OBJECT": [(0.5, ("NOUN-PHRASE1",)), (0.5, ("NOUN-PHRASE2",))],
    "CLAUSE1": [(0.5, ("RESTS1",)), (0.5, ("ACTS1", "THING"))],
    "CLAUSE2": [(0.5, ("RESTS2",)), (0.5, ("ACTS2", "THING"))],
    "THING": [(0.5, ("THING1",)), (0.5, ("THING2",))],
    "THING1": [(0.7, ("ARTICLE1", "NOUN1")), (0.3, ("ARTICLE1", "KIND", "NOUN1"))],
    "THING2": [(0.7, ("ARTICLE2", "NOUN2")), (0.3, ("ARTICLE2", "KIND", "NOUN2"))],
    "ARTICLE1": _each("a", "the", "every"),
    "ARTICLE2": _each("some", "the"),
    "KIND": _each("big", "old", "red"),
    "NOUN1": _each("cat", "dog", "bird", "child"),
    "NOUN2": _each("cats", "dogs", "birds", "children"),
    "RESTS1": _each("sleeps", "runs"),
    "RESTS2": _each("sleep", "run"),
    "ACTS1": _each("sees", "likes"),
    "ACTS2": _each("see", "like"),
}

BOUNDS = {
    name: list(accumulate(chance for chance, _ in rules))[:-1] for name, rules in RULES.items()
}

WORDS: tuple[str, ...] = (
    END,
    *sorted(
        {name for rules in RULES.values() for _, names in rules for name in names} - set(RULES)
    ),
)


def probability(tokens: Sequence[int] | torch.Tensor) -> float:
    """The exact probability that the grammar makes this sentence, 0 when it never does.

    tokens: (T,) numbers of WORDS; what follows the first 0 is ignored. The sum runs over all
    derivations (the inside algorithm).
    """
    words = []
    for token in map(int, tokens):
        if token == 0:
            break
        if not 0 < token < len(WORDS):
            return 0.0
        words.append(WORDS[token])
    return _inside("SENTENCE", tuple(words), 0).get(len(words), 0.0)


def is_sentence(tokens: Sequence[int] | torch.Tensor) -> bool:
    """Whether the grammar makes this sentence, (T,) numbers of WORDS up to the first 0."""
    return probability(tokens) > 0


def accepts(name: str) -> Callable[[Sequence[int] | torch.Tensor], bool] | None:
    """The exact test whether a sentence belongs to a data set, where there is one; else None."""
    return is_sentence if name == "grammar" else None


def open_grammar() -> Dataset:
    """20,000 sentences to train on and 4,000 held out, drawn independently from the grammar."""
    train, held_out = (
        _drawn(count, np.random.Generator(np.random.PCG64([SEED, part])))
        for part, count in enumerate((TRAIN, HELD_OUT))
    )
    return text_dataset("grammar", train, held_out, WORDS, licence="CC0-1.0", source="generated")


def _inside(symbol: str, words: tuple[str, ...], start: int) -> dict[int, float]:
    """Where the symbol, beginning at `start`, can end, and with which probability."""
    if symbol not in RULES:
        return {start + 1: 1.0} if words[start : start + 1] == (symbol,) else {}
    total: dict[int, float] = {}
    for chance, names in RULES[symbol]:
        ends = {start: chance}
        for name in names:
            ends = _followed(ends, name, words)
        for end, value in ends.items():
            total[end] = total.get(end, 0.0) + value
    return total


def _followed(ends: dict[int, float], name: str, words: tuple[str, ...]) -> dict[int, float]:
    total: dict[int, float] = {}
    for middle, before in ends.items():
        for end, value in _inside(name, words, middle).items():
            total[end] = total.get(end, 0.0) + before * value
    return total


def _drawn(count: int, draw: np.random.Generator) -> Fields:
    number = {word: token for token, word in enumerate(WORDS)}
    tokens = np.zeros((count, LENGTH), np.int16)
    lengths = np.zeros(count, np.int64)
    for row in range(count):
        sentence = [number[word] for word in _sentence("SENTENCE", draw)]
        tokens[row, : len(sentence)] = sentence
        lengths[row] = len(sentence)
    return {"tokens": torch.from_numpy(tokens), "lengths": torch.from_numpy(lengths)}


def _sentence(symbol: str, draw: np.random.Generator) -> list[str]:
    if symbol not in RULES:
        return [symbol]
    _, names = RULES[symbol][bisect(BOUNDS[symbol], draw.random())]
    return [word for name in names for word in _sentence(name, draw)]
