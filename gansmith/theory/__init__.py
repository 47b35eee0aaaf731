"""Closed forms and exact solvers, which results of training are compared with. No networks.

divergences     divergences between known distributions; the optimal discriminator
fitting         the Gaussian nearest to a density, for each divergence
conjugates      the table of f-divergences, and its plot
transport       the optimal plan between two point clouds, and its dual potentials
mixtures        maximum likelihood by expectation maximization
dynamics        games with exact trajectories
"""

from __future__ import annotations

from gansmith.theory.conjugates import CONJUGATES, Conjugate, supporting_lines
from gansmith.theory.divergences import (
    divergence,
    game_value,
    optimal_discriminator,
    wasserstein,
)
from gansmith.theory.dynamics import bilinear_path, bilinear_step, max_with_gradient
from gansmith.theory.fitting import GaussianFit, best_gaussian
from gansmith.theory.integrands import INTEGRANDS, from_f, weighted_jsd_integrand
from gansmith.theory.mixtures import GaussianMixture, fit_mixture
from gansmith.theory.transport import TransportPlan, optimal_transport

__all__ = [
    "CONJUGATES",
    "INTEGRANDS",
    "Conjugate",
    "GaussianFit",
    "GaussianMixture",
    "TransportPlan",
    "best_gaussian",
    "bilinear_path",
    "bilinear_step",
    "divergence",
    "fit_mixture",
    "from_f",
    "game_value",
    "max_with_gradient",
    "optimal_discriminator",
    "optimal_transport",
    "supporting_lines",
    "wasserstein",
    "weighted_jsd_integrand",
]
