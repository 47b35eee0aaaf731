"""Numbers of sentences: n-gram divergence from real text, diversity, copies and grammar.

A sentence is a row of tokens up to its first 0, which ends it; what follows is ignored. The end
counts as one token of every sentence, so that n-grams cover lengths and last words too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.arrays import Array


def sentence_lengths(tokens: Array) -> Tensor:
    """Tokens before the end of each sentence: (N, T) -> int64 (N,)."""
    return (as_tokens(tokens) != 0).long().cumprod(1).sum(1)


def as_tokens(tokens: Array) -> Tensor:
    """Token numbers as int64 (N >= 1, T); raises ValueError for another shape or dtype."""
    x = torch.as_tensor(tokens).detach().cpu()
    if x.ndim != 2 or x.numel() == 0 or x.is_floating_point():
        raise ValueError(
            f"expected integer tokens (N >= 1, T >= 1); got {x.dtype} {tuple(x.shape)}"
        )
    x = x.long()
    if int(x.min()) < 0:
        raise ValueError(f"tokens are numbers >= 0; got {int(x.min())}")
    return x


def ngrams(tokens: Array, n: int, vocab: int) -> Tensor:
    """Every n-gram of every sentence, ends included, each as one number: int64 (M,).

    vocab: more than the largest token. Raises ValueError when vocab ** n exceeds 63 bits.
    """
    if n < 1 or vocab**n >= 2**63:
        raise ValueError(f"n-grams need n >= 1 and vocab ** n < 2 ** 63; got n={n}, vocab={vocab}")
    x = F.pad(as_tokens(tokens), (0, max(1, n - tokens.shape[1])))  # (N, T + 1 or n)
    windows = x.unfold(1, n, 1)  # (N, places, n)
    inside = torch.arange(windows.shape[1]) + n <= sentence_lengths(tokens).unsqueeze(1) + 1
    weights = torch.tensor([vocab**place for place in range(n)])
    return (windows * weights).sum(2)[inside]


def ngram_jsd(*, generated: Array, real: Array, n: int) -> float:
    """Jensen-Shannon divergence of the two n-gram distributions, in nats, in [0, log 2].

    generated, real: tokens (N, T) and (M, S). Small samples of many n-grams read high: compare
    with the same number for real against real of the same counts. Generated sentences that are
    all too short for an n-gram have nothing in common with real ones: log 2.
    Raises ValueError when no real sentence is long enough.
    """
    vocab = 1 + max(int(as_tokens(generated).max()), int(as_tokens(real).max()))
    first, second = ngrams(generated, n, vocab), ngrams(real, n, vocab)
    if not len(second):
        raise ValueError(f"no real sentence has {n} tokens with its end; use a smaller n")
    if not len(first):
        return math.log(2)
    different, place = torch.cat([first, second]).unique(return_inverse=True)
    p = place[: len(first)].bincount(minlength=len(different)).double() / len(first)
    q = place[len(first) :].bincount(minlength=len(different)).double() / len(second)
    middle = (p + q) / 2
    both = torch.xlogy(p, p / middle) + torch.xlogy(q, q / middle)
    return max(0.0, float(both.sum() / 2))


def distinct_n(tokens: Array, n: int) -> float:
    """distinct-n, different n-grams over all n-grams (arXiv:1510.03055, section 5.1), in [0, 1].

    It falls with the number of sentences: compare equal counts only. 0 without any n-gram.
    """
    found = ngrams(tokens, n, 1 + int(as_tokens(tokens).max()))
    return len(found.unique()) / max(1, len(found))


def copied_share(*, generated: Array, train: Array) -> float:
    """Share of generated sentences that are, word for word, in the training set."""
    known = set(_tuples(train))
    found = _tuples(generated)
    return sum(sentence in known for sentence in found) / len(found)


def valid_share(generated: Array, accepts: Callable[[list[int]], bool]) -> float:
    """Share of generated sentences that a grammar accepts, given the tokens before the end."""
    found = _tuples(generated)
    return sum(bool(accepts(list(sentence))) for sentence in found) / len(found)


def _tuples(tokens: Array) -> list[tuple[int, ...]]:
    rows, lengths = as_tokens(tokens).tolist(), sentence_lengths(tokens).tolist()
    return [tuple(row[:length]) for row, length in zip(rows, lengths, strict=True)]


def word_error_rate(*, sentences: Sequence[str], true: Sequence[str]) -> float:
    """Words to insert, delete or replace so that sentences become the true ones, per true word.

    Raises ValueError for lists of different lengths, or without a true word.
    """
    if len(sentences) != len(true):
        raise ValueError(f"a true sentence is needed for each; got {len(sentences)}, {len(true)}")
    words = sum(len(line.split()) for line in true)
    if not words:
        raise ValueError("the true sentences have no words")
    pairs = zip(sentences, true, strict=True)
    return sum(_edit_distance(a.split(), b.split()) for a, b in pairs) / words


def _edit_distance(a: Sequence[str], b: Sequence[str]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]
