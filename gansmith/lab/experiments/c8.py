from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from gansmith.audio.filters import spectral_subtraction, wiener
from gansmith.core.recipe import Recipe
from gansmith.data import Dataset, open_data
from gansmith.games.pix2pix import Pix2Pix
from gansmith.games.regression import Regression
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import answers_of, kept, sheets, trainer_with
from gansmith.metrics import evaluate_answers, load_judge
from gansmith.metrics.speech import log_spectral_spread
from gansmith.modalities.sheets import spectra
from gansmith.presets import PRESETS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("noisy", "spectral subtraction", "Wiener", "L1", "L1 + cGAN")
SHOWN = 4


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """Distances to the clean sounds, digits recognised, and log-spectral variance over clean."""
    data = open_data("noisy:spoken-digits")
    held, rate = data.held, data.spec.rate
    real, given, lengths = held["real"], held["given"], held["lengths"]
    if arm == "noisy":
        made = given
    elif arm == "spectral subtraction":
        made = spectral_subtraction(given, rate)
    elif arm == "Wiener":
        made = wiener(given, rate)
    else:
        made = learnt(data, arm, seed, steps, width)
    judge = load_judge("spoken-digits")
    found = evaluate_answers(made, real, given, rate, lengths, held["label"], judge)
    spread, clean = (log_spectral_spread(x, rate, lengths).mean() for x in (made, real))
    numbers = {key: found[key].value for key in ("segsnr", "sisdr", "lsd", "recognised")}
    return numbers | {
        "spread": float(spread / clean),
        "sheet": kept(spectra(made[:: 300 // SHOWN], rate), SHOWN),
    }


def learnt(data: Dataset, arm: str, seed: int, steps: int, width: int) -> Tensor:
    """The answers of the preset, or of its generator with the same distances and without a D."""
    chosen = PRESETS["speech-enhancement"]
    torch.manual_seed(seed)
    recipe = chosen.build(data.spec, **chosen.keywords({"width": width}))
    if arm == "L1":
        recipe = without_judge(recipe)
    trainer = trainer_with(data, recipe, seed, steps)
    trainer.fit(steps)
    return answers_of(trainer, data, data.spec.held)


def without_judge(recipe: Recipe) -> Recipe:
    """The same generator, taught by the same two distances alone."""
    game = recipe.game
    assert isinstance(game, Pix2Pix)

    def distance(made: Tensor, meant: Tensor) -> Tensor:
        return game.l1 * l1_loss(made, meant) + game.perceptual * game.sight(made, meant)

    recipe.game = Regression(game.G, distance=distance, asked="given")
    recipe.optim = {"G": recipe.optim["G"]}
    return recipe


def check(arms: Arms) -> list[Check]:
    best = "L1 + cGAN"

    def gain(key: str, over: str) -> float:
        return arms.mean(best, key) - arms.mean(over, key)

    off = {arm: abs(1 - arms.mean(arm, "spread")) for arm in ("L1", best)}
    return [
        above("segmental SNR gained, dB", gain("segsnr", "noisy"), 3.0),
        above("digits recognised, gained", gain("recognised", "noisy"), 0.1),
        above("digits recognised, over Wiener's", gain("recognised", "Wiener"), 0.0),
        above("SI-SDR over Wiener's, dB", gain("sisdr", "Wiener"), 0.0),
        below(
            f"log-spectral variance's distance to clean, L1 + cGAN {off[best]:.3g} over L1",
            off[best] / off["L1"],
            1.0,
        ),
    ]


def picture(arms: Arms) -> Figure:
    return sheets({arm: arms.first(arm, "sheet") for arm in ARMS})


EXPERIMENT = Experiment(
    id="C8",
    title="Speech out of noise: D sees what was given and what is answered",
    says="A generator taught by distances and by a discriminator that is shown the noisy sound "
    "beside the answer takes noise away and leaves speech that is understood; its spectra vary as "
    "clean ones do, where distances alone smooth them.",
    paper="arXiv:1703.09452",
    metric="segmental SNR, SI-SDR, log-spectral distance, digits that a recogniser understands, "
    "log-spectral variance over clean; held-out digits in recordings of noise never trained on, 0 "
    "to 10 dB",
    criterion="segmental SNR 3 dB above noisy; 10 points more digits recognised; digits and SI-SDR "
    "at least Wiener's; log-spectral variance nearer to clean than L1's",
    arms=ARMS,
    run=run,
    check=check,
    control={"L1 + cGAN": "noisy"},
    fails="a copy of the input",
    quick=Form(1, {"steps": 400, "width": 16}),
    full=Form(3, {"steps": 1500, "width": 16}),
    picture=picture,
    departs="spoken digits and 17 recordings of noise for sentences and 100 noises; no PESQ or MOS",
)
