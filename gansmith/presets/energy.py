"""Discriminators that are energies: auto-encoders, balances, and models that need no generator."""

from __future__ import annotations

from gansmith.presets.preset import Preset

FAMILY: dict[str, Preset] = {}
