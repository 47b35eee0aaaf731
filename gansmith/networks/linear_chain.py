"""A linear-chain conditional random field as a discriminator of sentences (arXiv:1011.4088).

Sums and maxima over all sentences are computed exactly. In return only adjacent words are scored
together.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gansmith.networks.recurrent import END, inverse_cdf

RowReduction = Callable[[Tensor], Tensor]


def log_sum_exp(scores: Tensor) -> Tensor:
    """log sum_j exp(scores_ij), (rows, n) -> (rows,)."""
    return scores.logsumexp(1)


def row_max(scores: Tensor) -> Tensor:
    """max_j scores_ij, (rows, n) -> (rows,)."""
    return scores.amax(1)


class LinearChain(nn.Module):
    """Scores of sentences from potentials of words and of pairs; p(y) = exp(D(y)) / Z.

    D(y) = sum_t unary[y_t] + pair[y_t-1, y_t] over t = 1 .. n, where n is the position of the
    first 0, or T if there is none. Symbol 0 bounds a sentence on both sides: y_0 = 0, so
    pair[0] scores the first word and pair[:, 0] the end. A sentence of T words has no
    end, as in `RNNGenerator`.

    Z sums over all sentences of at most T words. It is found in T steps of V^2 sums, in the log
    domain, by messages from the end: m_T = 0, and for t = T - 1 .. 0
    m_t(y) = log sum_y' exp(unary[y'] + pair[y, y'] + m_t+1(y')), but m_t(0) = 0 for t > 0, since
    nothing follows an end; log Z = m_0(0). (The backward algorithm, so that sentences can then be
    sampled from left to right.) With max in place of log sum exp: Viterbi.

    vocab: number of symbols, 0 .. vocab - 1. length: T. std: of the potentials at the start.
    forward: tokens (B, T) integers, 0 ends and fills -> scores (B,), high = real.
    Raises ValueError for a vocabulary below 2 or a length below 1.
    """

    def __init__(self, vocab: int, length: int, std: float = 0.1) -> None:
        super().__init__()
        if vocab < 2 or length < 1:
            raise ValueError(
                f"a linear chain needs 2 symbols or more and a length of 1 or more; got "
                f"vocab={vocab}, length={length}"
            )
        self.vocab, self.length = vocab, length
        self.unary = nn.Parameter(std * torch.randn(vocab))
        self.pair = nn.Parameter(std * torch.randn(vocab, vocab))

    def forward(self, tokens: Tensor) -> Tensor:
        after = tokens.long()
        before = torch.cat([after.new_zeros(len(after), 1), after[:, :-1]], 1)
        counted = before != END  # the first word, and all that follows a word
        counted[:, 0] = True
        return ((self.unary[after] + self.pair[before, after]) * counted).sum(1)

    def backward_messages(self, reduce: RowReduction) -> list[Tensor]:
        """m_0 .. m_T, (V,) each: the score of the best or of all continuations after a symbol."""
        step = self.unary + self.pair  # (V, V): the symbol before, the symbol
        ended = torch.arange(self.vocab, device=step.device) == END
        m = [torch.zeros_like(self.unary)]
        for _ in range(self.length - 1):
            m.append(torch.where(ended, 0.0, reduce(step + m[-1])))
        return [reduce(step + m[-1]), *reversed(m)]

    def log_z(self) -> Tensor:
        """log sum_y exp(D(y)) over all sentences, a scalar; its gradient is `expected_counts`."""
        return self.backward_messages(log_sum_exp)[0][END]

    def nll(self, tokens: Tensor) -> Tensor:
        """-log p(y) = log Z - D(y), tokens (B, T) -> (B,), nats a sentence."""
        return self.log_z() - self(tokens)

    @torch.no_grad()
    def expected_counts(self) -> Tensor:
        """Expected count of symbol j after symbol i in a sentence of p, (V, V).

        The sum over i is the expected count of each symbol; row 0 is the first word.
        """
        m, step = self.backward_messages(log_sum_exp), self.unary + self.pair
        counts = torch.zeros_like(self.pair)
        at = torch.zeros_like(self.unary)  # the probability to be at a symbol and go on
        at[END] = 1
        for t in range(self.length):
            moves = at[:, None] * (step + m[t + 1]).softmax(1)
            counts += moves
            at = moves.sum(0)
            at[END] = 0
        return counts

    @torch.no_grad()
    def entropy(self) -> Tensor:
        """-sum_y p(y) log p(y) = log Z - E[D(y)], nats, a scalar."""
        return self.log_z() - (self.expected_counts() * (self.unary + self.pair)).sum()

    @torch.no_grad()
    def viterbi(self) -> Tensor:
        """argmax_y D(y) over all sentences (Viterbi), (T,) int64."""
        m = self.backward_messages(row_max)
        tokens = torch.zeros(self.length, dtype=torch.int64, device=self.unary.device)
        for t in range(self.length):
            before = tokens[t - 1] if t else tokens.new_tensor(END)
            if t and before == END:
                break
            tokens[t] = (self.unary + self.pair[before] + m[t + 1]).argmax()
        return tokens

    @torch.no_grad()
    def sample(self, u: Tensor) -> Tensor:
        """Exact samples of p by inverse CDF, u (B, T) in [0, 1) -> tokens (B, T) int64.

        u[b, t] determines symbol t of sentence b.
        """
        m = self.backward_messages(log_sum_exp)
        tokens = u.new_zeros(u.shape, dtype=torch.int64)
        before = tokens[:, 0]
        for t in range(u.shape[1]):
            probabilities = (self.unary + self.pair[before] + m[t + 1]).softmax(1)
            drawn = inverse_cdf(probabilities, u[:, t])
            before = drawn * (before != END) if t else drawn
            tokens[:, t] = before
        return tokens
