"""Small players that are asked, whose answers can be written down by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.conditional_discriminator import Scores


class Teller(nn.Module):
    """G(z, c) = W z + v_c in two dimensions."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.latent = Latent(2)
        self.layer = nn.Linear(2, 2)
        self.vectors = nn.Embedding(classes, 2)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return self.layer(z) + self.vectors(c)


class Listener(nn.Module):
    """D(x, c) = w x + <u_c, x>, and R(x) = r x."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.w = nn.Linear(2, 1)
        self.r = nn.Linear(2, 1)
        self.vectors = nn.Embedding(classes, 2)

    def features(self, x: Tensor) -> Tensor:
        return x

    def real_logits(self, seen: Tensor) -> Tensor:
        return self.r(seen).flatten()

    def logits(self, seen: Tensor, c: Tensor) -> Tensor:
        return self.w(seen).flatten() + (self.vectors(c) * seen).sum(1)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.logits(x, c)


class TwoScores(Listener):
    """The same, called for both scores."""

    def forward(self, x: Tensor, c: Tensor) -> Scores:  # type: ignore[override]
        return Scores(self.real_logits(x), self.logits(x, c))


class Guesser(nn.Module):
    """R(x) = r x, and class logits A x."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.r, self.A = nn.Linear(2, 1), nn.Linear(2, classes)

    def forward(self, x: Tensor) -> Scores:
        return Scores(self.r(x).flatten(), self.A(x))


def truths(score: Tensor) -> Tensor:
    """-log sigmoid of logits, mean."""
    return -torch.sigmoid(score).log().mean()


def lies(score: Tensor) -> Tensor:
    """-log(1 - sigmoid) of logits, mean."""
    return -(1 - torch.sigmoid(score)).log().mean()
