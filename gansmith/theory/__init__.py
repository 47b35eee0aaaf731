"""Closed forms and exact solvers: the truth that training is held against. No networks.

divergences     how far apart two known distributions are; the best discriminator
fitting         the Gaussian nearest to a density, for each divergence
conjugates      the table of f-divergences, and its picture
transport       the cheapest plan between two clouds, and its prices
mixtures        maximum likelihood by expectation and maximisation
dynamics        games that can be followed exactly
"""

from __future__ import annotations

from gansmith.theory.conjugates import CONJUGATES, Conjugate, supporting_lines
from gansmith.theory.divergences import (
    divergence,
    optimal_discriminator,
    value_of_game,
    wasserstein,
)
from gansmith.theory.dynamics import bilinear_path, bilinear_step, maximum
from gansmith.theory.fitting import Fit, best_gaussian
from gansmith.theory.integrands import INTEGRANDS, from_f, weighted_jensen_shannon
from gansmith.theory.mixtures import GaussianMixture, fit_mixture
from gansmith.theory.transport import Plan, transport

__all__ = [
    "CONJUGATES",
    "INTEGRANDS",
    "Conjugate",
    "Fit",
    "GaussianMixture",
    "Plan",
    "best_gaussian",
    "bilinear_path",
    "bilinear_step",
    "divergence",
    "fit_mixture",
    "from_f",
    "maximum",
    "optimal_discriminator",
    "supporting_lines",
    "transport",
    "value_of_game",
    "wasserstein",
    "weighted_jensen_shannon",
]
