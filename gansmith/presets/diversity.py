"""Games against mode collapse: D looks ahead, at batches or at the past, or there are many G."""

from __future__ import annotations

from gansmith.presets.preset import Preset

FAMILY: dict[str, Preset] = {}
