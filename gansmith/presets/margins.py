"""Scores that are compared: by a margin, with each other, with their mean."""

from __future__ import annotations

from gansmith.presets.preset import Preset

FAMILY: dict[str, Preset] = {}
