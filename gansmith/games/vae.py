"""VAE (arXiv:1312.6114, Algorithm 1): an auto-encoder whose codes follow a prior.

E gives a Gaussian posterior over the code of an example; G decodes a code drawn from it. Both, and
the standard deviation of examples around G's output, are trained on a lower bound on the likelihood
of the data (Eq. 10). Samples are decoded from codes of the prior.

Departs from the paper in: examples are Gaussian around G's output, with one learned variance for
all coordinates (the paper has Bernoulli pixels, or a variance from a network); a sample is G's
output, without that noise; one code is drawn for each example.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Losses, Phase
from gansmith.core.precision import upcast
from gansmith.core.rng import Rng
from gansmith.games.autoencoder import AutoEncoder
from gansmith.games.gan import Generator, in_pieces


class GaussianLikelihood(nn.Module):
    """A Gaussian around a given mean, with one learned variance for all coordinates.

    sigma: the standard deviation at the start. Above 0, else ValueError.
    forward: examples and means (B, ...) -> -log N(x; mean, exp(log_variance)), nats (B,).
    """

    def __init__(self, sigma: float = 0.1) -> None:
        super().__init__()
        if not sigma > 0:
            raise ValueError(f"the standard deviation is above 0; got {sigma}")
        self.log_variance = nn.Parameter(torch.tensor(2 * math.log(sigma)))

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
    """An encoder, a decoder and a Gaussian likelihood.

    E: examples -> (B, 2 * latent.dim), the means of a code's coordinates, then log variances.
    G: codes (B, latent.dim) -> examples; has `latent`, which must be normal.
    S: the likelihood of examples around G's output.
    beta: weight of the KL divergence; 1 is the bound itself.
    sigma: standard deviation of examples around G's output, at the start. With one as wide as the
        data the codes are worth little, and the posterior may collapse.
    Raises ValueError for another prior, whose KL has no closed form.
    """

    averaged = ("E", "G", "S")
    code = "the means of the codes, which G takes, then their log variances"

    def __init__(
        self,
        E: nn.Module,
        G: Generator,
        shape: tuple[int, ...],
        *,
        beta: float = 1.0,
        sigma: float = 0.1,
    ) -> None:
        super().__init__(E, G, shape)
        if G.latent.prior != "normal":
            raise ValueError(f"the prior of a VAE is normal; got {G.latent.prior!r}")
        self.S, self.beta = GaussianLikelihood(sigma), beta

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("E G S", self.eg_loss, name="EG"),)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.noise = rng.normal(len(x), self.latent.dim)
        return x

    def eg_loss(self, x: Batch) -> Losses:
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
