"""Kinds of data: how samples of each are scored, measured, shown and saved."""

from __future__ import annotations

from gansmith.data import DataSpec
from gansmith.modalities.audio import Audio
from gansmith.modalities.base import Modality, Sheet
from gansmith.modalities.image import Image
from gansmith.modalities.labels import Labels
from gansmith.modalities.points import Points
from gansmith.modalities.text import Text

MODALITIES: dict[str, Modality] = {
    "image": Image(),
    "points": Points(),
    "text": Text(),
    "audio": Audio(),
    "labels": Labels(),
}


def modality_of(spec: DataSpec) -> Modality:
    """The modality of a data set, or of its domains."""
    return MODALITIES[spec.kind]


__all__ = ["MODALITIES", "Modality", "Sheet", "modality_of"]
