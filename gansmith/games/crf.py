"""Structured learning: a discriminator of sentences that needs no generator.

D scores sentences; its negatives are computed exactly from D itself. So there is one player and one
phase: raise the score of real sentences, lower that of the negatives. The two games differ in the
negatives. CRF: all sentences, weighted by p(y) = exp(D(y)) / Z, which is maximum likelihood
(arXiv:1011.4088). StructuredPerceptron: the argmax of D (Collins 2002), which as a sampler is known
as herding (arXiv:1205.2605). Both minimize max_y D(y) - E_data[D(y)], with the soft maximum
log sum_y exp D(y) or the hard one.

Departs from the papers in: the model is p(y), not a labelling p(y | x) of an input, so all examples
of a batch have the same negatives; gradients are means over batches.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.rng import Rng
from gansmith.networks.linear_chain import LinearChain


class CRF(Game):
    """Maximum likelihood: the negatives are all sentences, weighted exactly.

    D: token ids (B, T) -> scores (B,), with exact sums over all sentences.
    """

    averaged = ("D",)

    def __init__(self, D: LinearChain) -> None:
        super().__init__()
        self.D = D

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("D", self.d_loss),)

    def d_loss(self, x: Batch) -> Losses:
        """log Z - E_data[D], nats per sentence; its gradient: expected minus observed features."""
        return dict(nll=self.D.log_z() - self.D(x.tokens).mean())

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n sentences drawn from exp(D) / Z as token ids, (n, T)."""
        u = rng.uniform(n, self.D.length).to(self.D.unary.device)
        return torch.cat([self.D.sample(part) for part in u.split(512)])


class StructuredPerceptron(Game):
    """The structured perceptron: the negative is the one sentence that D scores highest.

    D does not converge: what it overrates is lowered, and another sentence becomes the argmax.
    Along the run the argmaxes have the word and bigram statistics of the data (herding). So a
    sample is one of the latest `memory` argmaxes, and the scores of D are not log-probabilities.

    D: token ids (B, T) -> scores (B,), with the exact argmax over all sentences.
    past: the latest argmaxes, (memory, T) int64; at first, sentences sampled from the untrained D.
    Raises ValueError for a memory below 1.
    """

    averaged = ()
    past: Tensor
    moves: Tensor

    def __init__(self, D: LinearChain, *, memory: int = 2048) -> None:
        super().__init__()
        if memory < 1:
            raise ValueError(f"at least one argmax is kept; got memory={memory}")
        self.D = D
        self.register_buffer("past", D.sample(torch.rand(memory, D.length)))
        self.register_buffer("moves", torch.tensor(0))

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("D", self.d_loss),)

    def d_loss(self, x: Batch) -> Losses:
        """max_y D(y) - E_data[D]: 0 when nothing is scored above the data."""
        return dict(adv=self.D(self.D.viterbi()[None])[0] - self.D(x.tokens).mean())

    def after_phase(self, phase: Phase, notes: dict[str, float]) -> None:
        self.past[self.moves % len(self.past)] = self.D.viterbi()
        self.moves += 1

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n of the latest argmaxes as token ids, (n, T), drawn with replacement."""
        return self.past[rng.integers(len(self.past), n).to(self.past.device)]
