from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.networks.linear_chain import LinearChain

V, T = 3, 4


def sentences(vocab: int = V, length: int = T) -> Tensor:
    """Every sentence of at most `length` words once, 0 at the end."""
    rows = torch.tensor(list(itertools.product(range(vocab), repeat=length)))
    ended = (rows == 0).cumsum(1) > 0
    return rows[(rows * ended == 0).all(1)]


ALL = sentences()


def chain(std: float = 1.0, vocab: int = V, length: int = T) -> LinearChain:
    torch.manual_seed(0)
    return LinearChain(vocab, length, std).double().requires_grad_(False)


def by_hand(D: LinearChain, row: Tensor) -> float:
    """The score of one sentence in a plain loop."""
    score, before = 0.0, 0
    for symbol in row.tolist():
        score += float(D.unary[symbol] + D.pair[before, symbol])
        if symbol == 0:
            break
        before = symbol
    return score


def test_there_are_as_many_sentences_as_counted_by_hand() -> None:
    assert len(ALL) == sum(2**n for n in range(T + 1))


@pytest.mark.parametrize("dtype", [torch.int16, torch.int32, torch.int64])
def test_scores_are_those_of_a_plain_loop(dtype: torch.dtype) -> None:
    D = chain()
    expected = torch.tensor([by_hand(D, row) for row in ALL], dtype=torch.float64)
    torch.testing.assert_close(D(ALL.to(dtype)), expected)


@pytest.mark.parametrize(("vocab", "length"), [(3, 4), (2, 1), (4, 3)])
@pytest.mark.parametrize("std", [0.1, 1.0, 30.0])
def test_log_z_is_that_of_enumeration(vocab: int, length: int, std: float) -> None:
    """Also where exp of a score would overflow float64's neighbours."""
    D = chain(std, vocab, length)
    expected = D(sentences(vocab, length)).logsumexp(0)
    torch.testing.assert_close(D.log_z(), expected, rtol=1e-12, atol=1e-12)


def test_probabilities_sum_to_one() -> None:
    D = chain()
    torch.testing.assert_close((-D.nll(ALL)).exp().sum(), torch.tensor(1.0).double())


@pytest.mark.parametrize("seed", range(20))
def test_the_argmax_is_that_of_enumeration(seed: int) -> None:
    torch.manual_seed(seed)
    D = LinearChain(V, T, 1.0).double()
    assert D.viterbi().equal(ALL[D(ALL).argmax()])
    assert D.viterbi().dtype == torch.int64


def test_the_argmax_can_be_empty_or_full() -> None:
    D = chain(0.0)
    D.pair[0, 0] = 1
    assert D.viterbi().tolist() == [0, 0, 0, 0]
    D.pair[1, 1] = 1
    D.pair[0, 1] = 1
    assert D.viterbi().tolist() == [1, 1, 1, 1]


def test_samples_are_as_frequent_as_they_should_be() -> None:
    """40,000 samples: every sentence within 3.5 standard errors, chi-square near its mean."""
    D, n = chain(), 40_000
    p = (-D.nll(ALL)).exp()
    tokens = D.sample(Rng(3).uniform(n, T))
    assert tokens.dtype == torch.int64
    weights = torch.tensor([V**place for place in range(T)])
    codes, order = (ALL * weights).sum(1).sort()
    counts = torch.bincount(torch.searchsorted(codes, (tokens * weights).sum(1)), minlength=len(p))
    share, p = counts / n, p[order]
    error = (p * (1 - p) / n).sqrt()
    assert counts.sum() == n
    assert ((share - p) / error).abs().max() < 3.5
    assert ((share - p) ** 2 / p).sum() * n < 1.6 * len(p)
    assert ((share.flip(0) - p) / error).abs().max() > 20  # the control: another distribution


def test_no_sentence_goes_on_after_its_end() -> None:
    tokens = chain(vocab=5, length=9).sample(Rng(0).uniform(500, 9))
    assert not (tokens * ((tokens == 0).cumsum(1) > 0)).any()
    assert (tokens[:, -1] != 0).any()


def test_each_symbol_is_decided_by_its_uniform_alone() -> None:
    D, u = chain(), Rng(0).uniform(50, T)
    assert D.sample(u)[20:30].equal(D.sample(u[20:30]))


def test_expected_counts_and_entropy_are_those_of_enumeration() -> None:
    D = chain()
    p = (-D.nll(ALL)).exp()
    torch.testing.assert_close(D.expected_counts(), (p[:, None, None] * counts(ALL)).sum(0))
    torch.testing.assert_close(D.entropy(), -(p * p.log()).sum())


def counts(rows: Tensor) -> Tensor:
    """How often j follows i in each sentence, (B, V, V), in plain loops."""
    found = torch.zeros(len(rows), V, V, dtype=torch.float64)
    for b, row in enumerate(rows.tolist()):
        before = 0
        for symbol in row:
            found[b, before, symbol] += 1
            if symbol == 0:
                break
            before = symbol
    return found


def test_the_gradient_of_the_likelihood_is_expected_minus_observed() -> None:
    D, real = chain().requires_grad_(True), ALL[[3, 7, 7, 20]]
    D.nll(real).mean().backward()
    assert D.pair.grad is not None
    assert D.unary.grad is not None
    observed = counts(real).mean(0)
    torch.testing.assert_close(D.pair.grad, D.expected_counts() - observed)
    torch.testing.assert_close(D.unary.grad, (D.expected_counts() - observed).sum(0))
    assert float(D.pair.grad.abs().max()) > 0.1


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="vocab=1"):
        LinearChain(1, 3)
    with pytest.raises(ValueError, match="length=0"):
        LinearChain(3, 0)
