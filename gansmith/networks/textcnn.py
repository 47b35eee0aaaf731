"""SeqGAN's convolutional discriminator of sentences (arXiv:1609.05473, section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# window length -> number of filters, the authors' oracle experiment
WINDOWS = {
    1: 100, 2: 200, 3: 200, 4: 200, 5: 200, 6: 100,
    7: 100, 8: 100, 9: 100, 10: 100, 15: 160, 20: 160,
}  # fmt: skip
ROWS = 128


class Highway(nn.Module):
    """y = t * relu(W x + b) + (1 - t) * x, t = sigmoid(V x + c) (arXiv:1505.00387, equation 3).

    forward: (B, dim) -> (B, dim).
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.transform, self.gate = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        return torch.lerp(x, F.relu(self.transform(x)), torch.sigmoid(self.gate(x)))


class TextCNN(nn.Module):
    """Sentences to logits: embedding, windows of several lengths, highway, linear.

    For a window of l symbols, c_i = relu(w . x_{i : i + l} + b), and the feature is max_i c_i.
    Departs from the paper in: one logit in place of two classes' scores, and no dropout, because
    players draw no random numbers.

    vocab: number of symbols. length: T. windows: {window length: filters}; None for the
    paper's, without those longer than T.
    forward: tokens (B, T) integers -> logits (B,), high = real.
    Raises ValueError when a window is longer than a sentence.
    """

    def __init__(
        self, vocab: int, length: int, embed: int = 64, windows: Mapping[int, int] | None = None
    ) -> None:
        super().__init__()
        if windows is None:
            windows = {w: filters for w, filters in WINDOWS.items() if w <= length}
        if not windows or not 1 <= min(windows) <= max(windows) <= length:
            raise ValueError(
                f"windows over sentences of {length} symbols have 1 to {length} symbols; got "
                f"{sorted(windows)}"
            )
        self.length, self.embed, self.windows = length, embed, tuple(windows)
        self.embedding = nn.Embedding(vocab, embed)
        self.filters = nn.ModuleList(nn.Linear(w * embed, n) for w, n in windows.items())
        self.highway = Highway(sum(windows.values()))
        self.last = nn.Linear(sum(windows.values()), 1)
        nn.init.uniform_(self.embedding.weight, -1, 1)
        for layer in [*self.filters, self.last]:
            nn.init.trunc_normal_(layer.weight, 0, 0.1, -0.2, 0.2)
            nn.init.constant_(layer.bias, 0.1)

    def forward(self, tokens: Tensor) -> Tensor:
        if tokens.shape[1] != self.length:
            raise ValueError(
                f"expected sentences of {self.length} symbols; got shape {tuple(tokens.shape)}"
            )
        # in slices, since the windows of many sentences take much memory
        features = torch.cat([self.features(rows) for rows in tokens.long().split(ROWS)])
        return self.last(self.highway(features)).squeeze(1)

    def features(self, tokens: Tensor) -> Tensor:
        """max_i relu(W x_i + b) over windows x_i, a product for each length: (B, filters)."""
        x = self.embedding(tokens).flatten(1)  # (B, T * embed)
        maxima = []
        for window, layer in zip(self.windows, self.filters, strict=True):
            windows = x.unfold(1, window * self.embed, self.embed)  # (B, positions, window * embed)
            maxima.append(layer(windows).amax(1))
        return F.relu(torch.cat(maxima, 1))  # relu commutes with max
