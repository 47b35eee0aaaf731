"""Presets: a game, its parts and its constants, by name.

A preset is a function from a `DataSpec` and plain keywords to a `Recipe`. Its signature is
its configuration: the command line reads it, and config.json holds the resolved values.
"""

from __future__ import annotations

from gansmith.naming import unknown
from gansmith.presets import (
    classic,
    conditional,
    diversity,
    energy,
    heads,
    labels,
    likelihood,
    margins,
    pairs,
    speech,
    text,
    translation,
    video,
    wasserstein,
)
from gansmith.presets.own import from_file
from gansmith.presets.preset import Preset

FAMILIES: dict[str, dict[str, Preset]] = {
    "classic": classic.FAMILY,
    "wasserstein": wasserstein.FAMILY,
    "margins": margins.FAMILY,
    "energy": energy.FAMILY,
    "likelihood": likelihood.FAMILY,
    "diversity": diversity.FAMILY,
    "conditional": conditional.FAMILY,
    "pairs": pairs.FAMILY,
    "video": video.FAMILY,
    "heads": heads.FAMILY,
    "labels": labels.FAMILY,
    "speech": speech.FAMILY,
    "translation": translation.FAMILY,
    "text": text.FAMILY,
}
PRESETS = {name: preset for family in FAMILIES.values() for name, preset in family.items()}


def find_preset(name: str) -> Preset:
    """The preset of this name, or the function of a `file.py:function`.

    Raises ValueError for an unknown name, and names the nearest.
    """
    if ":" in name:
        return Preset(from_file(name), data="fashion", cites="")
    if name not in PRESETS:
        raise ValueError(unknown("preset", name, PRESETS))
    return PRESETS[name]
