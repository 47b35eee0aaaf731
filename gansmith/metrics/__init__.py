"""Metrics: features, statistics, numbers; each step is a pure function that can be called alone.

Nothing here needs a game or a trainer, and nothing uses a global random state.
"""

from __future__ import annotations

from gansmith.metrics.audio_report import (
    available_audio,
    available_enhancement,
    evaluate_audio,
    evaluate_enhancement,
)
from gansmith.metrics.birthday import (
    SupportSize,
    duplicate_probability,
    duplicate_threshold,
    support_for_probability,
    support_from_pairs,
    support_size,
)
from gansmith.metrics.density_coverage import DensityCoverage, density_coverage
from gansmith.metrics.distances import energy_distance, sliced_wasserstein, wasserstein_1d
from gansmith.metrics.frechet import (
    GaussianStats,
    fit_gaussian,
    frechet_distance,
    frechet_from_features,
    stream_gaussian,
)
from gansmith.metrics.image_report import available_images, evaluate_images, image_metrics
from gansmith.metrics.inception_score import (
    inception_score,
    inception_score_parts,
    log_inception_score,
)
from gansmith.metrics.kernel_distance import KernelDistance, kernel_distance, mmd2
from gansmith.metrics.labels import (
    available_labels,
    best_thresholds,
    evaluate_labels,
    f1_per_label,
    micro_f1,
    novel_share,
)
from gansmith.metrics.likelihood import (
    ParzenEstimate,
    best_bandwidth,
    log_kernel_density,
    parzen_log_likelihood,
)
from gansmith.metrics.memorization import (
    MemorizationReport,
    NearestNeighbors,
    memorization_of_features,
    memorization_report,
    nearest_neighbors,
    nearest_shifted,
)
from gansmith.metrics.modes import ModeReport, grid_modes, mode_report, ring_modes
from gansmith.metrics.ndb import KMeansBins, NDBReport, make_bins, ndb
from gansmith.metrics.points_report import available_points, evaluate_points
from gansmith.metrics.precision_recall import PrecisionRecall, manifold_share, precision_recall
from gansmith.metrics.protocol import Better, Measured, Protocol, ProtocolError, check_comparable
from gansmith.metrics.quick import image_reference, quick_images, quick_points, quick_text
from gansmith.metrics.sharpness import laplacian_variance, sharpness_ratio
from gansmith.metrics.similarity import ms_ssim, pair_similarity
from gansmith.metrics.spectrum import high_frequency_ratio, radial_spectrum
from gansmith.metrics.stacked_mnist import StackedModes, stack_channels, stacked_modes
from gansmith.metrics.text import copied_share, distinct_n, ngram_jsd, valid_share
from gansmith.metrics.text_report import available_text, evaluate_text
from gansmith.pretrained.features import CustomFeatures, Features, find_features
from gansmith.pretrained.judges import JUDGES, Judge, JudgeCard, judge_for, load_judge

__all__ = [
    "JUDGES",
    "Better",
    "CustomFeatures",
    "DensityCoverage",
    "Features",
    "GaussianStats",
    "Judge",
    "JudgeCard",
    "KMeansBins",
    "KernelDistance",
    "Measured",
    "MemorizationReport",
    "ModeReport",
    "NDBReport",
    "NearestNeighbors",
    "ParzenEstimate",
    "PrecisionRecall",
    "Protocol",
    "ProtocolError",
    "StackedModes",
    "SupportSize",
    "available_audio",
    "available_enhancement",
    "available_images",
    "available_labels",
    "available_points",
    "available_text",
    "best_bandwidth",
    "best_thresholds",
    "check_comparable",
    "copied_share",
    "density_coverage",
    "distinct_n",
    "duplicate_probability",
    "duplicate_threshold",
    "energy_distance",
    "evaluate_audio",
    "evaluate_enhancement",
    "evaluate_images",
    "evaluate_labels",
    "evaluate_points",
    "evaluate_text",
    "f1_per_label",
    "find_features",
    "fit_gaussian",
    "frechet_distance",
    "frechet_from_features",
    "grid_modes",
    "high_frequency_ratio",
    "image_metrics",
    "image_reference",
    "inception_score",
    "inception_score_parts",
    "judge_for",
    "kernel_distance",
    "laplacian_variance",
    "load_judge",
    "log_inception_score",
    "log_kernel_density",
    "make_bins",
    "manifold_share",
    "memorization_of_features",
    "memorization_report",
    "micro_f1",
    "mmd2",
    "mode_report",
    "ms_ssim",
    "ndb",
    "nearest_neighbors",
    "nearest_shifted",
    "ngram_jsd",
    "novel_share",
    "pair_similarity",
    "parzen_log_likelihood",
    "precision_recall",
    "quick_images",
    "quick_points",
    "quick_text",
    "radial_spectrum",
    "ring_modes",
    "sharpness_ratio",
    "sliced_wasserstein",
    "stack_channels",
    "stacked_modes",
    "stream_gaussian",
    "support_for_probability",
    "support_from_pairs",
    "support_size",
    "valid_share",
    "wasserstein_1d",
]
