"""Numbers for sentences on planted corpora."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import copied_share, distinct_n, ngram_jsd, valid_share
from gansmith.metrics.text import ngrams, sentence_lengths


def corpus(seed: int, n: int, vocab: int = 6) -> torch.Tensor:
    tokens = 1 + Rng(seed, 0).integers(vocab - 1, n, 7)
    lengths = 1 + Rng(seed, 1).integers(7, n, 1)
    return torch.where(torch.arange(7) < lengths, tokens, 0).to(torch.int16)


def counted(tokens: torch.Tensor, n: int) -> Counter[tuple[int, ...]]:
    found: Counter[tuple[int, ...]] = Counter()
    for row in tokens.tolist():
        sentence = [*row[: row.index(0) if 0 in row else len(row)], 0]
        found.update(tuple(sentence[i : i + n]) for i in range(len(sentence) - n + 1))
    return found


def brute_force(x: torch.Tensor, y: torch.Tensor, n: int) -> float:
    p, q = counted(x, n), counted(y, n)
    total = 0.0
    for gram in p | q:
        a, b = p[gram] / p.total(), q[gram] / q.total()
        total += sum(v / 2 * math.log(2 * v / (a + b)) for v in (a, b) if v)
    return total


@pytest.mark.parametrize("n", [1, 2, 3])
def test_divergence_against_counting(n: int) -> None:
    x, y = corpus(0, 200), corpus(1, 150)
    assert ngram_jsd(generated=x, real=y, n=n) == pytest.approx(brute_force(x, y, n), abs=1e-12)
    assert ngram_jsd(generated=x, real=x, n=n) == 0


def test_disjoint_corpora_are_log_two_apart() -> None:
    x = torch.tensor([[1, 2], [2, 1]])
    assert ngram_jsd(generated=x, real=x + 5, n=2) > 0.4
    assert ngram_jsd(
        generated=torch.tensor([[1]]), real=torch.tensor([[1, 2, 3]]), n=2
    ) == pytest.approx(math.log(2))


def test_empty_sentences_are_far_from_everything() -> None:
    empty, real = torch.zeros(5, 3, dtype=torch.int16), torch.tensor([[1, 2, 3]])
    assert ngram_jsd(generated=empty, real=real, n=2) == math.log(2)
    assert distinct_n(empty, 2) == 0


def test_what_follows_the_end_is_ignored() -> None:
    clean, dirty = torch.tensor([[3, 4, 0, 0]]), torch.tensor([[3, 4, 0, 9]])
    assert sentence_lengths(dirty).tolist() == [2]
    assert ngram_jsd(generated=clean, real=dirty, n=2) == 0
    assert copied_share(generated=dirty, train=clean) == 1


def test_ngrams_of_long_and_short_sentences() -> None:
    x = torch.tensor([[1, 2], [0, 0], [1, 0]])
    assert sorted(ngrams(x, 1, 10).tolist()) == [0, 0, 0, 1, 1, 2]
    assert sorted(ngrams(x, 2, 10).tolist()) == [1, 2, 21]
    assert ngrams(x, 3, 10).tolist() == [21]
    assert ngrams(torch.tensor([[5]]), 4, 10).tolist() == []


def test_real_against_real_falls_with_the_count() -> None:
    values = [ngram_jsd(generated=corpus(2, n), real=corpus(3, n), n=3) for n in (50, 500, 5000)]
    assert values[0] > 2 * values[1] > 4 * values[2] > 0


def test_distinct_copies_and_grammar() -> None:
    x = torch.tensor([[1, 2, 0], [1, 2, 0], [3, 0, 0], [2, 2, 2]])
    assert distinct_n(x, 1) == 4 / 12
    assert distinct_n(x, 2) == 4 / 8  # 12 20 30 22
    assert copied_share(generated=x, train=torch.tensor([[1, 2], [2, 2]])) == 0.5
    assert valid_share(x, lambda sentence: len(sentence) == 2) == 0.5


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="integer tokens"):
        ngram_jsd(generated=torch.zeros(3, 2), real=torch.zeros(3, 2), n=1)
    with pytest.raises(ValueError, match=">= 0"):
        distinct_n(torch.tensor([[-1]]), 1)
    with pytest.raises(ValueError, match="63"):
        ngrams(torch.tensor([[1, 2]]), 5, 20_000)
    with pytest.raises(ValueError, match="no real sentence"):
        ngram_jsd(generated=torch.tensor([[1, 2, 3]]), real=torch.tensor([[1]]), n=3)
