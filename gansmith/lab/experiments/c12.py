from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gansmith.core.images import to_float, to_uint8
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import Dataset, open_data
from gansmith.data.builtin.faces.sets import REFERENCES
from gansmith.data.condition import split_references
from gansmith.inference.talking_head import person_generator
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import encode_sheet, preset_trainer_on_dataset, sheets_figure
from gansmith.pretrained.face_reader import face_reader, landmark_error, reidentification_rate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("talking head", "copy source", "no identity", "1 shot", "8 shots")


def run(arm: str, seed: int, steps: int, people: int, finetune: int) -> Numbers:
    """Landmark error, reidentification and distance to the true picture, of held-out people."""
    data = open_data("talking-faces")
    marks, sources = split_references(data.held_out["condition"], 3)
    if arm == "copy source":
        return measure_images(sources[:, 0, :3], data)
    trainer = trained_talking_head(seed, steps)
    with trainer.ema.applied(trainer.game) as averaged_game:
        game: Any = averaged_game
        if "shot" in arm:
            shots = 1 if arm == "1 shot" else REFERENCES
            samples = fine_tuned(game, marks, sources, shots, people, finetune)
            return measure_images(samples, data)
        given = data.held_out["condition"]
        if arm == "no identity":  # the landmarks of one person, the pictures of another
            given = torch.cat([given[:, :3], given[:, 3:].roll(1, 0)], 1)
        with torch.no_grad():
            samples = to_uint8(game.generate(to_float(given), Rng(seed)))
    return measure_images(samples, data)


@lru_cache(maxsize=1)
def trained_talking_head(seed: int, steps: int) -> Trainer:
    """The trained players of a seed: all arms but one share them."""
    trainer = preset_trainer_on_dataset(open_data("talking-faces"), "talking-head", seed, steps)
    trainer.fit(steps)
    return trainer


def fine_tuned(
    game: Any, marks: Tensor, sources: Tensor, shots: int, people: int, steps: int
) -> Tensor:
    """Pictures of the first people, each by a generator fine-tuned on pictures of that person."""
    samples = []
    for person in range(people):
        known = sources[person, :shots]
        head = person_generator(game, known[:, :3], known[:, 3:], steps)
        samples.append(to_uint8(head(to_float(marks[person : person + 1]))))
    return torch.cat(samples)


def measure_images(samples: Tensor, data: Dataset) -> Numbers:
    """The numbers of pictures, uint8, of the first held-out people."""
    n, reader = len(samples), face_reader()
    real = data.held_out["real"][:n]
    found, true = reader.read(samples), reader.read(real)
    return {
        "landmarks": landmark_error(found.landmarks, data.held_out["landmarks"][:n]),
        "known": reidentification_rate(read=found.identity, true=true.identity),
        "l1": float((samples.float() - real.float()).abs().mean() / 255),
        "sheet": encode_sheet(samples[:16], 8),
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


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in ARMS})


EXPERIMENT = Experiment(
    id="C12",
    title="A talking head from few pictures",
    claim="A generator conditioned on a vector for the identity animates unseen people by their "
    "landmarks, from one picture or from eight; fine-tuned on eight it comes nearer to the truth "
    "than on one.",
    paper="arXiv:1905.08233, table 1",
    metric="landmark error and reidentification among 20 people, by the reader of drawn faces; "
    "mean absolute difference to the true picture; 120 people that are not in the training set",
    criterion="landmark error at most half of a copied source's; 0.8 of the people reidentified; "
    "8 shots at most as far from the truth as 1 shot, after as much fine-tuning",
    arms=ARMS,
    run=run,
    check=check,
    control={"talking head": "no identity"},
    control_description="the same generator with another identity; a copied source, which has the "
    "identity and not the landmarks",
    quick=Budget(3, {"steps": 4000, "people": 20, "finetune": 40}),
    full=Budget(3, {"steps": 12000, "people": 60, "finetune": 40}),
    plot=plot,
)
