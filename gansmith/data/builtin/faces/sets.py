"""Drawn faces as data sets, conditioned on attributes, sentences, or a person and landmarks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gansmith.data.build import image_dataset, with_condition
from gansmith.data.builtin.faces.attributes import (
    ATTRIBUTES,
    LENGTH,
    WORDS,
    attributes,
    describe,
    drop_attributes,
    parse_description,
)
from gansmith.data.builtin.faces.drawing import SIZE, draw_faces, draw_landmarks
from gansmith.data.builtin.faces.people import Array, People, Poses, random_people, random_poses
from gansmith.data.builtin.faces.shape import landmarks
from gansmith.data.condition import Condition, stack_references
from gansmith.data.spec import Dataset
from gansmith.data.text import END, Vocabulary

TRAIN, HELD_OUT, SEED = 8000, 1000, 2019
PERSONS, HELD_OUT_PERSONS, REFERENCES = (
    1000,
    120,
    8,
)  # people to learn from and held out, images of each
PARTS = ((0, TRAIN), (1, HELD_OUT))


def random_faces(count: int, *key: int) -> tuple[People, Poses, np.random.Generator]:
    """Faces at random, a pure function of the key; and the stream, to go on with."""
    draw = np.random.Generator(np.random.PCG64([SEED, *key]))
    return random_people(count, draw), random_poses(count, draw), draw


def open_faces() -> Dataset:
    """Drawn faces, 32x32 RGB, conditioned on 14 attributes; 0 is an attribute left open."""
    condition = Condition("attributes", ATTRIBUTES)
    drawn = [random_faces(count, part) for part, count in PARTS]
    train, held_out = (
        torch.from_numpy(drop_attributes(attributes(people, poses), draw))
        for people, poses, draw in drawn
    )
    return with_condition(_images("faces", drawn), condition, train, held_out)


def open_captioned_faces() -> Dataset:
    """The same faces, conditioned on sentences: "a face with red hair and glasses smiling"."""
    vocabulary = Vocabulary([END, *WORDS])
    drawn = [random_faces(count, part) for part, count in PARTS]
    tokens = []
    for people, poses, draw in drawn:
        lines = [describe(row, draw) for row in attributes(people, poses).tolist()]
        tokens.append(torch.from_numpy(vocabulary.encode(lines, LENGTH)[0]))
    condition = Condition("sentence", vocab=len(vocabulary), length=LENGTH)
    images = _images("faces-captioned", drawn)
    return with_condition(images, condition, tokens[0], tokens[1], vocabulary.words)


def open_talking_faces() -> Dataset:
    """People with nine images each: one to be made, from its landmarks and the other eight.

    `condition` has the landmark image, then eight images with their landmark images. Those held
    out are of other people. `who` numbers the people; `points` are the landmarks, (N, 25, 2).
    """
    fields, conditions = [], []
    first = 0
    for part, count in ((2, PERSONS), (3, HELD_OUT_PERSONS)):
        people, poses = _sittings(count, part)
        faces = draw_faces(people, poses).unflatten(0, (count, REFERENCES + 1))
        points = landmarks(people, poses)
        marks = draw_landmarks(points).unflatten(0, (count, REFERENCES + 1))
        conditions.append(stack_references(marks[:, 0], faces[:, 1:], marks[:, 1:]))
        part_of = {"real": faces[:, 0].contiguous(), "person": first + torch.arange(count)}
        fields.append({**part_of, "landmarks": torch.from_numpy(points[:: REFERENCES + 1]).float()})
        first += count
    dataset = image_dataset("talking-faces", *fields, licence="CC0-1.0", source="drawn")
    condition = Condition(
        "references", channels=3 + 6 * REFERENCES, height=SIZE, width=SIZE, references=REFERENCES
    )
    return with_condition(dataset, condition, conditions[0], conditions[1])


def described_attributes(dataset: Dataset) -> Tensor | None:
    """What held-out conditions say of the 14 attributes, (N, 14), 0 nothing; None if not known."""
    if dataset.spec.name == "faces":
        return dataset.held_out["condition"]
    if dataset.spec.name == "faces-captioned":
        lines = dataset.condition_sentences(dataset.held_out["condition"])
        return torch.from_numpy(np.stack([parse_description(sentence) for sentence in lines]))
    return None


def _sittings(count: int, part: int) -> tuple[People, Poses]:
    """Each person nine times in a row, each time in another pose."""
    people, _, draw = random_faces(count, part)
    rows: Array = np.arange(count).repeat(REFERENCES + 1)
    return people.take(rows), random_poses(len(rows), draw)


def _images(name: str, drawn: list[tuple[People, Poses, np.random.Generator]]) -> Dataset:
    parts = [{"real": draw_faces(people, poses)} for people, poses, _ in drawn]
    return image_dataset(name, *parts, licence="CC0-1.0", source="drawn")
