"""Words that a person types, as a condition: a class, attributes, a sentence."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gansmith.core.suggest import closest_match
from gansmith.data import Condition, DataError, Dataset
from gansmith.data.text import END, UNKNOWN, split_words
from gansmith.data.transforms.embed_text import embed_sentences

ARTICLES = ("a", "an", "the")


def parse_prompt(dataset: Dataset, prompt: str, n: int) -> Tensor:
    """n times the condition that a prompt names: a class, labels or attributes, a sentence.

    Attributes have the values of the data, glasses=1,age=40; a name without a value means the
    most of it, and what is not named is in the middle.
    Raises DataError for words that the data do not have, naming the nearest.
    """
    condition = dataset.spec.conditioned_on
    read = None if condition is None else PROMPTS.get(condition.kind)
    if condition is None or read is None:
        raise DataError(f"{dataset.spec.name} takes no --prompt: {how_to_condition(condition)}")
    if not prompt.strip():
        raise DataError("the prompt is empty")
    row = read(condition, dataset, prompt)
    return row.expand(n, *row.shape).clone()


def how_to_condition(condition: Condition | None) -> str:
    """What a run is conditioned on and how that is given, for a message."""
    if condition is None:
        return "it has no conditions"
    if PROMPTS.get(condition.kind):
        how = "--prompt WORDS"
    else:
        how = "--audio FILE" if condition.from_audio else "gansmith translate RUN FILE"
    return f"it is conditioned on {condition.noun}; use {how}"


def _class(condition: Condition, dataset: Dataset, prompt: str) -> Tensor:
    return torch.tensor(_index(prompt.strip(), condition.names, dataset.spec.name))


def _values(condition: Condition, dataset: Dataset, prompt: str) -> Tensor:
    row = torch.zeros(len(condition.names))
    for word in prompt.split(","):
        name, _, value = word.partition("=")
        place = _index(name.strip(), condition.names, dataset.spec.name)
        row[place] = _scaled(condition, place, value) if value else 1.0
    return row


def _scaled(condition: Condition, place: int, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise DataError(f"{condition.names[place]} takes a number; got {value!r}") from None
    if not condition.low:
        return number
    low, high = condition.low[place], condition.high[place]
    return 2 * (number - low) / (high - low) - 1


def _index(name: str, names: tuple[str, ...], data: str) -> int:
    if name in names:  # two names may differ in capitals only
        return names.index(name)
    low = [known.lower() for known in names]
    if name.lower() in low:
        return low.index(name.lower())
    meant = closest_match(name.lower(), low)
    hint = f"did you mean {names[low.index(meant)]!r}? " if meant else ""
    raise DataError(f"{data} has nothing called {name!r}; {hint}there are {', '.join(names)}")


def _sentence(condition: Condition, dataset: Dataset, prompt: str) -> Tensor:
    known = enumerate(dataset.condition_vocabulary)
    index = {word: number for number, word in known if word not in (END, UNKNOWN)}
    words = [word for word in split_words(prompt) if word in index or word not in ARTICLES]
    if not words:
        raise DataError(f"{prompt!r} has no word that {dataset.spec.name} knows")
    if len(words) > condition.length:
        raise DataError(
            f"{prompt!r} has {len(words)} words; a condition of {dataset.spec.name} has "
            f"{condition.length} at most"
        )
    for word in words:
        if word not in index:
            meant = closest_match(word, index)
            hint = f"; did you mean {meant!r}?" if meant else ""
            raise DataError(
                f"{dataset.spec.name} has no word {word!r} among its {len(index)}{hint}"
            )
    row = torch.zeros(condition.length, dtype=torch.int64)
    row[: len(words)] = torch.tensor([index[word] for word in words])
    return row


def _embedding(condition: Condition, dataset: Dataset, prompt: str) -> Tensor:
    return embed_sentences([prompt])[0]


PROMPTS: dict[str, Callable[[Condition, Dataset, str], Tensor]] = {
    "class": _class,
    "label-set": _values,
    "attributes": _values,
    "sentence": _sentence,
    "embedding": _embedding,
}
