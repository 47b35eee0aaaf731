"""Distributions in float64, as the theory wants them."""

import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal, Normal


def exact(x: object) -> Tensor:
    return torch.tensor(x, dtype=torch.float64)


def normal(mean: float, std: float) -> Normal:
    return Normal(exact(mean), exact(std))


def gaussian(mean: list[float], covariance: list[list[float]]) -> MultivariateNormal:
    return MultivariateNormal(exact(mean), exact(covariance))


def mixture(*parts: tuple[float, float, float]) -> MixtureSameFamily:
    """Of (weight, mean, std)."""
    weights, means, stds = (exact(part) for part in zip(*parts, strict=True))
    return MixtureSameFamily(Categorical(weights), Normal(means, stds))


FGAN = mixture((0.33, -1, 0.25), (0.67, 2, 2**0.5))  # the target of arXiv:1606.00709, section 2.5
