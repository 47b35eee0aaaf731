"""`number-words`: the numbers below 10,000 in English words, each with its digits.

"two hundred and six" is the condition, "2 0 6" the sentence to be generated.
"""

from __future__ import annotations

import numpy as np
import torch

from gansmith.data.build import text_dataset, with_condition
from gansmith.data.condition import Condition
from gansmith.data.spec import Dataset
from gansmith.data.text import END, Vocabulary

COUNT, HELD_OUT, SEED = 10_000, 1_000, 2016
SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def in_words(number: int) -> str:
    """A number of 0 to 9999 in English: 2006 is "two thousand and six".

    Raises ValueError for another number.
    """
    if not 0 <= number < COUNT:
        raise ValueError(f"numbers of 0 to {COUNT - 1} are written in words; got {number}")
    if number < 20:
        return SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return f"{TENS[tens - 2]} {SMALL[ones]}" if ones else TENS[tens - 2]
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    many, rest = divmod(number, size)
    words = f"{in_words(many)} {name}"
    if not rest:
        return words
    return f"{words} and {in_words(rest)}" if rest < 100 else f"{words} {in_words(rest)}"


def open_number_words() -> Dataset:
    """The numbers 0 to 9999, 9,000 to train on; the 1,000 held out never occur in training.

    tokens: the digits, at most 4. condition: the number in words, at most 7.
    """
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(COUNT)
    parts = [sorted(order[HELD_OUT:].tolist()), sorted(order[:HELD_OUT].tolist())]
    digits = Vocabulary([END, *"0123456789"])
    words = Vocabulary([END, *SMALL, *TENS, "hundred", "thousand", "and"])
    written = [[" ".join(str(number)) for number in part] for part in parts]
    spoken = [[in_words(number) for number in part] for part in parts]
    length = max(len(line.split()) for lines in spoken for line in lines)
    fields = []
    for lines in written:
        tokens, lengths = digits.encode(lines, 4)
        fields.append({"tokens": torch.from_numpy(tokens), "lengths": torch.from_numpy(lengths)})
    conditions = [torch.from_numpy(words.encode(lines, length)[0]) for lines in spoken]
    dataset = text_dataset(
        "number-words", fields[0], fields[1], digits.words, licence="CC0-1.0", source="generated"
    )
    condition = Condition("sentence", vocab=len(words), length=length)
    return with_condition(dataset, condition, conditions[0], conditions[1], words.words)
