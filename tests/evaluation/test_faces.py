"""Faces are read: whether they have what was said, follow landmarks, and are who they should be."""

from __future__ import annotations

from importlib.resources import files

import pytest
import torch

from gansmith.data import Dataset, open_data
from gansmith.data.builtin.faces.attributes import ATTRIBUTES, YES, attributes
from gansmith.data.builtin.faces.drawing import draw_faces
from gansmith.data.builtin.faces.people import likeness
from gansmith.data.builtin.faces.sets import some_faces
from gansmith.data.builtin.faces.shape import landmarks
from gansmith.evaluation.faces import alike, as_said
from gansmith.games.talking_head import parted
from gansmith.pretrained.face_reader import face_reader, known_again, landmark_error


def real(dataset: Dataset) -> torch.Tensor:
    return dataset.held["real"].float() / 127.5 - 1


def test_the_reader_is_as_good_as_its_card_says_on_other_faces() -> None:
    people, poses, _ = some_faces(500, 77)
    found, card = face_reader().read(draw_faces(people, poses)), face_reader().card
    assert card is not None
    assert (*card.yes, *card.degrees) == ATTRIBUTES
    true = torch.from_numpy(attributes(people, poses))
    yes = slice(len(YES))
    right = ((found.attributes[:, yes] > 0) == (true[:, yes] > 0)).double().mean()
    assert float(right) == pytest.approx(card.held["yes"], abs=0.01)
    error = landmark_error(found.landmarks, torch.from_numpy(landmarks(people, poses)))
    assert error == pytest.approx(card.held["landmarks"], abs=0.003)
    assert error < 1 / 32  # half a pixel
    again = known_again(found.likeness, torch.from_numpy(likeness(people)))
    assert again == pytest.approx(card.held["known again"], abs=0.03)
    assert known_again(found.likeness.roll(1, 0), torch.from_numpy(likeness(people))) < 0.2


def test_the_reader_is_small() -> None:
    path = files("gansmith.pretrained") / "files" / "faces.safetensors"
    assert len(path.read_bytes()) < 400_000


@pytest.mark.parametrize("name", ["faces", "faces-told"])
def test_true_faces_are_as_said_and_others_are_not(name: str) -> None:
    data = open_data(name)
    true = as_said(real(data), data)
    assert true["asked"].value > 0.97
    assert true["asked"].real == true["asked"].value
    other = as_said(real(data).roll(1, 0), data)
    assert 0.4 < other["asked"].value < 0.75  # four of five colours of hair are no
    assert true["asked_glasses"].value > 0.99
    assert 0.3 < other["asked_glasses"].value < 0.7
    assert ("asked_tilt" in true) is (name == "faces")
    assert true["asked_smile"].value > 0.9
    assert abs(other["asked_smile"].value) < 0.65
    assert as_said(real(open_data("digits")), open_data("digits")) == {}


def test_true_pictures_follow_and_sources_are_known_and_do_not_follow() -> None:
    data = open_data("talking-faces")
    true = alike(real(data), data)
    assert true["landmarks"].value < 1 / 32
    assert true["known"].value == 1.0
    _, sources = parted(data.held["given"], 3)
    copied = alike(sources[:, 0, :3].float() / 127.5 - 1, data)
    assert copied["landmarks"].value > 3 * true["landmarks"].value
    assert copied["known"].value > 0.9
    assert copied["known"].value == true["known"].real
    others = alike(real(data).roll(1, 0), data)
    assert others["known"].value < 0.2
    assert alike(real(open_data("digits")), open_data("digits")) == {}
