"""Vocabulary and files of sentences."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from gansmith.data.readers.read import read_path
from gansmith.data.spec import DataError
from gansmith.data.text import END, UNKNOWN, Vocabulary


def test_build_orders_by_count_then_alphabet() -> None:
    vocabulary = Vocabulary.build(["b a c", "c b", "c"])
    assert vocabulary.words == [END, "c", "b", "a"]
    assert Vocabulary.build(["b a"]).words == [END, "a", "b"]


def test_words_left_out_become_unknown() -> None:
    rare = Vocabulary.build(["a a b"], min_count=2)
    assert rare.words == [END, UNKNOWN, "a"]
    assert rare.encode(["b a z"], 3)[0].tolist() == [[1, 2, 1]]
    small = Vocabulary.build(["a a a b b c"], max_size=3)
    assert small.words == [END, UNKNOWN, "a"]
    assert Vocabulary.build(["a b"], max_size=3).words == [END, "a", "b"]
    assert Vocabulary.build(["a a b b c"], min_count=2, max_size=3).words == [END, UNKNOWN, "a"]


def test_reserved_words_in_the_text_are_unknown() -> None:
    vocabulary = Vocabulary.build([f"a {END} {UNKNOWN}"])
    assert vocabulary.words == [END, UNKNOWN, "a"]
    assert vocabulary.encode([f"a {END} a"], 3)[0].tolist() == [[2, 1, 2]]


def test_encode_pads_cuts_and_decodes_back() -> None:
    vocabulary = Vocabulary.build(["the cat sat", "the dog"])
    tokens, lengths = vocabulary.encode(["the dog", "the cat sat sat"], 3)
    assert tokens.dtype == np.int16
    assert lengths.dtype == np.int64
    assert tokens[0, 2] == 0
    assert lengths.tolist() == [2, 3]
    assert vocabulary.decode(tokens) == ["the dog", "the cat sat"]
    assert vocabulary.decode(torch.from_numpy(tokens)) == ["the dog", "the cat sat"]
    assert vocabulary.decode([[1, 0, 1]]) == ["the"]


def test_more_words_than_int16_counts_take_int32() -> None:
    words = [str(n) for n in range(2**15 + 1)]
    tokens, _ = Vocabulary(words).encode([words[-1]], 1)
    assert tokens.dtype == np.int32
    assert tokens.tolist() == [[2**15]]


def test_vocabulary_refuses() -> None:
    with pytest.raises(ValueError, match=r"each word stands once.*\['a'\]"):
        Vocabulary([END, "a", "a"])
    with pytest.raises(ValueError, match="at least one word"):
        Vocabulary([END])
    with pytest.raises(ValueError, match="word 'z' is not among the 2 words"):
        Vocabulary([END, "a"]).encode(["z"], 1)


def sentences(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


LINES = [f"w{n % 7} x{n % 5} y{n % 3}" for n in range(100)]


def test_a_file_is_read_with_a_tenth_held_out(tmp_path: Path) -> None:
    dataset = read_path(sentences(tmp_path / "own.txt", ["", *LINES, "  "]))
    spec = dataset.spec
    assert (spec.kind, spec.name, spec.length) == ("text", "own", 3)
    assert spec.train + spec.held_out == 100
    assert 3 <= spec.held_out <= 20
    decoded = Vocabulary(dataset.vocabulary).decode(dataset.train["tokens"])
    assert set(decoded) <= set(LINES)
    assert len(decoded) == spec.train


def test_repeats_of_a_sentence_stay_on_one_side(tmp_path: Path) -> None:
    dataset = read_path(sentences(tmp_path / "own.txt", LINES[:30] * 4), val=0.5)
    train, held_out = (
        part["tokens"].unique(dim=0).tolist() for part in (dataset.train, dataset.held_out)
    )
    assert train
    assert held_out
    assert not [row for row in held_out if row in train]


def test_adding_lines_moves_no_other_line(tmp_path: Path) -> None:
    few = read_path(sentences(tmp_path / "few.txt", LINES[:50]), val=0.3)
    many = read_path(sentences(tmp_path / "many.txt", LINES), val=0.3)
    few_held = set(Vocabulary(few.vocabulary).decode(few.held_out["tokens"]))
    many_train = set(Vocabulary(many.vocabulary).decode(many.train["tokens"]))
    assert few_held
    assert not few_held & many_train


def test_gzip_and_a_sibling_are_read(tmp_path: Path) -> None:
    (tmp_path / "train.txt.gz").write_bytes(gzip.compress(b"a b\nb a\na a\n"))
    sentences(tmp_path / "test.txt", ["a b a b"])
    for path in (tmp_path, tmp_path / "train.txt.gz"):
        dataset = read_path(path)
        assert (dataset.spec.train, dataset.spec.held_out, dataset.spec.length) == (3, 1, 4)
        assert dataset.spec.name == tmp_path.name
    sentences(tmp_path / "val.txt", ["a", "b"])
    assert read_path(tmp_path).spec.held_out == 2  # val comes before test
    with pytest.raises(DataError, match="comes with its own split"):
        read_path(tmp_path, val=0.2)


@pytest.mark.parametrize("sibling", ["own_test.txt", "own.val.txt", "own-valid.txt"])
def test_names_of_siblings(tmp_path: Path, sibling: str) -> None:
    path = sentences(tmp_path / "own.txt", ["a b", "b a"])
    sentences(tmp_path / sibling, ["a"])
    assert read_path(path).spec.held_out == 1


def test_unseen_words_make_unknown_learnt(tmp_path: Path) -> None:
    path = sentences(tmp_path / "own.txt", ["a b once", "a b"])
    sentences(tmp_path / "own_val.txt", ["a new"])
    dataset = read_path(path)
    assert list(dataset.vocabulary) == [END, UNKNOWN, "a", "b"]
    assert dataset.train["tokens"].tolist() == [[2, 3, 1], [2, 3, 0]]
    assert dataset.held_out["tokens"].tolist() == [[2, 1, 0]]
    sentences(path, ["a", "b"])
    with pytest.raises(DataError, match="no word occurs twice"):
        read_path(path)


def test_long_sentences_are_left_out_and_listed(tmp_path: Path) -> None:
    path = sentences(tmp_path / "own.txt", ["a b", "a " * 33, "b a a"])
    dataset = read_path(path)
    assert dataset.spec.train + dataset.spec.held_out == 2
    assert dataset.spec.length == 3
    assert dataset.skipped == {"own.txt:2": "33 words, more than 32"}
    assert read_path(path, size=40).spec.length == 33
    with pytest.raises(DataError, match=r"no sentence to train on: 3 have more than 1 words"):
        read_path(path, size=1)


def test_the_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes("\ufeffgood\n".encode() + b"caf\xe9 noir\n")
    with pytest.raises(DataError, match=r"own.txt:2 is not UTF-8 .*byte 3.*convert"):
        read_path(path)
    path.write_bytes("\ufeffa b\r\nb a\r\n".encode())
    assert sorted(read_path(path).vocabulary) == [END, "a", "b"]


def test_empty_and_broken_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("\n\n")
    with pytest.raises(DataError, match="no sentence"):
        read_path(tmp_path / "own.txt")
    (tmp_path / "bad.txt.gz").write_bytes(gzip.compress(b"a b\n" * 100)[:-12])
    with pytest.raises(DataError, match=r"bad.txt.gz cannot be read"):
        read_path(tmp_path / "bad.txt.gz")
    with pytest.raises(DataError, match="holds text: leave out channels"):
        read_path(tmp_path / "own.txt", channels=3)
