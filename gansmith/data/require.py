"""What a preset requires of data."""

from __future__ import annotations

from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, DataSpec

NOUNS = {
    "image": "images",
    "points": "points",
    "text": "sentences",
    "audio": "sounds",
    "labels": "sets of labels",
}


def require_kind(
    spec: DataSpec,
    preset: str,
    *kinds: str,
    domains: tuple[int, float] = (0, 0),
    few_labels: bool = False,
) -> None:
    """Raises DataError when a preset cannot be trained on this kind of data.

    domains: the least and the largest number of domains that it takes; 0 for data without.
    few_labels: whether it takes data of which only some examples are labelled (`--labelled`).
    """
    if spec.labelled and not few_labels:
        raise DataError(
            f"{preset} cannot be trained on data of which only some examples are labelled: leave "
            "out --labelled, or take the preset classifier"
        )
    if spec.kind not in kinds:
        raise DataError(
            f"{preset} is trained on {' or '.join(NOUNS[kind] for kind in kinds)}, and {spec.name} "
            f"holds {NOUNS[spec.kind]}: see `gansmith list presets` for what takes these"
        )
    least, most = domains
    count = len(spec.domains)
    if not least <= count <= most:
        if most == 0:
            raise DataError(
                f"{preset} is trained on data without domains; {spec.name} has {count}: take "
                f"labelled:{spec.name}, where they are classes, or one of them"
            )
        wanted = f"{least} domains" + (" or more" if most > least else "")
        classes = len(spec.classes)
        fitting = not count and least <= classes <= most
        what = f"put domains: before its name, for its {classes} classes to be the domains"
        raise DataError(
            f"{preset} is trained on data with {wanted}; {spec.name} has {count or 'none'}: "
            f"{what if fitting else 'see docs/data.md'}"
        )


def require_condition(spec: DataSpec, *kinds: str, otherwise: str) -> Condition:
    """What the data are conditioned on, where that is of one of these kinds.

    otherwise: the message of the DataError for data conditioned on nothing or on something else.
    """
    c = spec.conditioned_on
    if c is None or c.kind not in kinds:
        raise DataError(otherwise)
    return c
