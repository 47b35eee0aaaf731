"""Encoder and decoder with attention, from sentences to sentences (arXiv:1409.0473, 1508.04025)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.networks.recurrent import END, inverse_cdf


class AttentionSeq2Seq(nn.Module):
    """A language model over a target sentence y, conditioned on a source sentence c.

        h = biGRU(c),  s_t = GRU(s_t-1, e(y_t-1)),
        a_t = softmax_i(s_t W h_i),  p(y_t) = softmax(V tanh(U [s_t; sum_i a_ti h_i]))

    This is "general" attention (arXiv:1508.04025, Eq. 8) after the decoder's GRU, without input
    feeding, so that training runs over a whole sentence in one kernel. A sentence ends with symbol
    0, which also fills it up.

    source_vocab, vocab: symbols of c and y. length: T, symbols of y.
    forward: c (B, S) and y (B, T) integers -> logits (B, T, vocab), each symbol given those before.
    Raises ValueError for a vocabulary below 2 or a length below 1.
    """

    def __init__(
        self, source_vocab: int, vocab: int, length: int, embed: int = 64, hidden: int = 128
    ) -> None:
        super().__init__()
        if min(source_vocab, vocab) < 2 or length < 1:
            raise ValueError(
                f"sentences have 2 symbols or more and a length of 1 or more; got "
                f"source_vocab={source_vocab}, vocab={vocab}, length={length}"
            )
        self.vocab, self.length = vocab, length
        self.source_embedding = nn.Embedding(source_vocab, embed)
        self.embedding = nn.Embedding(vocab + 1, embed)  # the last row starts a sentence
        self.encoder = nn.GRU(embed, hidden, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hidden, hidden)
        self.decoder = nn.GRU(embed, hidden, batch_first=True)
        self.attention = nn.Linear(2 * hidden, hidden, bias=False)
        self.mix = nn.Linear(3 * hidden, hidden)
        self.head = nn.Linear(hidden, vocab)

    def forward(self, c: Tensor, y: Tensor) -> Tensor:
        memory, state = self.encode(c)
        before = F.pad(y[:, :-1].long(), (1, 0), value=self.vocab)
        return self.decode(before, memory, c, state)[0]

    def nll(self, c: Tensor, y: Tensor) -> Tensor:
        """-log p(y_t | y_1 .. y_t-1, c), (B, T), nats; 0 for the filling after an end."""
        loss = F.cross_entropy(self(c, y).transpose(1, 2), y.long(), reduction="none")
        ended = F.pad((y[:, :-1] == END).cumsum(1) > 0, (1, 0))
        return loss.masked_fill(ended, 0.0)

    def encode(self, c: Tensor) -> tuple[Tensor, Tensor]:
        """The states of a source, (B, S, 2 hidden), and the decoder's first, (1, B, hidden)."""
        memory, last = self.encoder(self.source_embedding(c.long()))
        return memory, torch.tanh(self.bridge(last.transpose(0, 1).flatten(1))).unsqueeze(0)

    def decode(
        self, before: Tensor, memory: Tensor, c: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Read symbols (B, t): logits of those that follow, (B, t, vocab), and the new state."""
        s, state = self.decoder(self.embedding(before), state)
        match = s @ self.attention(memory).transpose(1, 2)  # (B, t, S)
        weights = match.masked_fill((c == END).unsqueeze(1), -1e4).softmax(2)
        mixed = torch.tanh(self.mix(torch.cat([s, weights @ memory], 2)))
        return self.head(mixed), state

    @torch.no_grad()
    def sample(self, c: Tensor, u: Tensor | None = None) -> Tensor:
        """A sentence for each source, (B, S) -> (B, T) int64.

        u: uniforms (B, T) in [0, 1) that decide each symbol by inverse CDF; None takes the most
        probable symbol each time.
        """
        memory, state = self.encode(c)
        before = torch.full((c.shape[0], 1), self.vocab, device=c.device)
        alive = torch.ones(c.shape[0], dtype=torch.bool, device=c.device)
        tokens = []
        for t in range(self.length):
            logits, state = self.decode(before, memory, c, state)
            if u is None:
                drawn = logits[:, 0].argmax(1)
            else:
                drawn = inverse_cdf(logits[:, 0].softmax(1), u[:, t])
            tokens.append(drawn * alive)
            alive = alive & (drawn != END)
            before = drawn.unsqueeze(1)
        return torch.stack(tokens, 1)
