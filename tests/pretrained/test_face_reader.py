"""The reader of drawn faces: attributes, landmarks and identity."""

from __future__ import annotations

from importlib.resources import files

import pytest
import torch

from gansmith.data.builtin.faces.attributes import ATTRIBUTES, BINARY, attributes
from gansmith.data.builtin.faces.drawing import draw_faces
from gansmith.data.builtin.faces.people import identity
from gansmith.data.builtin.faces.sets import random_faces
from gansmith.data.builtin.faces.shape import landmarks
from gansmith.pretrained.face_reader import face_reader, landmark_error, reidentification_rate


def test_the_reader_is_as_good_as_its_card_says_on_other_faces() -> None:
    people, poses, _ = random_faces(500, 77)
    found, card = face_reader().read(draw_faces(people, poses)), face_reader().card
    assert card is not None
    assert (*card.binary, *card.continuous) == ATTRIBUTES
    true = torch.from_numpy(attributes(people, poses))
    yes = slice(len(BINARY))
    right = ((found.attributes[:, yes] > 0) == (true[:, yes] > 0)).double().mean()
    assert float(right) == pytest.approx(card.held_out["binary"], abs=0.01)
    error = landmark_error(found.landmarks, torch.from_numpy(landmarks(people, poses)))
    assert error == pytest.approx(card.held_out["landmarks"], abs=0.003)
    assert error < 1 / 32  # half a pixel
    again = reidentification_rate(read=found.identity, true=torch.from_numpy(identity(people)))
    assert again == pytest.approx(card.held_out["reidentification"], abs=0.03)
    assert (
        reidentification_rate(
            read=found.identity.roll(1, 0), true=torch.from_numpy(identity(people))
        )
        < 0.2
    )


def test_the_reader_is_small() -> None:
    path = files("gansmith.pretrained") / "files" / "faces.safetensors"
    assert len(path.read_bytes()) < 400_000
