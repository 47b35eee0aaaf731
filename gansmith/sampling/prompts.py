"""What a game is asked: conditions taken from data, or from a person's words."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gansmith.core.game import Answers, Batch
from gansmith.core.rng import Rng
from gansmith.core.suggest import nearest
from gansmith.data import Condition, DataError, Dataset
from gansmith.data.text import spoken
from gansmith.data.transforms.embed_text import meanings

ARTICLES = ("a", "an", "the")


def made(game: Any, dataset: Dataset, n: int, rng: Rng, split: str = "held") -> Tensor:
    """n examples of a game, on the CPU: samples, or answers to the data's conditions in turn.

    split: whose conditions, "held" or "train".
    """
    if not isinstance(game, Answers):
        return game.sample(n, rng).cpu()
    given = dataset.conditions(getattr(dataset, split), n)
    return game.answer(playable(given, game), rng).cpu()


def playable(given: Tensor, game: Any) -> Tensor:
    """Conditions as players read them, on the game's device: bytes in [-1, 1], tokens as int64."""
    device = next(game.parameters()).device
    read: Tensor = Batch(given=given).to(device, torch.contiguous_format).given
    return read


def in_turn(dataset: Dataset, n: int) -> Tensor:
    """n conditions that show the breadth of the data: classes in turn, else held-out ones."""
    asked = dataset.spec.asked
    if asked is not None and asked.kind == "class":
        return torch.arange(n) % len(asked.names)
    return dataset.conditions(dataset.held, n)


def by_words(dataset: Dataset, words: str, n: int) -> Tensor:
    """n times the condition that words name: a class, labels or attributes, a sentence.

    Attributes are named with their values as the data have them, glasses=1,age=40; without one a
    name means the most of it, and what is not named is in the middle.
    Raises DataError for words that the data do not have, naming the nearest.
    """
    asked = dataset.spec.asked
    if asked is None or asked.kind in ("sound", "wave", "image", "likeness"):
        raise DataError(f"{dataset.spec.name} is not asked by words{_instead(asked)}")
    if not words.strip():
        raise DataError("nothing was asked for: the words are empty")
    row = READERS[asked.kind](asked, dataset, words)
    return row.expand(n, *row.shape).clone()


def _instead(asked: Condition | None) -> str:
    if asked is None:
        return ""
    if asked.kind == "image":
        return " but by pictures: gansmith translate RUN FILE"
    if asked.kind == "likeness":
        return " but by pictures of a person: gansmith translate RUN LANDMARKS/ --like PERSON/"
    if asked.kind == "sound":
        return " but by a sound: --like FILE"
    return f" but by a {asked.kind}"


def _class(asked: Condition, dataset: Dataset, words: str) -> Tensor:
    return torch.tensor(_place(words.strip(), asked.names, dataset.spec.name))


def _values(asked: Condition, dataset: Dataset, words: str) -> Tensor:
    row = torch.zeros(len(asked.names))
    for word in words.split(","):
        name, _, value = word.partition("=")
        place = _place(name.strip(), asked.names, dataset.spec.name)
        row[place] = _scaled(asked, place, value) if value else 1.0
    return row


def _scaled(asked: Condition, place: int, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise DataError(f"{asked.names[place]} wants a number; got {value!r}") from None
    if not asked.low:
        return number
    low, high = asked.low[place], asked.high[place]
    return 2 * (number - low) / (high - low) - 1


def _place(name: str, names: tuple[str, ...], data: str) -> int:
    low = [known.lower() for known in names]
    if name.lower() in low:
        return low.index(name.lower())
    meant = nearest(name.lower(), low)
    hint = f"did you mean {names[low.index(meant)]!r}? " if meant else ""
    raise DataError(f"{data} has nothing called {name!r}; {hint}there are {', '.join(names)}")


def _sentence(asked: Condition, dataset: Dataset, words: str) -> Tensor:
    index = {word: number for number, word in enumerate(dataset.vocabulary) if number}
    asked_for = spoken(words)
    said = [word for word in asked_for if word in index or word not in ARTICLES]
    if not said:
        raise DataError(f"{words!r} has no word that {dataset.spec.name} knows")
    if len(said) > asked.length:
        raise DataError(
            f"{words!r} has {len(said)} words; {dataset.spec.name} is asked by {asked.length} at "
            "most"
        )
    for word in said:
        if word not in index:
            meant = nearest(word, index)
            hint = f"; did you mean {meant!r}?" if meant else ""
            raise DataError(
                f"{dataset.spec.name} has no word {word!r} among its {len(index)}{hint}"
            )
    row = torch.zeros(asked.length, dtype=torch.int64)
    row[: len(said)] = torch.tensor([index[word] for word in said])
    return row


def _meaning(asked: Condition, dataset: Dataset, words: str) -> Tensor:
    return meanings([words])[0]


READERS = {
    "class": _class,
    "labels": _values,
    "attributes": _values,
    "sentence": _sentence,
    "meaning": _meaning,
}
