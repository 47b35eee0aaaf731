"""The public name of the objectives, `from gansmith.objectives import OBJECTIVES`."""

from gansmith.losses.objectives import (
    OBJECTIVES,
    FDivergence,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Objective,
    Relativistic,
    RelativisticAverage,
    Wasserstein,
)

__all__ = [
    "OBJECTIVES",
    "FDivergence",
    "Hinge",
    "LeastSquares",
    "Minimax",
    "NonSaturating",
    "Objective",
    "Relativistic",
    "RelativisticAverage",
    "Wasserstein",
]
