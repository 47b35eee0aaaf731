"""Held-out examples that a run keeps: the data set of them answers what sampling asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor

from gansmith.data import DataError, open_data
from gansmith.data.examples import EXAMPLES, WORDS, load_examples, save_examples
from gansmith.data.spread import example_set

NAMES = [
    "digits", "grammar", "number-words", "grey:digits", "noisy:spoken-digits", "emoji-names",
    "emoji:noto+twemoji+openmoji", "faces", "collages", "moving-digits",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_examples_come_back_as_they_were(name: str, tmp_path: Path) -> None:
    whole = open_data(name)
    few = example_set(whole, 5)
    assert few.spec == whole.spec
    assert not any(len(rows) for rows in few.train.values())
    assert few.held_out.keys() == whole.held_out.keys()
    assert all(_is_in(rows, whole.held_out[key]) for key, rows in few.held_out.items())
    save_examples(few, tmp_path)
    again = load_examples(whole.spec, tmp_path)
    assert again.spec == whole.spec
    assert again.held_out.keys() == few.held_out.keys()
    assert all(rows.equal(few.held_out[key]) for key, rows in again.held_out.items())
    assert not any(len(rows) for rows in again.train.values())
    assert again.vocabulary == whole.vocabulary
    assert again.condition_vocabulary == whole.condition_vocabulary
    assert list(again.domains) == list(whole.domains)
    for domain, part in again.domains.items():
        assert part.spec == whole.domains[domain].spec
        assert all(
            rows.equal(again.held_out[domain + _end(k)]) for k, rows in part.held_out.items()
        )
    if whole.spec.conditioned_on is not None and not whole.domains:
        wanted = few.conditions(few.held_out, 7)
        assert again.conditions(again.held_out, 7).equal(wanted)
        with pytest.raises(DataError, match="has no rows"):
            again.conditions(again.train, 1)


def _is_in(rows: Tensor, every: Tensor) -> bool:
    known = {row.numpy().tobytes() for row in every}
    return len(rows) == 5 and all(row.numpy().tobytes() in known for row in rows)


def _end(key: str) -> str:
    return "" if key in ("real", "tokens") else f"_{key}"


def test_sentences_of_output_and_condition(tmp_path: Path) -> None:
    whole = open_data("number-words")
    save_examples(example_set(whole, 3), tmp_path)
    again = load_examples(whole.spec, tmp_path)
    numbers = again.sentences(again.held_out["tokens"])
    words = again.condition_sentences(again.held_out["condition"])
    pairs = dict(
        zip(
            whole.condition_sentences(whole.held_out["condition"]),
            whole.sentences(whole.held_out["tokens"]),
            strict=True,
        )
    )
    assert [pairs[each] for each in words] == numbers
    assert len(set(numbers)) == 3


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    digits = open_data("digits")
    with pytest.raises(DataError, match="cannot be read"):
        load_examples(digits.spec, tmp_path)
    save_examples(example_set(digits, 4), tmp_path)
    with pytest.raises(DataError, match="grammar is text, and there is no field 'tokens'"):
        load_examples(open_data("grammar").spec, tmp_path)
    content = (tmp_path / EXAMPLES).read_bytes()
    (tmp_path / EXAMPLES).write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="cannot be read"):
        load_examples(digits.spec, tmp_path)
    (tmp_path / EXAMPLES).write_bytes(content)
    (tmp_path / WORDS).write_text("[]")
    with pytest.raises(DataError, match="cannot be read"):
        load_examples(digits.spec, tmp_path)
