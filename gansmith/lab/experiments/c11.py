from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from gansmith.core.rng import Rng
from gansmith.data import Dataset, DataSpec, open_data
from gansmith.data.builtin.collages import keeps_rules
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import recipe_trainer, single_axes
from gansmith.metrics import best_thresholds, f1_per_label, micro_f1
from gansmith.networks.multi_label import MultiLabelClassifier
from gansmith.networks.r3 import R3Discriminator
from gansmith.networks.resnet import ResNetCritic, layer_norm
from gansmith.presets import PRESETS
from gansmith.sampling.generate import to_model_input

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("BCE", "BCE, tuned", "GAN")
NETWORKS = {"dcgan": "o", "resnet": "s", "r3": "^"}  # the classifier, and its marker in the plot
TUNING = 1000  # training pictures that no network is trained on: thresholds are tuned on them


@cache
def data() -> tuple[Dataset, dict[str, Tensor]]:
    """The collages without the pictures for tuning, and those pictures."""
    whole = open_data("collages")
    first = {name: rows[:-TUNING] for name, rows in whole.train.items()}
    last = {name: rows[-TUNING:] for name, rows in whole.train.items()}
    return replace(whole, train=first), last


def classifier(network: str, spec: DataSpec) -> nn.Module:
    """Pictures to logits of labels.

    dcgan: strided convolutions with batch normalization, and a hidden layer of labels. resnet:
    residual blocks with layer normalization. r3: residual blocks of grouped convolutions without
    normalization.
    """
    assert spec.condition is not None
    channels, side, labels = spec.condition.channels, spec.condition.height, len(spec.classes)
    if network == "resnet":
        resnet = ResNetCritic(channels, side, 24, layer_norm)
        resnet.linear = nn.Linear(24, labels)
        return resnet
    if network == "r3":
        r3 = R3Discriminator(channels, side, 8)
        r3.logit = nn.Linear(32, labels)
        return r3
    return MultiLabelClassifier(channels, side, 16, labels)


@cache
def probabilities(preset: str, network: str, seed: int, steps: int) -> tuple[Tensor, Tensor]:
    """Probabilities of the labels of the pictures for tuning, and of the held-out ones."""
    dataset, last = data()
    keywords = {"threshold_lr_factor": 0.0} if preset == "bce" else {}
    chosen = PRESETS[preset]
    torch.manual_seed(seed)
    recipe = chosen.build(dataset.spec, **chosen.keywords(keywords))
    recipe.game.G = classifier(network, dataset.spec)
    trainer = recipe_trainer(dataset, recipe, seed, steps)
    trainer.fit(steps)
    with trainer.ema.applied(trainer.game) as averaged, torch.no_grad():
        game: Any = averaged
        tuning, held_out = (
            game.generate(to_model_input(part["condition"], game), Rng(0))
            for part in (last, dataset.held_out)
        )
    return tuning, held_out


def run(arm: str, seed: int, steps: int) -> Numbers:
    """F1 on held-out pictures and the share of sets that break the rules, for each network."""
    dataset, last = data()
    true = dataset.held_out["real"] > 0.5
    preset = "multi-label" if arm == "GAN" else "bce"
    numbers: Numbers = {}
    for network in NETWORKS:
        tuning, held_out = probabilities(preset, network, seed, steps)
        thresholds = best_thresholds(tuning, last["real"] > 0.5) if arm == "BCE, tuned" else 0.5
        predicted = held_out > thresholds
        numbers |= {
            f"f1 {network}": micro_f1(predicted, true),
            f"macro {network}": float(f1_per_label(predicted, true).mean()),
            f"invalid {network}": float((~keeps_rules(predicted)).double().mean()),
            f"exact {network}": float((predicted == true).all(1).double().mean()),
        }
    return numbers


def check(arms: Arms) -> list[Check]:
    wins = sum(arms.mean("GAN", f"f1 {n}") >= arms.mean("BCE", f"f1 {n}") for n in NETWORKS)
    gan, bce = (
        sum(arms.mean(arm, f"invalid {network}") for network in NETWORKS) / len(NETWORKS)
        for arm in ("GAN", "BCE")
    )
    return [
        above("networks of 3 where the GAN's F1 is at least that of BCE", wins, 2),
        below(f"share of sets that break the rules, GAN {gan:.3g} over BCE", gan / bce, 0.5),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes(6.5)
    for color, arm in enumerate(ARMS):
        for network, marker in NETWORKS.items():
            x, y = arms.mean(arm, f"invalid {network}"), arms.mean(arm, f"f1 {network}")
            label = f"{arm}, {network}"
            axes.scatter(x, y, s=40, color=f"C{color}", marker=marker, label=label)
    axes.set(xlabel="share of label sets that break the rules", ylabel="F1, micro")
    axes.legend(fontsize=7)
    return figure


EXPERIMENT = Experiment(
    id="C11",
    title="A discriminator of label sets learns which labels go together",
    claim="Label sets predicted by a conditional GAN respect which labels occur together, since "
    "the discriminator sees the whole set; cross-entropy treats each label by itself.",
    paper="arXiv:1811.04689",
    metric="F1 of all labels, and share of label sets that break the rules, on collages of "
    "held-out garments, with three architectures of the classifier; thresholds tuned for the F1 "
    "of each label on 1,000 pictures set aside",
    criterion="F1 at least that of cross-entropy with 2 of 3 architectures; half as many sets "
    "that break the rules, in the mean of the three",
    arms=ARMS,
    run=run,
    check=check,
    control={"GAN": "BCE, tuned"},
    control_description="cross-entropy with tuned thresholds instead of the GAN",
    quick=Budget(1, {"steps": 1000}),
    full=Budget(3, {"steps": 3000}),
    plot=plot,
)
