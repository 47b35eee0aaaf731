"""Drawn faces: the parts lie at the landmarks, sentences say what is so, people stay themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gansmith.data import DataError, open_data
from gansmith.data.builtin.faces.attributes import (
    ATTRIBUTES,
    BINARY,
    LENGTH,
    WORDS,
    attributes,
    describe,
    parse_description,
)
from gansmith.data.builtin.faces.drawing import draw_faces, draw_landmarks
from gansmith.data.builtin.faces.people import HAIR, random_people, random_poses
from gansmith.data.builtin.faces.sets import REFERENCES, described_attributes, random_faces
from gansmith.data.builtin.faces.shape import landmarks
from gansmith.data.condition import split_references
from gansmith.sampling.prompts import parse_prompt

SIZE = 96  # drawn large, so that a landmark is a pixel


def pixel(images: torch.Tensor, points: np.ndarray) -> torch.Tensor:
    """The colours at places (N, 2) in [-1, 1] of images (N, 3, H, W): (N, 3)."""
    at = ((torch.from_numpy(points) + 1) / 2 * images.shape[2]).long()
    return images[torch.arange(len(images)), :, at[:, 1], at[:, 0]]


def test_the_same_key_draws_the_same_face_and_another_another() -> None:
    first, again, other = (draw_faces(*random_faces(5, key)[:2]) for key in (1, 1, 2))
    assert first.equal(again)
    assert first.dtype == torch.uint8
    assert first.shape == (5, 3, 32, 32)
    assert not first.equal(other)


def test_a_face_does_not_depend_on_those_drawn_beside_it() -> None:
    people, poses, _ = random_faces(300, 1)
    whole, one = draw_faces(people, poses), np.array([290])
    assert whole[290].equal(draw_faces(people.take(one), poses.take(one))[0])


def test_pupils_are_dark_and_lie_at_their_landmarks() -> None:
    people, poses, _ = random_faces(200, 3)
    poses = replace(poses, eyes=np.full(200, 1.0))
    people = replace(people, glasses=np.zeros(200, bool))
    images, points = draw_faces(people, poses, SIZE), landmarks(people, poses)
    for pupil in (17, 18):
        assert float(pixel(images, points[:, pupil]).float().mean()) < 60
    white = pixel(images, (points[:, 9] + points[:, 17]) / 2).float().amax(1)
    assert float(white.median()) > 100


def test_an_open_mouth_is_dark_between_the_lips_and_a_chin_ends_the_face() -> None:
    people, poses, _ = random_faces(200, 4)
    poses = replace(poses, mouth=np.full(200, 1.0))
    people = replace(people, beard=np.zeros(200, bool))
    images, points = draw_faces(people, poses, SIZE), landmarks(people, poses)
    middle = (points[:, 22] + points[:, 24]) / 2
    assert float(pixel(images, middle).float().mean()) < 60
    above = pixel(images, points[:, 2] * 0.9 + middle * 0.1).float()
    skin = np.outer(1 - people.skin, (0.98, 0.85, 0.74)) + np.outer(people.skin, (0.47, 0.30, 0.20))
    assert float((above - 255 * torch.from_numpy(skin)).abs().mean()) < 12


def test_a_smile_lifts_the_corners_and_closed_lids_meet() -> None:
    people, poses, _ = random_faces(50, 5)
    flat = replace(poses, tilt=np.zeros(50))
    smiling, sad = (
        landmarks(people, replace(flat, smile=np.full(50, value))) for value in (1.0, -1.0)
    )
    assert (smiling[:, 21, 1] < sad[:, 21, 1] - 0.1).all()
    shut = landmarks(people, replace(flat, eyes=np.full(50, -1.0)))
    assert (np.abs(shut[:, 10, 1] - shut[:, 12, 1]) < 0.02).all()


def test_landmark_pictures_show_each_part_in_its_place_and_colour() -> None:
    people, poses, _ = random_faces(100, 6)
    points = landmarks(people, replace(poses, eyes=np.full(100, 1.0)))
    images = draw_landmarks(points, SIZE)
    cheek = (points[:, 1] * 3 + points[:, 2]) / 4
    assert float(pixel(images, cheek).float().mean()) > 120
    nose = pixel(images, (points[:, 19] + points[:, 20]) / 2).float()
    assert float(nose[:, 1].mean()) > 150 > 60 > float(nose[:, 0].mean())
    assert float((images == 0).float().mean()) > 0.8


def test_sentences_are_true_and_read_back_whole() -> None:
    draw = np.random.Generator(np.random.PCG64(8))
    values = attributes(random_people(400, draw), random_poses(400, draw))
    told = [describe(row, draw) for row in values.tolist()]
    assert {word for sentence in told for word in sentence.split()} <= set(WORDS)
    assert max(len(sentence.split()) for sentence in told) <= LENGTH
    found = np.stack([parse_description(sentence) for sentence in told])
    assert (found != 0).any(1).all()
    assert ((found == 0) | ((found > 0) == (values > 0))).all()
    assert 0.2 < (found[:, ATTRIBUTES.index("glasses")] != 0).mean() < 0.8


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("a face with red hair and glasses smiling", {"red-hair": 1, "glasses": 1, "smile": 1}),
        ("no beard long grey hair", {"beard": -1, "long-hair": 1, "grey-hair": 1}),
        ("eyes closed mouth open", {"eyes": -1, "mouth": 1}),
        ("no glasses looking left frowning", {"glasses": -1, "gaze": -1, "smile": -1}),
    ],
)
def test_facts_of_a_sentence(sentence: str, wanted: dict[str, int]) -> None:
    found = dict(zip(ATTRIBUTES, parse_description(sentence).tolist(), strict=True))
    colour = any(name.split("-")[0] in HAIR for name in wanted)
    others = {f"{name}-hair": -1 for name in HAIR} if colour else {}
    assert {name: value for name, value in found.items() if value} == {**others, **wanted}


def test_faces_are_asked_parse_prompt() -> None:
    data = open_data("faces")
    row = parse_prompt(data, "glasses=1, smile=-1", 2)[1]
    assert {n: v for n, v in zip(ATTRIBUTES, row.tolist(), strict=True) if v} == {
        "glasses": 1,
        "smile": -1,
    }
    open_ = data.train["condition"][:, : len(BINARY)] == 0
    assert 0.2 < float(open_[:, 0].float().mean()) < 0.3
    assert (open_[:, :5].all(1) == open_[:, :5].any(1)).all()
    one_colour = data.train["condition"][~open_[:, 0]][:, :5]
    assert ((one_colour == 1).sum(1) == 1).all()


def test_faces_are_asked_by_sentences_and_unknown_words_are_refused() -> None:
    data = open_data("faces-captioned")
    row = parse_prompt(data, "red hair, glasses, smiling", 1)
    assert data.condition_sentences(row) == ["red hair glasses smiling"]
    with pytest.raises(DataError, match="did you mean 'smiling'"):
        parse_prompt(data, "smilling", 1)
    wanted = described_attributes(data)
    assert wanted is not None
    people, poses, _ = random_faces(1000, 1)
    true = torch.from_numpy(attributes(people, poses))
    assert bool(((wanted == 0) | ((wanted > 0) == (true > 0))).all())
    assert described_attributes(open_data("digits")) is None


def test_talking_faces_hold_people_apart_and_show_each_in_every_row() -> None:
    data = open_data("talking-faces")
    who = torch.cat([data.train["person"], data.held_out["person"]])
    assert len(who.unique()) == len(who) == data.spec.train + data.spec.held_out
    marks, sources = split_references(data.held_out["condition"], 3)
    assert sources.shape[1:] == (REFERENCES, 6, 32, 32)
    assert marks.equal(draw_landmarks(data.held_out["landmarks"].double().numpy()))
    corner = torch.cat([data.held_out["real"][:, None], sources[:, :, :3]], 1)[..., 0, 0].float()
    assert float((corner - corner[:, :1]).abs().max()) <= 1  # the ground is the person's
    assert float(corner[:, 0].std(0).min()) > 10
    assert not sources[:, 0].equal(sources[:, 1])


@pytest.mark.parametrize("size", [16, 48])
def test_talking_faces_change_size_with_their_landmark_pictures(size: int) -> None:
    data = open_data("talking-faces", size=size)
    assert data.spec.condition is not None
    assert (
        data.spec.condition.shape == tuple(data.held_out["condition"].shape[1:]) == (51, size, size)
    )
