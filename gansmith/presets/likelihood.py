"""Baselines that are trained by likelihood or reconstruction, without a discriminator."""

from __future__ import annotations

from gansmith.presets.preset import Preset

FAMILY: dict[str, Preset] = {}
