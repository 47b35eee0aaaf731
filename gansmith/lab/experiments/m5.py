from __future__ import annotations

import torch
import torch.nn.functional as F

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.metrics import inception_score, load_judge


def run(arm: str, seed: int, count: int) -> Numbers:
    """Scores of planted sets; in the control every picture gets the judge's mean answer."""
    data, judge = open_data("fashion"), load_judge("fashion")
    order = Rng(seed, 3).permutation(data.spec.held_out)
    real, label = data.held_out["real"][order[:count]], data.held_out["label"][order[:count]]
    sets = {
        "real": real,
        "blurred": F.avg_pool2d(real.float(), 5, 1, 2).to(torch.uint8),
        "noise": Rng(seed, 4).integers(256, *real.shape).to(torch.uint8),
        "one class": real[label == 1],
        "one picture a class": torch.stack([_best(real[label == k], k) for k in range(10)]),
    }
    k = 7
    answers = {name: judge.extract(pictures)[1] for name, pictures in sets.items()}
    answers |= {"K": torch.eye(k).double().repeat(3, 1), "one": torch.eye(k)[:1].double()}
    if arm == "mean answers":
        answers = {name: p.mean(0, keepdim=True).expand_as(p) for name, p in answers.items()}
    scores = {name: inception_score(p) for name, p in answers.items()}
    return scores | {"exact": abs(scores["K"] - k) + abs(scores["one"] - 1)}


def _best(pictures: torch.Tensor, label: int) -> torch.Tensor:
    return pictures[load_judge("fashion").extract(pictures)[1][:, label].argmax()]


def check(arms: Arms) -> list[Check]:
    arm = "judge"
    return [
        below("error on K balanced certain classes, and on one", arms.mean(arm, "exact"), 1e-9),
        above("real less blurred", arms.mean(arm, "real") - arms.mean(arm, "blurred"), 0.1),
        above("blurred less noise", arms.mean(arm, "blurred") - arms.mean(arm, "noise"), 0.1),
        below("one class only", arms.mean(arm, "one class"), 1.15),
        above("one picture a class: it sees no harm", arms.mean(arm, "one picture a class"), 9.0),
    ]


EXPERIMENT = Experiment(
    id="M5",
    title="Inception score: confident per picture, balanced on average",
    claim="exp(mean KL of the class probabilities of a picture to their mean) is K for K "
    "confident, balanced classes; it falls with blur and noise, and does not notice that all "
    "pictures of a class are the same.",
    paper="arXiv:1606.03498, section 4",
    metric="inception score by the judge of fashion, of real, blurred, noisy, one-class pictures",
    criterion="exact on planted probabilities; real > blurred > noise; one class <= 1.15; copies "
    "unnoticed",
    arms=("judge", "mean answers"),
    run=run,
    check=check,
    control={"judge": "mean answers"},
    control_description="a judge with the same probabilities for every picture",
    quick=Budget(3, {"count": 2000}),
    full=Budget(3, {"count": 4000}),
)
