"""Metrics: features, statistics, numbers; each step is a pure function that can be called alone.

Nothing here needs a game or a trainer, and nothing uses a global random state.
"""

from __future__ import annotations

from gansmith.metrics.birthday import (
    Support,
    duplicate_probability,
    duplicate_threshold,
    support_at,
    support_of_pairs,
    support_size,
)
from gansmith.metrics.density_coverage import DensityCoverage, density_coverage
from gansmith.metrics.distances import energy_distance, sliced_wasserstein, wasserstein_1d
from gansmith.metrics.frechet import (
    Gaussian,
    fit_gaussian,
    frechet_distance,
    frechet_from_features,
    stream_gaussian,
)
from gansmith.metrics.image_report import evaluate_images, image_numbers
from gansmith.metrics.inception_score import class_score, class_scores, log_class_score
from gansmith.metrics.kernel_distance import KernelDistance, kernel_distance, squared_discrepancy
from gansmith.metrics.labels import (
    best_thresholds,
    evaluate_labels,
    f1,
    micro_f1,
    unseen_share,
)
from gansmith.metrics.likelihood import Parzen, best_window, kernel_density, parzen
from gansmith.metrics.memorization import (
    MemoryReport,
    Nearest,
    memory_of_features,
    memory_report,
    nearest,
    nearest_moved,
)
from gansmith.metrics.modes import ModeReport, grid_modes, mode_report, ring_modes
from gansmith.metrics.ndb import BinReport, Bins, different_bins, make_bins
from gansmith.metrics.points_report import evaluate_points
from gansmith.metrics.precision_recall import PrecisionRecall, covered_share, precision_recall
from gansmith.metrics.protocol import Better, Measured, Protocol, ProtocolError, check_alike
from gansmith.metrics.quick import image_reference, quick_images, quick_score
from gansmith.metrics.sharpness import laplacian_variance, sharpness_ratio
from gansmith.metrics.similarity import ms_ssim, pair_similarity
from gansmith.metrics.sound_report import evaluate_answers, evaluate_sounds
from gansmith.metrics.spectrum import fine_detail_ratio, radial_spectrum
from gansmith.metrics.stacked_mnist import StackedReport, stack, stacked_modes
from gansmith.metrics.text import copied_share, distinct, ngram_jsd, valid_share
from gansmith.metrics.text_report import evaluate_text
from gansmith.pretrained.features import Features, Own, find_features
from gansmith.pretrained.judges import JUDGES, Judge, JudgeCard, judge_for, load_judge

__all__ = [
    "JUDGES",
    "Better",
    "BinReport",
    "Bins",
    "DensityCoverage",
    "Features",
    "Gaussian",
    "Judge",
    "JudgeCard",
    "KernelDistance",
    "Measured",
    "MemoryReport",
    "ModeReport",
    "Nearest",
    "Own",
    "Parzen",
    "PrecisionRecall",
    "Protocol",
    "ProtocolError",
    "StackedReport",
    "Support",
    "best_thresholds",
    "best_window",
    "check_alike",
    "class_score",
    "class_scores",
    "copied_share",
    "covered_share",
    "density_coverage",
    "different_bins",
    "distinct",
    "duplicate_probability",
    "duplicate_threshold",
    "energy_distance",
    "evaluate_answers",
    "evaluate_images",
    "evaluate_labels",
    "evaluate_points",
    "evaluate_sounds",
    "evaluate_text",
    "f1",
    "find_features",
    "fine_detail_ratio",
    "fit_gaussian",
    "frechet_distance",
    "frechet_from_features",
    "grid_modes",
    "image_numbers",
    "image_reference",
    "judge_for",
    "kernel_density",
    "kernel_distance",
    "laplacian_variance",
    "load_judge",
    "log_class_score",
    "make_bins",
    "memory_of_features",
    "memory_report",
    "micro_f1",
    "mode_report",
    "ms_ssim",
    "nearest",
    "nearest_moved",
    "ngram_jsd",
    "pair_similarity",
    "parzen",
    "precision_recall",
    "quick_images",
    "quick_score",
    "radial_spectrum",
    "ring_modes",
    "sharpness_ratio",
    "sliced_wasserstein",
    "squared_discrepancy",
    "stack",
    "stacked_modes",
    "stream_gaussian",
    "support_at",
    "support_of_pairs",
    "support_size",
    "unseen_share",
    "valid_share",
    "wasserstein_1d",
]
