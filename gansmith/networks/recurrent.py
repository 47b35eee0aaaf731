"""A recurrent generator of token sequences, sampled with given uniforms (arXiv:1609.05473)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

END = 0
ROWS = 512
State = tuple[Tensor, Tensor]


def inverse_cdf(weights: Tensor, u: Tensor) -> Tensor:
    """Draw one index a row: the first i with w_1 + .. + w_i > u (w_1 + .. + w_n).

    In two levels, a block of about sqrt(n) weights and then an index in it, which reads every
    weight once. Whatever the rounding, the index is in range and its weight is not 0.

    weights: (rows, n), >= 0, each row with a positive one, of any sum. u: (rows,) in [0, 1).
    Returns (rows,) int64.
    """
    rows, n = weights.shape
    size = math.isqrt(n - 1) + 1
    blocks = F.pad(weights, (0, -n % size)).view(rows, -1, size)
    sums = blocks.sum(2).cumsum(1)
    block, left = _invert(sums, u.to(weights.dtype) * sums[:, -1])
    inner = blocks[torch.arange(rows, device=block.device), block].cumsum(1)
    return block * size + _invert(inner, left)[0]


def _invert(sums: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """First i with sums_i > target, and how far into it the target lies; sums (rows, n)."""
    last = sums[:, -1]
    target = torch.minimum(target, torch.nextafter(last, torch.zeros_like(last)))
    index = torch.searchsorted(sums, target[:, None], right=True)
    below = F.pad(sums, (1, 0)).gather(1, index)[:, 0]
    return index[:, 0], target - below


class RNNGenerator(nn.Module):
    """A language model to sample from: an LSTM over symbols (arXiv:1609.05473, section 3.3).

    p(y_1 .. y_T) = prod_t softmax(V h_t + c)[y_t], h_t = LSTM(h_t-1, e(y_t-1)), equations 9, 10.

    The symbol y_0 that starts a sentence has an embedding of its own and is never sampled.
    Parameters are initialized from N(0, std^2): std = 0.1 is the authors' generator, std = 1
    with embed = hidden = 32 their oracle. (Of the two biases of a torch LSTM one starts at 0.)

    vocab: number of symbols, 0 .. vocab - 1. length: T, symbols in a sentence. ends: if true,
    symbol 0 ends a sentence and pads it up to T, with probability 1 (its nll is 0); if false,
    0 is a symbol like the others.
    forward: tokens (B, t) integers -> logits (B, t, vocab), of each symbol given those before.
    Raises ValueError for a vocabulary below 2 or a length below 1.
    """

    def __init__(
        self,
        vocab: int,
        length: int,
        embed: int = 32,
        hidden: int = 32,
        ends: bool = False,
        std: float = 0.1,
    ) -> None:
        super().__init__()
        if vocab < 2 or length < 1:
            raise ValueError(
                f"an RNN generator needs 2 symbols or more and a length of 1 or more; got "
                f"vocab={vocab}, length={length}"
            )
        self.vocab, self.length, self.ends = vocab, length, ends
        self.embedding = nn.Embedding(vocab + 1, embed)  # the last row starts a sentence
        self.lstm = nn.LSTM(embed, hidden, batch_first=True)
        self.head = nn.Linear(hidden, vocab)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0.0, std)
        nn.init.zeros_(self.lstm.get_parameter("bias_hh_l0"))

    def forward(self, tokens: Tensor) -> Tensor:
        before = F.pad(tokens[:, :-1].long(), (1, 0), value=self.vocab)
        return self.head(self.lstm(self.embedding(before))[0])

    def nll(self, tokens: Tensor) -> Tensor:
        """-log p(y_t | y_1 .. y_t-1), tokens (B, t) integers -> (B, t), nats.

        With `ends`: 0 for the padding after an end, inf for any other symbol there.
        """
        logits = self(tokens).transpose(1, 2)  # (B, vocab, t)
        loss = F.cross_entropy(logits, tokens.long(), reduction="none")
        if not self.ends:
            return loss
        padding = torch.zeros_like(loss).masked_fill(tokens != END, torch.inf)
        return torch.where(self.after_end(tokens), padding, loss)

    def after_end(self, tokens: Tensor) -> Tensor:
        """Which positions come after an end symbol, (B, t) bool."""
        return F.pad((tokens[:, :-1] == END).cumsum(1) > 0, (1, 0))

    @torch.no_grad()
    def sample(self, u: Tensor) -> Tensor:
        """Sentences by inverse CDF, u (B, T) in [0, 1) -> tokens (B, T) int64.

        u[b, t] determines symbol t of sentence b.
        """
        state = self.initial_state(len(u))
        tokens = u.new_zeros(u.shape, dtype=torch.int64)
        for t in range(u.shape[1]):
            tokens[:, t] = self.sample_symbol(state[0], u[:, t])
            if self.ends and t:
                tokens[:, t] *= tokens[:, t - 1] != END
            if t + 1 < u.shape[1]:
                state = self.step(tokens[:, t], state)
        return tokens

    @staticmethod
    def rollout_shape(rows: int, length: int, rollouts: int) -> tuple[int, int, int]:
        """The uniforms that `rollout` takes, (rows, rollouts, length (length - 1) / 2)."""
        return rows, rollouts, length * (length - 1) // 2

    @torch.no_grad()
    def rollout(self, tokens: Tensor, u: Tensor) -> Tensor:
        """Complete every prefix of every sentence N times with the policy (equation 4).

        tokens: (B, T) integers. u: rollout_shape(B, T, N), in [0, 1); symbol s (from 0) of the
        completions of prefixes 1 .. s uses the numbers s (s - 1) / 2 + 0 .. s - 1.
        Returns (T - 1, N, B, T) int64: [i, n, b] keeps the first i + 1 symbols of sentence b.
        All rollouts of all prefixes form one batch, which a prefix joins where it ends.
        Raises ValueError when the shapes do not fit together.
        """
        rows, length = tokens.shape
        count = u.shape[1]
        if u.shape != self.rollout_shape(rows, length, count):
            raise ValueError(
                f"rollouts of {rows} sentences of {length} symbols take uniforms of shape "
                f"{self.rollout_shape(rows, length, count)}; got {tuple(u.shape)}"
            )
        out = tokens.long()[:, None, None].repeat(1, count, length - 1, 1)
        prefix = self.initial_state(rows)  # the state after the sentences themselves
        h = c = prefix[0].new_empty(rows, count, 0, prefix[0].shape[-1])  # after completions
        for s in range(1, length):
            prefix = self.step(tokens[:, s - 1], prefix)
            h = torch.cat((h, prefix[0][:, None, None].expand(-1, count, -1, -1)), 2)
            c = torch.cat((c, prefix[1][:, None, None].expand(-1, count, -1, -1)), 2)
            drawn = self.sample_symbol(h, u[:, :, s * (s - 1) // 2 : s * (s + 1) // 2])  # (B, N, s)
            if self.ends:
                drawn = drawn * (out[:, :, :s, s - 1] != END)
            out[:, :, :s, s] = drawn
            if s + 1 < length:
                h, c = self.step(drawn, (h, c))
        return out.permute(2, 1, 0, 3)

    def initial_state(self, rows: int) -> State:
        """The state after the start symbol, h and c each (rows, hidden)."""
        zeros = self.head.weight.new_zeros(rows, self.lstm.hidden_size)
        first = torch.full((rows,), self.vocab, device=zeros.device)
        return self.step(first, (zeros, zeros))

    def step(self, tokens: Tensor, state: State) -> State:
        """Read one symbol a row; tokens of any shape S, h and c of shape (*S, hidden)."""
        h, c = (part.reshape(1, -1, self.lstm.hidden_size) for part in state)
        x = self.embedding(tokens.reshape(-1, 1).long())
        _, (h, c) = self.lstm(x, (h, c))
        shape = (*tokens.shape, self.lstm.hidden_size)
        return h.reshape(shape), c.reshape(shape)

    def sample_symbol(self, h: Tensor, u: Tensor) -> Tensor:
        """The next symbol of each row, h (*S, hidden) and u of shape S -> int64, shape S."""
        # in slices, so that the probabilities stay in the cache and memory stays small
        slices = zip(h.flatten(0, -2).split(ROWS), u.flatten().split(ROWS), strict=True)
        drawn = [inverse_cdf(self.head(rows).softmax(-1), v) for rows, v in slices]
        return torch.cat(drawn).view(u.shape)
