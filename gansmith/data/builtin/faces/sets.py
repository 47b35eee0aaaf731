"""Drawn faces as data sets: asked by attributes, by sentences, or by a person and landmarks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gansmith.data.build import conditioned, image_dataset
from gansmith.data.builtin.faces.attributes import (
    ATTRIBUTES,
    LENGTH,
    WORDS,
    attributes,
    facts,
    partly,
    tell,
)
from gansmith.data.builtin.faces.drawing import SIZE, draw_faces, draw_landmarks
from gansmith.data.builtin.faces.people import Array, People, Poses, some_people, some_poses
from gansmith.data.builtin.faces.shape import landmarks
from gansmith.data.condition import Condition
from gansmith.data.spec import Dataset
from gansmith.data.text import END, Vocabulary

TRAIN, HELD, SEED = 8000, 1000, 2019
PERSONS, STRANGERS, SOURCES = 1000, 120, 8  # people to learn from and held out, pictures of each
PARTS = ((0, TRAIN), (1, HELD))


def some_faces(count: int, *key: int) -> tuple[People, Poses, np.random.Generator]:
    """Faces at random, a pure function of the key; and the stream, to go on with."""
    draw = np.random.Generator(np.random.PCG64([SEED, *key]))
    return some_people(count, draw), some_poses(count, draw), draw


def open_faces() -> Dataset:
    """Drawn faces, 32x32 RGB, asked by 14 attributes; 0 leaves a yes or no open."""
    asked = Condition("attributes", ATTRIBUTES)
    drawn = [some_faces(count, part) for part, count in PARTS]
    train, held = (
        torch.from_numpy(partly(attributes(people, poses), draw)) for people, poses, draw in drawn
    )
    return conditioned(_pictures("faces", drawn), asked, train, held)


def open_faces_told() -> Dataset:
    """The same faces, asked by sentences of facts: "a face with red hair and glasses smiling"."""
    vocabulary = Vocabulary([END, *WORDS])
    drawn = [some_faces(count, part) for part, count in PARTS]
    given = []
    for people, poses, draw in drawn:
        told = [tell(row, draw) for row in attributes(people, poses).tolist()]
        given.append(torch.from_numpy(vocabulary.encode(told, LENGTH)[0]))
    asked = Condition("sentence", vocab=len(vocabulary), length=LENGTH)
    pictures = _pictures("faces-told", drawn)
    return conditioned(pictures, asked, given[0], given[1], vocabulary.words)


def open_talking_faces() -> Dataset:
    """People with nine pictures each: one to be made, from its landmarks and the other eight.

    `given` holds the landmark picture, then eight pictures with their landmark pictures. Those held
    out are of other people. `who` numbers the people; `points` are the landmarks, (N, 25, 2).
    """
    fields, given = [], []
    first = 0
    for part, count in ((2, PERSONS), (3, STRANGERS)):
        people, poses = _sittings(count, part)
        seen = draw_faces(people, poses).unflatten(0, (count, SOURCES + 1))
        points = landmarks(people, poses)
        marks = draw_landmarks(points).unflatten(0, (count, SOURCES + 1))
        both = torch.stack([seen[:, 1:], marks[:, 1:]], 2)  # (N, 8, 2, 3, H, W)
        given.append(torch.cat([marks[:, 0], both.flatten(1, 3)], 1))
        part_of = {"real": seen[:, 0].contiguous(), "who": first + torch.arange(count)}
        fields.append({**part_of, "points": torch.from_numpy(points[:: SOURCES + 1]).float()})
        first += count
    dataset = image_dataset("talking-faces", *fields, licence="CC0-1.0", source="drawn")
    asked = Condition("likeness", channels=3 + 6 * SOURCES, height=SIZE, width=SIZE)
    return conditioned(dataset, asked, given[0], given[1])


def said(dataset: Dataset) -> Tensor | None:
    """What held-out conditions say of the 14 attributes, (N, 14), 0 nothing; None if not known."""
    if dataset.spec.name == "faces":
        return dataset.held["given"]
    if dataset.spec.name == "faces-told":
        told = dataset.sentences(dataset.held["given"])
        return torch.from_numpy(np.stack([facts(sentence) for sentence in told]))
    return None


def _sittings(count: int, part: int) -> tuple[People, Poses]:
    """Each person nine times in a row, each time in another pose."""
    people, _, draw = some_faces(count, part)
    rows: Array = np.arange(count).repeat(SOURCES + 1)
    return people.take(rows), some_poses(len(rows), draw)


def _pictures(name: str, drawn: list[tuple[People, Poses, np.random.Generator]]) -> Dataset:
    parts = [{"real": draw_faces(people, poses)} for people, poses, _ in drawn]
    return image_dataset(name, *parts, licence="CC0-1.0", source="drawn")
