"""Sentences: pages, files, comparisons and numbers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from gansmith.data import Dataset, open_data
from gansmith.metrics import text_report
from gansmith.modalities import MODALITIES

TEXT = MODALITIES["text"]


@cache
def grammar() -> Dataset:
    return open_data("grammar")


def test_a_sentence_is_a_line_of_a_sheet_and_of_a_file(tmp_path: Path) -> None:
    tokens = grammar().train["tokens"][:12]
    lines = grammar().sentences(tokens)
    sheet = TEXT.sheet(tokens, grammar())
    assert (sheet.suffix, sheet.content.decode()) == (".txt", "\n".join(lines) + "\n")
    TEXT.save([tokens], tmp_path / "out", grammar())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["samples.txt"]
    assert (tmp_path / "out" / "samples.txt").read_text().splitlines() == lines


def test_a_sentence_stands_behind_the_one_that_it_was_generated_for() -> None:
    numbers = open_data("number-words")
    rows = {name: part[:2] for name, part in numbers.held_out.items()}
    sheet = TEXT.sheet(rows["tokens"], numbers, rows["condition"])
    given, made = (
        numbers.condition_sentences(rows["condition"]),
        numbers.sentences(rows["tokens"]),
    )
    assert sheet.content.decode() == f"{given[0]} -> {made[0]}\n{given[1]} -> {made[1]}\n"


def test_a_comparison_has_some_sentences_under_each_name() -> None:
    tokens = grammar().train["tokens"][:20]
    lines = TEXT.compare({"real": tokens, "mine": tokens[1:]}, grammar()).content.decode()
    sentences = grammar().sentences(tokens)
    assert lines.startswith(f"real:\n  {sentences[0]}\n")
    assert f"mine:\n  {sentences[1]}\n" in lines
    assert len([line for line in lines.splitlines() if line.startswith("  ")]) == 24


def test_real_sentences_score_lower_than_shuffled_words() -> None:
    tokens = grammar().train["tokens"][-500:]
    assert TEXT.score(tokens, grammar()) < 0.3 * TEXT.score(tokens.flip(1), grammar())


@pytest.mark.parametrize("wanted", ["jsd_2", "copies", "distinct_1", "valid"])
def test_only_the_wanted_numbers_are_computed(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed")

    computed = {"jsd": "ngram_jsd", "copies": "copied_share", "distinct": "distinct_n",
                "valid": "valid_share"}  # fmt: skip
    for key, name in computed.items():
        if key != wanted.split("_")[0]:
            monkeypatch.setattr(text_report, name, refuse)
    tokens = grammar().train["tokens"][:100]
    assert list(TEXT.measure(tokens, grammar(), only=[wanted])) == [wanted]
    with pytest.raises(AssertionError, match="computed"):
        TEXT.measure(tokens, grammar())


def test_the_numbers_that_are_named_are_those_that_are_measured() -> None:
    tokens = grammar().train["tokens"][:100]
    assert set(TEXT.measure(tokens, grammar())) == set(TEXT.available(grammar()))
    assert "valid" not in TEXT.available(open_data("number-words"))


def test_exported_tokens_become_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("G.json").write_text(json.dumps({"vocabulary": ["<end>", "a", "cat"]}))
    there: dict[str, Any] = {"json": json, "y": torch.tensor([[1, 2, 0], [2, 0, 0]])}
    exec("\n".join(TEXT.code("G", there["y"])), there)
    assert there["sentences"] == ["a cat", "cat"]
