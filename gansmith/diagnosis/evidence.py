"""What a diagnosis finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from gansmith.core.images import to_channels, to_float
from gansmith.data import DataError, Dataset
from gansmith.modalities import modality_of
from gansmith.modalities.evidence import Evidence as Evidence
from gansmith.modalities.evidence import Examples as Examples


@dataclass(frozen=True)
class Finding:
    """A fault that was found.

    name: of the fault. evidence: in one sentence. advice: what to try.
    numbers: in the evidence. picture: PNG. private: the picture shows training examples.
    """

    name: str
    evidence: str
    advice: str
    numbers: dict[str, float]
    picture: bytes | None = field(default=None, repr=False)
    private: bool = False


def gather_evidence(samples: Tensor, dataset: Dataset, seed: int = 0) -> Evidence:
    """The evidence on samples (N, ...), compared with a data set of the same kind.

    Raises DataError for fewer than 50 samples or held-out examples, for domains, audio and labels.
    """
    if dataset.domains:
        raise DataError(
            "runs that translate cannot be diagnosed; `gansmith evaluate` measures them"
        )
    return modality_of(dataset.spec).evidence(samples, dataset, seed)


def other_presets(own: str, *names: str) -> str:
    """Presets to try, without the one that is diagnosed."""
    return ", ".join(name for name in names if name != own)


def luma(pictures: Tensor) -> Tensor:
    """Luminance of pictures, (N, C, H, W) -> (N, H, W) in [-1, 1]."""
    return to_channels(to_float(pictures), 1)[:, 0]
