"""Structured learning: a discriminator of sentences that is its own generator.

D scores sentences; its negatives are what it scores highest itself, found exactly. So there is
one player and one move: raise the real sentences, lower the negatives. The two games differ in
what negatives are. CRF: all sentences, each as often as p(y) = exp(D(y)) / Z has it, which is
maximum likelihood (arXiv:1011.4088). Perceptron: the argmax of D, which is the
structured perceptron (Collins 2002) and, read as a sampler, herding (arXiv:1205.2605). One loss
says both, max_y D(y) - E_p[D(y)], with the soft maximum log sum_y exp D(y) or with the hard one.

Departs from the papers in: a sentence is no labelling of an input, p(y) and not p(y | x), so
all examples of a batch have the same negatives; gradients are means over batches.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.networks.linear_chain import Chain


class CRF(Game):
    """Maximum likelihood: the negatives are all sentences, weighted exactly.

    D: token ids (B, T) -> scores (B,), with exact sums over all sentences.
    """

    averaged = ("D",)

    def __init__(self, D: Chain) -> None:
        super().__init__()
        self.D = D

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("D", self.fit),)

    def fit(self, x: Batch) -> Terms:
        """log Z - E_p[D]: nats a sentence. Its slope is D's, expected minus observed."""
        return dict(nll=self.D.log_z() - self.D(x.tokens).mean())

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n sentences drawn from exp(D) / Z as token ids, (n, T)."""
        u = rng.uniform(n, self.D.length).to(self.D.unary.device)
        return torch.cat([self.D.sample(part) for part in u.split(512)])


class Perceptron(Game):
    """Learning by mistakes: the negative is the one sentence that D scores highest.

    D never comes to rest: what it overrates today it lowers, and something else is the argmax
    tomorrow. Along the run these have the words and pairs of words of the data, as often. So
    a sample is one of the latest `memory` argmaxes, and D itself says little of probabilities.

    D: token ids (B, T) -> scores (B,), with the exact argmax over all sentences.
    past: the latest argmaxes, (memory, T) int64; at the start sentences of the untrained D.
    Raises ValueError for a memory below 1.
    """

    averaged = ()
    past: Tensor
    moves: Tensor

    def __init__(self, D: Chain, *, memory: int = 2048) -> None:
        super().__init__()
        if memory < 1:
            raise ValueError(f"at least one argmax is remembered; got memory={memory}")
        self.D = D
        self.register_buffer("past", D.sample(torch.rand(memory, D.length)))
        self.register_buffer("moves", torch.tensor(0))

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("D", self.correct),)

    def correct(self, x: Batch) -> Terms:
        """max_y D(y) - E_p[D]: 0 when nothing is scored above the data."""
        return dict(adv=self.D(self.D.best()[None])[0] - self.D(x.tokens).mean())

    def after(self, phase: Phase, notes: dict[str, float]) -> None:
        self.past[self.moves % len(self.past)] = self.D.best()
        self.moves += 1

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n of the remembered argmaxes as token ids, (n, T), drawn with replacement."""
        return self.past[rng.integers(len(self.past), n).to(self.past.device)]
