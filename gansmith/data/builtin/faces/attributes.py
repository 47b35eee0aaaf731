"""Descriptions of faces: attributes with a number each, and sentences whose facts are exact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gansmith.data.builtin.faces.people import HAIR, Array, People, Poses

BINARY = (*(f"{colour}-hair" for colour in HAIR), "long-hair", "glasses", "beard")  # -1 or 1
CONTINUOUS = ("smile", "mouth", "eyes", "brows", "gaze", "tilt")  # from -1 to 1
ATTRIBUTES = (*BINARY, *CONTINUOUS)
COLOURS = len(HAIR)
OMITTED = 0.25  # how often a binary attribute of the data is omitted: 0
MENTIONED = 0.6  # how often a sentence mentions a fact
LENGTH = 18  # words of the longest sentence, with room
SMILES, GAPES, LOOKS = 0.35, 0.2, 0.4  # from where on a degree is worth a word
PLAIN = {  # the words for one attribute: what they say of it
    "glasses": ("glasses", 1),
    "no glasses": ("glasses", -1),
    "beard": ("beard", 1),
    "no beard": ("beard", -1),
    "smiling": ("smile", 1),
    "frowning": ("smile", -1),
    "mouth open": ("mouth", 1),
    "mouth shut": ("mouth", -1),
    "eyes closed": ("eyes", -1),
    "looking left": ("gaze", -1),
    "looking right": ("gaze", 1),
}
WORDS = tuple(
    sorted(
        {word for phrase in PLAIN for word in phrase.split()}
        | {*HAIR, "hair", "long", "short", "a", "and", "face", "with"}
    )
)


def attributes(people: People, poses: Poses) -> Array:
    """The attributes of faces, float32 (N, 14), in the order of ATTRIBUTES, each in [-1, 1]."""
    yes = [people.hair == number for number in range(COLOURS)]
    yes += [people.long, people.glasses, people.beard]
    columns = [np.where(column, 1.0, -1.0) for column in yes]
    columns += [getattr(poses, name) for name in CONTINUOUS]
    return np.stack(columns, 1).astype(np.float32)


def drop_attributes(values: Array, draw: np.random.Generator) -> Array:
    """The same, where a quarter of the binary attributes is 0. Hair has one colour or none."""
    open_ = draw.random((len(values), len(BINARY))) < OMITTED
    open_[:, :COLOURS] = open_[:, :1]
    found = values.copy()
    found[:, : len(BINARY)][open_] = 0
    return found


def describe(values: Sequence[float], draw: np.random.Generator) -> str:
    """A sentence about a face with these attributes, of one true fact or more.

    "a face with short red hair and glasses looking left", or "smiling no beard" in any order.
    """
    face = dict(zip(ATTRIBUTES, values, strict=True))
    has, does = (
        [phrase for phrase in phrases if draw.random() < MENTIONED]
        for phrases in (_things(face, draw), _deeds(face))
    )
    has = has or _things(face, draw)[:1]
    if draw.random() < 0.5:
        return " ".join((has + does)[place] for place in draw.permutation(len(has + does)))
    return " ".join(
        ["a face with", *_joined([f"a {x}" * (x == "beard") or x for x in has]), *_joined(does)]
    )


def parse_description(sentence: str) -> Array:
    """The attributes in a sentence: 1 or -1 for those that it names, 0 for the others, (14,)."""
    words = f" {sentence} "
    found = np.zeros(len(ATTRIBUTES), np.float32)
    for phrase, (name, value) in PLAIN.items():
        if f" {phrase} " in words and not (value > 0 and f" no {phrase} " in words):
            found[ATTRIBUTES.index(name)] = value
    for number, colour in enumerate(HAIR):
        if f" {colour} " in words:
            found[:COLOURS] = -1
            found[number] = 1
    for word, value in (("long", 1), ("short", -1)):
        if f" {word} " in words:
            found[ATTRIBUTES.index("long-hair")] = value
    return found


def _things(face: dict[str, float], draw: np.random.Generator) -> list[str]:
    colour = next(name for name in HAIR if face[f"{name}-hair"] > 0)
    length = "long" if face["long-hair"] > 0 else "short"
    hair = (f"{length} {colour}", colour, length)[draw.integers(3)]
    return [f"{hair} hair", *(x if face[x] > 0 else f"no {x}" for x in ("glasses", "beard"))]


def _deeds(face: dict[str, float]) -> list[str]:
    deeds = []
    if abs(face["smile"]) > SMILES:
        deeds.append("smiling" if face["smile"] > 0 else "frowning")
    if abs(face["mouth"]) > GAPES:
        deeds.append("mouth open" if face["mouth"] > 0 else "mouth shut")
    if face["eyes"] == -1:
        deeds.append("eyes closed")
    elif abs(face["gaze"]) > LOOKS:
        deeds.append("looking left" if face["gaze"] < 0 else "looking right")
    return deeds


def _joined(phrases: list[str]) -> list[str]:
    return [*phrases[:-1], "and", phrases[-1]] if len(phrases) > 1 else phrases
