"""Presets: a game, its parts and its constants, by name.

A preset is a function from a `DataSpec` and plain keywords to a `Recipe`. Its signature is
its configuration: the command line reads it, and config.json holds the resolved values.
"""

from __future__ import annotations

from gansmith.core.suggest import unknown
from gansmith.presets import (
    classic,
    conditional,
    diversity,
    energy,
    likelihood,
    margin,
    multi_label,
    paired,
    sequences,
    speech,
    talking_head,
    unpaired,
    video,
    wasserstein,
)
from gansmith.presets.from_file import from_file
from gansmith.presets.preset import Preset

FAMILIES: dict[str, dict[str, Preset]] = {
    "classic": classic.FAMILY,
    "wasserstein": wasserstein.FAMILY,
    "margins": margin.FAMILY,
    "energy": energy.FAMILY,
    "likelihood": likelihood.FAMILY,
    "diversity": diversity.FAMILY,
    "conditional": conditional.FAMILY,
    "pairs": paired.FAMILY,
    "video": video.FAMILY,
    "heads": talking_head.FAMILY,
    "labels": multi_label.FAMILY,
    "speech": speech.FAMILY,
    "translation": unpaired.FAMILY,
    "text": sequences.FAMILY,
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
