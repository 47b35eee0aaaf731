"""A recurrent generator as a fixed sequence of basic operations, for export."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.networks.recurrent import END, RNNGenerator


class ExportableRNN(nn.Module):
    """`RNNGenerator.sample` without control flow that depends on the batch.

    The LSTM is written out (i, f, g, o = W e + U h; c' = f c + i g; h' = o tanh c'), and a symbol
    is the number of cumulative probabilities below its uniform. Parameters are shared with the
    generator and have the same names.

    forward: u (B, T) in [0, 1) -> tokens (B, T) int64, T as in training. They are those of
    `RNNGenerator.sample` unless a uniform is within rounding error of a cumulative probability.
    """

    def __init__(self, generator: RNNGenerator) -> None:
        super().__init__()
        self.embedding, self.lstm, self.head = generator.embedding, generator.lstm, generator.head
        self.start, self.ends, self.length = generator.vocab, generator.ends, generator.length

    def forward(self, u: Tensor) -> Tensor:
        h = c = torch.zeros(u.shape[0], self.lstm.hidden_size, device=u.device)
        token = torch.full((u.shape[0],), self.start, device=u.device)
        done = torch.zeros_like(token, dtype=torch.bool)
        tokens = []
        for t in range(self.length):
            h, c = self.step(token, h, c)
            token = self.sample_symbol(h, u[:, t])
            if self.ends:
                token = torch.where(done, END, token)
                done = done | (token == END)
            tokens.append(token)
        return torch.stack(tokens, 1)

    def step(self, token: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Read one symbol a row, token (B,), h and c (B, hidden)."""
        own = self.lstm.get_parameter
        gates = F.linear(self.embedding(token), own("weight_ih_l0"), own("bias_ih_l0"))
        gates = gates + F.linear(h, own("weight_hh_l0"), own("bias_hh_l0"))
        enter, keep, new, out = gates.chunk(4, 1)
        c = keep.sigmoid() * c + enter.sigmoid() * new.tanh()
        return out.sigmoid() * c.tanh(), c

    def sample_symbol(self, h: Tensor, u: Tensor) -> Tensor:
        """The first symbol whose cumulative probability exceeds u, (B,) int64."""
        sums = self.head(h).softmax(-1).cumsum(-1)
        # u < 1 keeps the product below the last sum, so the count is an index
        return (sums <= u[:, None] * sums[:, -1:]).sum(1)
