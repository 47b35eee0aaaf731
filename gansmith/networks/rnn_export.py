"""A recurrent writer as a fixed chain of plain operations, for use outside Python."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.networks.recurrent import END, Writer


class UnrolledWriter(nn.Module):
    """What `Writer.sample` does, without control flow that hangs on the batch.

    The LSTM is written out (i, f, g, o = W e + U h; c' = f c + i g; h' = o tanh c') and a
    symbol is the number of cumulated probabilities that its uniform has passed. Parameters
    are shared with the writer and named alike.

    forward: u (B, T) in [0, 1) -> tokens (B, T) int64, T as at training. They are those of
    `Writer.sample` unless a uniform lies within rounding error of a border.
    """

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self.embedding, self.lstm, self.head = writer.embedding, writer.lstm, writer.head
        self.start, self.ends, self.length = writer.vocab, writer.ends, writer.length

    def forward(self, u: Tensor) -> Tensor:
        h = c = torch.zeros(u.shape[0], self.lstm.hidden_size, device=u.device)
        token = torch.full((u.shape[0],), self.start, device=u.device)
        done = torch.zeros_like(token, dtype=torch.bool)
        tokens = []
        for t in range(self.length):
            h, c = self.step(token, h, c)
            token = self.draw(h, u[:, t])
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

    def draw(self, h: Tensor, u: Tensor) -> Tensor:
        """The first symbol whose cumulated probability exceeds u, (B,) int64."""
        sums = self.head(h).softmax(-1).cumsum(-1)
        # u < 1 keeps the product below the last sum, so the count is an index
        return (sums <= u[:, None] * sums[:, -1:]).sum(1)
