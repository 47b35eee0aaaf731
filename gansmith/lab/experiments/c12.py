from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import Dataset, open_data
from gansmith.data.builtin.faces.sets import SOURCES
from gansmith.games.talking_head import parted
from gansmith.inference.talking_head import adapted
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import kept, sheets, trainer_for
from gansmith.modalities.sheets import to_uint8
from gansmith.pretrained.face_reader import face_reader, known_again, landmark_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("talking head", "copy source", "no identity", "1 shot", "8 shots")


def run(arm: str, seed: int, steps: int, people: int, finetune: int) -> Numbers:
    """Landmark error, share of persons known, and distance to the true picture, held-out people."""
    data = open_data("talking-faces")
    marks, sources = parted(data.held["given"], 3)
    if arm == "copy source":
        return measured(sources[:, 0, :3], data)
    trainer = trained(seed, steps)
    with trainer.averages.playing(trainer.game) as played:
        game: Any = played
        if "shot" in arm:
            shots = 1 if arm == "1 shot" else SOURCES
            made = tuned(game, marks, sources, shots, people, finetune)
            return measured(made, data)
        given = data.held["given"]
        if arm == "no identity":  # the landmarks of one person, the pictures of another
            given = torch.cat([given[:, :3], given[:, 3:].roll(1, 0)], 1)
        with torch.no_grad():
            made = to_uint8(game.answer(given.float() / 127.5 - 1, Rng(seed)))
    return measured(made, data)


@lru_cache(maxsize=1)
def trained(seed: int, steps: int) -> Trainer:
    """The trainer of a seed at its end: all arms but one use the same players."""
    trainer = trainer_for(open_data("talking-faces"), "talking-head", seed, steps)
    trainer.fit(steps)
    return trainer


def tuned(game: Any, marks: Tensor, sources: Tensor, shots: int, people: int, steps: int) -> Tensor:
    """Pictures of the first people, each by a generator that was tuned on some of its pictures."""
    made = []
    for person in range(people):
        known = sources[person, :shots]
        head = adapted(game, known[:, :3], known[:, 3:], steps)
        made.append(to_uint8(head(marks[person : person + 1].float() / 127.5 - 1)))
    return torch.cat(made)


def measured(made: Tensor, data: Dataset) -> Numbers:
    """The numbers of pictures, uint8, of the first held-out people."""
    n, reader = len(made), face_reader()
    real = data.held["real"][:n]
    found, true = reader.read(made), reader.read(real)
    return {
        "landmarks": landmark_error(found.landmarks, data.held["points"][:n]),
        "known": known_again(found.likeness, true.likeness),
        "l1": float((made.float() - real.float()).abs().mean() / 255),
        "sheet": kept(made[:16], 8),
    }


def check(arms: Arms) -> list[Check]:
    error = arms.mean("talking head", "landmarks") / arms.mean("copy source", "landmarks")
    return [
        below("landmark error over copying a source", error, 0.5),
        above("persons known among 20", arms.mean("talking head", "known"), 0.8),
        below(
            "distance to the true picture after fine-tuning, 8 shots over 1",
            arms.mean("8 shots", "l1") / arms.mean("1 shot", "l1"),
            1.0,
        ),
    ]


def picture(arms: Arms) -> Figure:
    return sheets({arm: arms.first(arm, "sheet") for arm in ARMS})


EXPERIMENT = Experiment(
    id="C12",
    title="A talking head from few pictures",
    says="A generator that is told by a vector who a person is makes strangers follow landmarks, "
    "from one picture or from eight; tuned on the eight it comes nearer to the truth than on one.",
    paper="arXiv:1905.08233, table 1",
    metric="landmark error and persons known among 20, as the reader of drawn faces sees them; "
    "mean absolute difference to the true picture; 120 persons that no player has seen",
    criterion="landmark error at most half of a copied source's; 0.8 of the persons known; 8 shots "
    "at most as far from the truth as 1 shot, after as much fine-tuning",
    arms=ARMS,
    run=run,
    check=check,
    control={"talking head": "no identity"},
    fails="the same generator told that it is somebody else; a copied source is known, and does "
    "not follow",
    quick=Form(1, {"steps": 4000, "people": 20, "finetune": 40}),
    full=Form(3, {"steps": 12000, "people": 60, "finetune": 40}),
    picture=picture,
)
