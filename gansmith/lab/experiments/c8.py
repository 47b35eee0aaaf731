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
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import conditional_samples, encode_sheet, recipe_trainer, sheets_figure
from gansmith.metrics import evaluate_enhancement, load_judge
from gansmith.metrics.speech import log_spectral_spread
from gansmith.presets import PRESETS
from gansmith.rendering.spectrogram import spectrograms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("noisy", "spectral subtraction", "Wiener", "L1", "L1 + cGAN")
SHOWN = 4


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """Distances to the clean sounds, digits recognized, and log-spectral variance over clean."""
    data = open_data("noisy:spoken-digits")
    held, rate = data.held_out, data.spec.rate
    real, given, lengths = held["real"], held["condition"], held["lengths"]
    if arm == "noisy":
        enhanced_sounds = given
    elif arm == "spectral subtraction":
        enhanced_sounds = spectral_subtraction(given, rate)
    elif arm == "Wiener":
        enhanced_sounds = wiener(given, rate)
    else:
        enhanced_sounds = enhanced(data, arm, seed, steps, width)
    judge = load_judge("spoken-digits")
    found = evaluate_enhancement(
        enhanced=enhanced_sounds,
        clean=real,
        noisy=given,
        rate=rate,
        lengths=lengths,
        digits=held["label"],
        judge=judge,
    )
    spread, clean = (log_spectral_spread(x, rate, lengths).mean() for x in (enhanced_sounds, real))
    numbers = {key: found[key].value for key in ("segsnr", "sisdr", "lsd", "recognized")}
    return numbers | {
        "spread": float(spread / clean),
        "sheet": encode_sheet(spectrograms(enhanced_sounds[:: 300 // SHOWN], rate), SHOWN),
    }


def enhanced(data: Dataset, arm: str, seed: int, steps: int, width: int) -> Tensor:
    """The output of the preset, or of its generator with the same distances and without D."""
    chosen = PRESETS["speech-enhancement"]
    torch.manual_seed(seed)
    recipe = chosen.build(data.spec, **chosen.keywords({"width": width}))
    if arm == "L1":
        recipe = without_discriminator(recipe)
    trainer = recipe_trainer(data, recipe, seed, steps)
    trainer.fit(steps)
    return conditional_samples(trainer, data, data.spec.held_out)


def without_discriminator(recipe: Recipe) -> Recipe:
    """The same generator, trained on the same two distances alone."""
    game = recipe.game
    assert isinstance(game, Pix2Pix)

    def distance(output: Tensor, target: Tensor) -> Tensor:
        spectrograms = game.perceptual_weight * game.perceptual(output, target)
        return game.l1_weight * l1_loss(output, target) + spectrograms

    recipe.game = Regression(game.G, distance=distance, condition_field="condition")
    recipe.optim = {"G": recipe.optim["G"]}
    return recipe


def check(arms: Arms) -> list[Check]:
    best = "L1 + cGAN"

    def gain(key: str, over: str) -> float:
        return arms.mean(best, key) - arms.mean(over, key)

    off = {arm: abs(1 - arms.mean(arm, "spread")) for arm in ("L1", best)}
    return [
        above("segmental SNR gained, dB", gain("segsnr", "noisy"), 3.0),
        above("digits recognised, gained", gain("recognized", "noisy"), 0.1),
        above("digits recognised, over Wiener's", gain("recognized", "Wiener"), 0.0),
        above("SI-SDR over Wiener's, dB", gain("sisdr", "Wiener"), 0.0),
        below(
            f"log-spectral variance's distance to clean, L1 + cGAN {off[best]:.3g} over L1",
            off[best] / off["L1"],
            1.0,
        ),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in ARMS})


EXPERIMENT = Experiment(
    id="C8",
    title="Speech enhancement: D sees the noisy and the enhanced sound",
    claim="A generator trained on distances and against a discriminator that sees the noisy sound "
    "beside the output removes noise and leaves speech intelligible; its spectra vary as clean "
    "ones do, where distances alone smooth them.",
    paper="arXiv:1703.09452",
    metric="segmental SNR, SI-SDR, log-spectral distance, digits that a recognizer understands, "
    "log-spectral variance over clean; held-out digits in recordings of noise never trained on, 0 "
    "to 10 dB",
    criterion="segmental SNR 3 dB above noisy; 10 points more digits recognised; digits and SI-SDR "
    "at least Wiener's; log-spectral variance nearer to clean than L1's",
    arms=ARMS,
    run=run,
    check=check,
    control={"L1 + cGAN": "noisy"},
    control_description="a copy of the input",
    quick=Budget(3, {"steps": 400, "width": 16}),
    full=Budget(3, {"steps": 1500, "width": 16}),
    plot=plot,
    departures="spoken digits and 17 recordings of noise instead of sentences and 100 noises; no "
    "PESQ or MOS",
)
