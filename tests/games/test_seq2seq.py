"""Seq2Seq: the loss is the mean over symbols, not sentences; samples follow the source."""

from __future__ import annotations

import torch

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.games.seq2seq import PIECE, Seq2Seq
from gansmith.networks.seq2seq import AttentionSeq2Seq

SOURCES = torch.tensor([[1, 2, 0, 0], [3, 0, 0, 0], [2, 2, 1, 3]])
TARGETS = torch.tensor([[2, 1, 0], [1, 0, 0], [1, 2, 2]])
LENGTHS = torch.tensor([2, 1, 3])
SYMBOLS = torch.tensor([3, 2, 3])  # the end counts, where there is room for it


def game() -> Seq2Seq:
    torch.manual_seed(0)
    return Seq2Seq(AttentionSeq2Seq(4, 3, 3, embed=8, hidden=8))


def batch() -> Batch:
    return Batch(tokens=TARGETS, condition=SOURCES, lengths=LENGTHS)


def test_the_loss_is_a_mean_over_symbols() -> None:
    seq2seq = game()
    x = seq2seq.draw(batch(), Rng(0))
    log_p = seq2seq.G(SOURCES, TARGETS).log_softmax(2)
    terms = [
        -log_p[row, t, TARGETS[row, t]] for row, count in enumerate(SYMBOLS) for t in range(count)
    ]
    assert len(terms) == 8
    torch.testing.assert_close(seq2seq.g_loss(x)["mle"], torch.stack(terms).mean())


def test_halves_of_a_batch_add_up() -> None:
    """The scale comes from the whole batch, so that micro-batches of other lengths agree."""
    seq2seq = game()
    x = seq2seq.draw(batch(), Rng(0))
    parts = []
    for row in range(3):
        only = slice(row, row + 1)
        piece = Batch(tokens=x.tokens[only], condition=x.condition[only], scale=x.scale[only])
        parts.append(seq2seq.g_loss(piece)["mle"])
    torch.testing.assert_close(torch.stack(parts).mean(), seq2seq.g_loss(x)["mle"])


def test_following_the_loss_learns_the_pairs() -> None:
    seq2seq = game()
    x = seq2seq.draw(batch(), Rng(0))
    assert not seq2seq.generate(SOURCES, Rng(1)).equal(TARGETS)
    optimizer = torch.optim.Adam(seq2seq.parameters(), 0.03)
    for _ in range(80):
        optimizer.zero_grad()
        seq2seq.g_loss(x)["mle"].backward()
        optimizer.step()
    assert seq2seq.generate(SOURCES, Rng(1)).equal(TARGETS)
    many = SOURCES[:1].expand(PIECE + 1, -1)
    assert seq2seq.generate(many, Rng(1)).equal(TARGETS[:1].expand(PIECE + 1, -1))
