"""Metrics: features, statistics, numbers; each step is a pure function that can be called alone.

Nothing here needs a game or a trainer, and nothing uses a global random state.
"""

from __future__ import annotations

from gansmith.metrics.distances import energy_distance, sliced_wasserstein, wasserstein_1d
from gansmith.metrics.frechet import (
    Gaussian,
    fit_gaussian,
    frechet_distance,
    frechet_from_features,
)
from gansmith.metrics.image_report import evaluate_images
from gansmith.metrics.inception_score import class_score
from gansmith.metrics.judges import JUDGES, Judge, JudgeCard, judge_for, load_judge, look
from gansmith.metrics.modes import ModeReport, grid_modes, mode_report, ring_modes
from gansmith.metrics.points_report import evaluate_points
from gansmith.metrics.precision_recall import PrecisionRecall, precision_recall
from gansmith.metrics.protocol import Measured, Protocol
from gansmith.metrics.quick import image_reference, quick_images, quick_score
from gansmith.metrics.sharpness import laplacian_variance, sharpness_ratio
from gansmith.metrics.text import copied_share, distinct, ngram_jsd, valid_share
from gansmith.metrics.text_report import evaluate_text

__all__ = [
    "JUDGES",
    "Gaussian",
    "Judge",
    "JudgeCard",
    "Measured",
    "ModeReport",
    "PrecisionRecall",
    "Protocol",
    "class_score",
    "copied_share",
    "distinct",
    "energy_distance",
    "evaluate_images",
    "evaluate_points",
    "evaluate_text",
    "fit_gaussian",
    "frechet_distance",
    "frechet_from_features",
    "grid_modes",
    "image_reference",
    "judge_for",
    "laplacian_variance",
    "load_judge",
    "look",
    "mode_report",
    "ngram_jsd",
    "precision_recall",
    "quick_images",
    "quick_score",
    "ring_modes",
    "sharpness_ratio",
    "sliced_wasserstein",
    "valid_share",
    "wasserstein_1d",
]
