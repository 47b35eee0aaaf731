"""VAE (arXiv:1312.6114, Algorithm 1): an auto-encoder whose codes are those of a prior.

E says where the code of an example may lie, a Gaussian; G makes an example of a code drawn from
it. Both, and the deviation of examples around what G makes, move to raise a lower bound on the
likelihood of the data (Eq. 10). G then makes examples of codes of the prior.

Departs from the paper in: examples are Gaussian around G's output, with one variance for all
coordinates, learnt with the rest (the paper has Bernoulli pixels, or a variance from a network);
a sample is G's output, without that noise; one draw of a code for each example.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.games.autoencoder import AutoEncoder
from gansmith.games.gan import Generator, in_pieces
from gansmith.losses.fdivergence import upcast


class Spread(nn.Module):
    """Gaussian noise around a mean, of one variance for all coordinates, which is learnt.

    deviation: at the start. Above 0, else ValueError.
    forward: examples and means (B, ...) -> -log N(x; mean, exp(log_variance)), nats (B,).
    """

    def __init__(self, deviation: float = 0.1) -> None:
        super().__init__()
        if not deviation > 0:
            raise ValueError(f"noise has a deviation above 0; got {deviation}")
        self.log_variance = nn.Parameter(torch.tensor(2 * math.log(deviation)))

    def forward(self, x: Tensor, mean: Tensor) -> Tensor:
        squares = upcast(x - mean).square() * torch.exp(-self.log_variance)
        constant = math.log(2 * math.pi) + self.log_variance
        return 0.5 * (squares + constant).flatten(1).sum(1)


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)), summed over coordinates, nats (B,).

    1/2 sum_j (mean_j^2 + variance_j - 1 - log variance_j): appendix B.
    """
    terms = mean.square() + torch.expm1(log_variance) - log_variance
    return 0.5 * terms.sum(1)


class VAE(AutoEncoder):
    """An encoder, a decoder, and the spread of examples around what is decoded.

    E: examples -> (B, 2 * latent.dim), the means of a code's coordinates, then log variances.
    G: codes (B, latent.dim) -> examples; has `latent`, which must be normal.
    beta: weight of the KL divergence; 1 is the bound itself.
    spread: deviation of examples around G's output, at the start. One as wide as the data makes
        codes a luxury: E may stop saying anything before G has learnt to listen.
    Raises ValueError for another prior, whose KL has no closed form.
    """

    averaged = ("E", "G", "S")

    def __init__(
        self,
        E: nn.Module,
        G: Generator,
        shape: tuple[int, ...],
        *,
        beta: float = 1.0,
        spread: float = 0.1,
    ) -> None:
        super().__init__(E, G, shape)
        if G.latent.prior != "normal":
            raise ValueError(f"the prior of a VAE is normal; got {G.latent.prior!r}")
        self.S, self.beta = Spread(spread), beta

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("E G S", self.bound),)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.noise = rng.normal(len(x), self.latent.dim)
        return x

    def bound(self, x: Batch) -> Terms:
        """Minus the lower bound of Eq. 10, in nats an example, in its two parts."""
        mean, log_variance = upcast(self.E(x.real)).chunk(2, 1)
        z = mean + torch.exp(0.5 * log_variance) * x.noise
        return dict(
            nll=self.S(x.real, self.G(z)).mean(),
            kl=self.beta * kl_to_normal(mean, log_variance).mean(),
        )

    def encode(self, x: Tensor) -> Tensor:
        """The means of the codes of examples, (n, ...) -> (n, latent.dim)."""
        return in_pieces(self.E, x)[:, : self.latent.dim]
