"""Maximum likelihood for a mixture of Gaussians, by expectation maximization.

    log p(x) = log sum_k w_k N(x; m_k, S_k)

An E-step shares every example among the components, r_nk = w_k N(x_n; m_k, S_k) / p(x_n); an
M-step gives each component the mean and covariance of its share (doi:10.1111/j.2517-6161.1977.
tb01600.x). No step lowers the likelihood.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.core.arrays import Array, as_matrix
from gansmith.core.rng import Rng


@dataclass(frozen=True)
class GaussianMixture:
    """weights (K,), means (K, d), covariances (K, d, d), float64.

    log_likelihoods: mean log-likelihood of the data before each step and at the end; never falls.
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor
    log_likelihoods: tuple[float, ...] = ()

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x), nats: (n, d) -> (n,) in float64."""
        return self._joint(x.double()).logsumexp(1)

    def responsibilities(self, x: Tensor) -> Tensor:
        """p(k | x): (n, d) -> (n, K)."""
        return self._joint(x.double()).softmax(1)

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n draws (n, d), float64."""
        u = rng.uniform(n).double()
        k = torch.searchsorted(self.weights.cumsum(0), u).clamp(max=len(self.weights) - 1)
        noise = rng.normal(n, self.means.shape[1]).double()
        factors = torch.linalg.cholesky(self.covariances)
        return self.means[k] + torch.einsum("nij,nj->ni", factors[k], noise)

    def _joint(self, x: Tensor) -> Tensor:
        """log w_k + log N(x; m_k, S_k), (n, K)."""
        factors = torch.linalg.cholesky(self.covariances)
        columns = []
        for weight, mean, factor in zip(self.weights, self.means, factors, strict=True):
            z = torch.linalg.solve_triangular(factor, (x - mean).T, upper=False)
            logs = weight.log() - factor.diagonal().log().sum() - z.square().sum(0) / 2
            columns.append(logs - 0.5 * x.shape[1] * math.log(math.tau))
        return torch.stack(columns, 1)


def fit_mixture(
    x: Array,
    components: int,
    *,
    seed: int = 0,
    steps: int = 500,
    tolerance: float = 1e-10,
    floor: float = 1e-6,
) -> GaussianMixture:
    """The mixture of Gaussians of maximum likelihood for x (n, d), a local maximum.

    The centers begin at examples that are far from each other (doi:10.5555/1283383.1283494). Ends
    after `steps`, or when a step gains less than `tolerance` nats an example.
    floor: smallest variance in any direction, in units of the data's mean variance: without one the
    likelihood has no maximum, since a component may shrink onto one example. Where it acts a step
    is not the maximum any more, and the likelihood may fall by about as much.
    Raises ValueError when there are fewer examples than components, or all examples are equal.
    """
    data = as_matrix(x, "points", least=max(2, components))
    if components < 1:
        raise ValueError(f"a mixture has at least one component; got {components}")
    if bool((data == data[0]).all()):
        raise ValueError("the likelihood has no maximum: all examples are equal; give others")
    d = data.shape[1]
    whole = torch.cov(data.T).reshape(d, d)
    least = floor * float(whole.diagonal().mean())
    found = GaussianMixture(
        data.new_full((components,), 1 / components),
        _far_apart(data, components, seed),
        _floored(whole, least).expand(components, d, d).clone(),
    )
    path = [float(found.log_prob(data).mean())]
    for _ in range(steps):
        found = _m_step(data, found.responsibilities(data), least)
        path.append(float(found.log_prob(data).mean()))
        if path[-1] - path[-2] < tolerance:
            break
    return GaussianMixture(found.weights, found.means, found.covariances, tuple(path))


def _m_step(x: Tensor, shares: Tensor, least: float) -> GaussianMixture:
    """The M-step."""
    total = shares.sum(0).clamp(min=1e-300)
    means = (shares.T @ x) / total[:, None]
    covariances = []
    for k, mean in enumerate(means):
        centered = x - mean
        covariances.append(_floored((shares[:, k, None] * centered).T @ centered / total[k], least))
    return GaussianMixture(total / len(x), means, torch.stack(covariances))


def _floored(covariance: Tensor, least: float) -> Tensor:
    """The covariance with no variance below the floor."""
    values, vectors = torch.linalg.eigh(covariance)
    if float(values[0]) >= least:
        return covariance
    return (vectors * values.clamp(min=least)) @ vectors.T


def _far_apart(x: Tensor, components: int, seed: int) -> Tensor:
    """Examples, each drawn in proportion to its squared distance to those before (k-means++)."""
    rng = Rng(seed)
    chosen = [x[int(rng.integers(len(x), 1))]]
    for _ in range(1, components):
        gap = torch.stack([(x - center).square().sum(1) for center in chosen]).min(0).values
        edge = rng.uniform(1).double() * gap.sum()
        chosen.append(x[min(int(torch.searchsorted(gap.cumsum(0), edge)), len(x) - 1)])
    return torch.stack(chosen)
