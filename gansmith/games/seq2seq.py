"""Sequence to sequence (arXiv:1409.0473): sentences from sentences, by maximum likelihood.

    min_G  - E log p_G(y | c),   the mean over all symbols of a batch

It is the supervised model that conditional GANs of text start from and are compared with.

Departs from the paper in: the attention of arXiv:1508.04025; samples take the most probable symbol
each time, in the place of a beam.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.networks.seq2seq import AttentionSeq2Seq

PIECE = 512  # sentences that are decoded at one time


class Seq2Seq(Game):
    """A conditional language model, trained by maximum likelihood.

    G: `nll(c, y)` of target sentences given sources, and `sample(c)`.
    condition_field: the field of the batch that holds the sources.
    """

    def __init__(self, G: AttentionSeq2Seq, *, condition_field: str = "condition") -> None:
        super().__init__()
        self.G, self.condition_field = G, condition_field

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("G", self.g_loss),)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        """Weight sentences so that a mean over them is a mean over all symbols of the batch."""
        symbols = (x.lengths + 1).clamp(max=x.tokens.shape[1]).float()  # the end is a symbol too
        x.scale = (1 / symbols.mean()).expand(len(x))
        return x

    def g_loss(self, x: Batch) -> Losses:
        nll = self.G.nll(getattr(x, self.condition_field), x.tokens)
        return dict(mle=(nll.sum(1) * x.scale).mean())

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """The most probable sentence, symbol by symbol, for each source (n, S) -> (n, T)."""
        return torch.cat([self.G.sample(part) for part in conditions.split(PIECE)])

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """G, from sources to the most probable sentences."""
        return {"G": ExportableModule(_Writer(self.G), {"c": given})}


class _Writer(nn.Module):
    """Sources (B, S) -> tokens (B, T)."""

    def __init__(self, G: AttentionSeq2Seq) -> None:
        super().__init__()
        self.G = G

    def forward(self, c: Tensor) -> Tensor:
        return self.G.sample(c)
