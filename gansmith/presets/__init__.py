"""Presets: a game, its parts and its constants, by name.

A preset is a function from a `DataSpec` and plain keywords to a `Recipe`. Its signature is
its configuration: the command line reads it, and config.json holds the resolved values.
"""

from __future__ import annotations

from gansmith.core.bounds import OPTIONS
from gansmith.core.suggest import unknown_name
from gansmith.presets import (
    classic,
    conditional,
    diversity,
    energy,
    likelihood,
    margin,
    multi_label,
    paired,
    semi_supervised,
    sequences,
    speech,
    talking_head,
    unpaired,
    video,
    wasserstein,
)
from gansmith.presets.from_file import from_file
from gansmith.presets.preset import Preset

__all__ = ["FAMILIES", "PRESETS", "Preset", "find_preset", "is_file"]

FAMILIES: dict[str, dict[str, Preset]] = {
    "classic": classic.FAMILY,
    "wasserstein": wasserstein.FAMILY,
    "margin": margin.FAMILY,
    "energy": energy.FAMILY,
    "likelihood": likelihood.FAMILY,
    "diversity": diversity.FAMILY,
    "conditional": conditional.FAMILY,
    "paired": paired.FAMILY,
    "video": video.FAMILY,
    "talking_head": talking_head.FAMILY,
    "multi_label": multi_label.FAMILY,
    "speech": speech.FAMILY,
    "unpaired": unpaired.FAMILY,
    "semi_supervised": semi_supervised.FAMILY,
    "sequences": sequences.FAMILY,
}
PRESETS = {name: preset for family in FAMILIES.values() for name, preset in family.items()}


def is_file(name: str) -> bool:
    """Whether `find_preset` executes a file to find this preset."""
    return ":" in name or name.endswith(".py")


def find_preset(name: str) -> Preset:
    """The preset of this name, or the function of a `file.py:function`.

    Raises ValueError for an unknown name, and names the nearest.
    """
    if is_file(name):
        # What one's own keywords mean is one's own affair, but for those of every run.
        return Preset(from_file(name), data="fashion", cites="", bounds=OPTIONS, takes="")
    if name not in PRESETS:
        raise ValueError(unknown_name("preset", name, PRESETS))
    return PRESETS[name]
