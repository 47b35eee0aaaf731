"""The trivial problem that each preset must solve, and how one sees that it did.

Steps and keywords are as small as solve it with some room; a step costs 5 to 30 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import permutations
from typing import Any

import torch
from scipy.stats import spearmanr
from small import Trainer

from gansmith.core.rng import Rng
from gansmith.data import Condition, Dataset, accepts, modes, open_data, open_source
from gansmith.data.audio import audio_dataset
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.domains import domains_dataset
from gansmith.data.transforms.degrade import degrade
from gansmith.data.transforms.windows import clip_dataset
from gansmith.evaluation.adherence import condition_adherence, reconstruction
from gansmith.evaluation.classify import classifier_metrics
from gansmith.evaluation.select import score
from gansmith.metrics import (
    energy_distance,
    evaluate_labels,
    load_judge,
    mode_report,
    ngram_jsd,
    valid_share,
)
from gansmith.metrics.speech import si_sdr
from gansmith.presets import PRESETS
from gansmith.sampling.generate import generate, to_model_input

Scores = dict[str, float]
LARGE = float("inf")


@dataclass(frozen=True)
class Problem:
    """Data, how it is played, and between which bounds each score lies once it is solved."""

    data: Callable[[], Dataset]
    keywords: dict[str, Any]
    steps: int
    scores: Callable[[Any, Dataset], Scores]
    wanted: dict[str, tuple[float, float]]


def found(game: Any, dataset: Dataset) -> Scores:
    """Modes of the ring with a sample, and the share of samples on a mode (VEEGAN's metric)."""
    known = modes("ring")
    assert known is not None
    report = mode_report(game.sample(2500, Rng(1)), *known)
    return {"modes": report.captured, "share": report.high_quality}


# Points spread evenly over the disc hit every mode now and then, with a share of 0.007; spread
# over the circle itself, with the right deviation, they have 0.076. So 0.12 is no chance.
MODES = {"modes": (7, 8), "share": (0.12, 1)}


def fitted(game: Any, dataset: Dataset) -> Scores:
    """Energy distance of 2500 samples to as many held-out points, and the share left of 0.

    A third of the points lie in the narrow mode at -1.
    """
    points = game.sample(2500, Rng(1))
    distance = energy_distance(points, dataset.held_out["real"][:2500])
    return {"energy": distance, "left": float((points < 0).float().mean())}


# One Gaussian of the right mean and deviation has an energy distance of 0.058, real points 0.005.
FITTED = {"energy": (0, 0.015), "left": (0.25, 0.5)}


def ring(steps: int, /, **keywords: Any) -> Problem:
    """8 Gaussians on a circle, for players of a few thousand weights."""
    small = dict(width=16, latent=2, batch=64) | keywords
    return Problem(partial(open_data, "ring"), small, steps, found, MODES)


@cache
def bands() -> Dataset:
    """Unpaired 8x8 pictures: a bright band above, yellow in a, cyan in b; 2 rows, seldom 6.

    Since low bands are commoner than high ones, only one order of the translations gives the
    right distribution. Green, which both colours have, hints at it, and the identity term with
    it: a game without pairs has other consistent solutions. With pure red and blue, with many
    heights or without the identity term, some seeds turn the order around.
    """
    parts = []
    for side, channel in enumerate((0, 2)):
        rng = Rng(7, side)
        x = 20 * rng.uniform(320, 3, 8, 8)
        height = torch.where(rng.uniform(320) < 0.8, 2, 6)
        band = torch.arange(8)[None, :, None] < height[:, None, None]
        x[:, channel] += 180 * band
        x[:, 1] += 180 * band
        real = x.to(torch.uint8)
        parts.append(image_dataset("ab"[side], {"real": real[:256]}, {"real": real[256:]}))
    return domains_dataset("bands", dict(zip("ab", parts, strict=True)))


def crossed(game: Any, dataset: Dataset) -> Scores:
    """Colours of the translations within and without the band, and the order of the heights."""
    scores: Scores = {}
    for source, to, old, new in (("a", "b", 0, 2), ("b", "a", 2, 0)):
        x = dataset.held_out[source].float().div(127.5).sub(1)
        y = game.translate(x, source, to)
        band = x[:, old] > 0
        order = spearmanr((x[:, old] > 0).sum((1, 2)), (y[:, new] > 0).sum((1, 2))).statistic
        scores |= {
            f"new colour in {to}": float(y[:, new][band].mean()),
            f"old colour in {to}": float(y[:, old][band].mean()),
            f"ground in {to}": float(y[:, new][~band].mean()),
            f"order in {to}": float(order),
        }
    return scores


@cache
def three_bands() -> Dataset:
    """Dark 8x8 images with a bright band above, red, green or blue by the domain."""
    parts = {}
    for channel, name in enumerate(("red", "green", "blue")):
        rng = Rng(8, channel)
        x = 20 * rng.uniform(192, 3, 8, 8)
        x[:, channel, : 2 + channel] += 200
        real = x.to(torch.uint8)
        parts[name] = image_dataset(name, {"real": real[:160]}, {"real": real[160:]})
    return domains_dataset("three bands", parts)


def recoloured(game: Any, dataset: Dataset) -> Scores:
    """How often the brightest channel of a translation is that of the target, over all six ways."""
    names = list(dataset.domains)
    right = []
    for source, target in permutations(names, 2):
        x = to_model_input(dataset.domains[source].held_out["real"], game)
        y = game.translate(x, source, target)[:, :, 0].mean(2)
        right.append((y.argmax(1) == names.index(target)).float().mean())
    return {"right colour": float(torch.stack(right).min())}


def spelled(game: Any, dataset: Dataset) -> Scores:
    """Numbers in words, written in digits: how many sentences and words are right."""
    found = condition_adherence(generate(game, dataset, 200, Rng(1)), dataset)
    return {key: number.value for key, number in found.items()}


def classified(game: Any, dataset: Dataset) -> Scores:
    """The share of held-out images whose class is found."""
    found = classifier_metrics(game, dataset, 360)
    return {"accuracy": found["classifier_accuracy"].value}


def both(**wanted: tuple[float, float]) -> dict[str, tuple[float, float]]:
    """The same bounds for both ways."""
    return {
        f"{name.replace('_', ' ')} in {to}": bounds
        for name, bounds in wanted.items()
        for to in "ab"
    }


def spoken(game: Any, dataset: Dataset) -> Scores:
    """Share of sentences that the grammar makes, and nats per token of held-out ones."""
    judge = accepts("grammar")
    assert judge is not None
    tokens = dataset.held_out["tokens"][:500].long()
    count = int((tokens != 0).sum()) + 500  # every sentence has its end
    with torch.no_grad():
        nll = float(game.G.nll(tokens).sum()) / count
    return {"valid": valid_share(game.sample(500, Rng(1)), judge), "nll": nll}


def written(game: Any, dataset: Dataset) -> Scores:
    """Quick cFID of digits, and energy distance of their pixels to held-out ones."""
    x, held = game.sample(1000, Rng(1)), dataset.held_out["real"].float().div(127.5).sub(1)
    distance = energy_distance(x.flatten(1), held.flatten(1))
    return {"cfid": score(game, dataset, 0)["value"], "energy": distance}


# Real digits of the first five classes alone have 43 and 0.11, of one class 133 and 2.3.
WRITTEN = {"cfid": (0, 25), "energy": (0, 0.2)}


def digits(steps: int, /, **keywords: Any) -> Problem:
    """Digits of 8x8, for games that collapse on the ring.

    That is, where D copies, since two coordinates are copied whatever they are; and where nothing
    keeps D smooth and Adam has momentum.
    """
    small = dict(width=16, latent=16) | keywords
    return Problem(partial(open_data, "digits"), small, steps, written, WRITTEN)


def copied(game: Any, dataset: Dataset) -> Scores:
    """Mean squared error of the copies of held-out points, and the spread of the copies.

    A code of one number must find the way round the ring; the mean of all has an error of 0.5.
    """
    real = dataset.held_out["real"][:2500]
    copy = game.decode(game.encode(real))
    return {"error": float((copy - real).square().mean()), "spread": float(copy.var(0).mean())}


def likely(game: Any, dataset: Dataset) -> Scores:
    """The same for a chain of potentials, whose likelihood is that of its D."""
    judge = accepts("grammar")
    assert judge is not None
    tokens = dataset.held_out["tokens"].long()
    with torch.no_grad():
        nll = float(game.D.nll(tokens).sum()) / float((tokens != 0).sum() + len(tokens))
    return {"valid": valid_share(game.sample(2000, Rng(1)), judge), "nll": nll}


def herded(game: Any, dataset: Dataset) -> Scores:
    """Share of sentences that the grammar makes, and divergence of pairs of words."""
    judge = accepts("grammar")
    assert judge is not None
    tokens = game.sample(2000, Rng(1))
    return {
        "valid": valid_share(tokens, judge),
        "jsd-2": ngram_jsd(generated=tokens, real=dataset.held_out["tokens"], n=2),
    }


@cache
def told() -> Dataset:
    """Digits of 16x16, asked by sentences of two words, of which one says which digit."""
    small = open_data("digits")
    fields = []
    for part in (small.train, small.held_out):
        real = part["real"].repeat_interleave(2, 2).repeat_interleave(2, 3)
        fields.append({"real": real, "label": part["label"]})
    whole = image_dataset("digits", *fields, classes=small.spec.classes)
    given = [
        torch.stack([torch.full_like(part["label"], 11), part["label"] + 1], 1).to(torch.int16)
        for part in fields
    ]
    words = ["<end>", *small.spec.classes, "number"]
    return with_condition(whole, Condition("sentence", vocab=12, length=2), *given, words)


@cache
def voices() -> Dataset:
    """The same digits, each asked by a noisy tone in a band of its own that begins at any time."""
    whole, rng = told(), Rng(13)
    pictures = replace(
        whole,
        spec=replace(whole.spec, condition=None),
        train={k: v for k, v in whole.train.items() if k != "condition"},
        held_out={k: v for k, v in whole.held_out.items() if k != "condition"},
    )
    given = []
    for part in (whole.train, whole.held_out):
        n = len(part["label"])
        band = torch.arange(10)[None, :, None] == part["label"][:, None, None]
        begun = torch.arange(12)[None, None] >= rng.integers(6, n, 1, 1)
        sound = 60 * rng.uniform(n, 10, 12) + 150 * (band & begun)
        given.append(sound.to(torch.uint8).unsqueeze(1))
    return with_condition(pictures, Condition("log-mel", channels=1, height=10, width=12), *given)


@cache
def negatives() -> Dataset:
    """Digits of 16x16 and their negatives: pairs."""
    whole = told()
    given = [part["real"] for part in (whole.train, whole.held_out)]
    parts = [{"real": 255 - rows} for rows in given]
    pictures = image_dataset("digits", *parts)
    return with_condition(pictures, Condition("image", channels=1, height=16, width=16), *given)


@cache
def gliding() -> Dataset:
    """Bright squares of 5x5 that glide 2 pixels a frame, over 16x16, up, down, left or right."""
    rng = Rng(14)
    n = 320
    ahead = torch.tensor([[0, 2], [2, 0], [0, -2], [-2, 0]])[rng.integers(4, n)]
    place = 8 + rng.integers(3, n, 2) - 1 + torch.arange(-2, 2).view(-1, 1, 1) * ahead
    t = torch.arange(16)
    inside = [(t - place[..., axis, None]).abs() <= 2 for axis in (0, 1)]
    clips = (255 * (inside[0][..., None] & inside[1][..., None, :])).to(torch.uint8)
    clips = clips.unsqueeze(2).transpose(0, 1)
    return clip_dataset("gliding", list(clips[:256]), list(clips[256:]), 3)


@cache
def fruits() -> Dataset:
    """Bright yellow and dark blue discs of 16x16 on white; grey tells which."""
    rng = Rng(12)
    n = 320
    middle = 5 + 6 * rng.uniform(n, 2, 1, 1)
    t = torch.arange(16)
    disc = (t.view(1, 16, 1) - middle[:, 0]) ** 2 + (t.view(1, 1, 16) - middle[:, 1]) ** 2 < 16
    colour = torch.tensor([[230, 220, 40], [30, 40, 120]])[rng.integers(2, n)]
    real = torch.where(disc[:, None], colour[:, :, None, None], 255).to(torch.uint8)
    return image_dataset("fruits", {"real": real[:256]}, {"real": real[256:]})


@cache
def balls() -> Dataset:
    """People that are discs of a colour of their own, 16x16; a cross is the landmark: where.

    Three pictures of each: one to be made and two to know the colour from.
    """
    rng = Rng(14)
    n, frames = 220, 3
    middle = 4 + 8 * rng.uniform(n * frames, 2, 1, 1)
    t = torch.arange(16)
    down, across = t.view(1, 16, 1) - middle[:, 0], t.view(1, 1, 16) - middle[:, 1]
    disc = (down**2 + across**2 < 12)[:, None]
    colour = (255 * rng.uniform(n, 3, 1, 1)).repeat_interleave(frames, 0)
    seen = torch.where(disc, colour, 255).to(torch.uint8).unflatten(0, (n, frames))
    cross = ((down.abs() < 0.7) | (across.abs() < 0.7))[:, None].expand(-1, 3, -1, -1)
    marks = (255 * cross).to(torch.uint8).unflatten(0, (n, frames))
    sources = torch.cat([seen[:, 1:], marks[:, 1:]], 2).flatten(1, 2)
    given = torch.cat([marks[:, 0], sources], 1)
    rows = (slice(200), slice(200, n))
    parts = [{"real": seen[part, 0].contiguous(), "person": torch.arange(n)[part]} for part in rows]
    condition = Condition("references", channels=15, height=16, width=16)
    return with_condition(
        image_dataset("balls", *parts), condition, *(given[part] for part in rows)
    )


def as_asked(game: Any, dataset: Dataset) -> Scores:
    """Share of answers that the judge takes for the digit that was asked for, and quick cFID."""
    n = dataset.spec.held_out
    _, seen = load_judge("digits").extract(generate(game, dataset, n, Rng(1)))
    right = float((seen.argmax(1) == dataset.held_out["label"]).float().mean())
    return {"asked": right, "cfid": score(game, dataset, 0)["value"]}


ASKED = {"asked": (0.55, 1), "cfid": (0, 30)}


def by_class(game: Any, dataset: Dataset) -> Scores:
    """The same, and the variance of answers to one class, over that of its real pictures."""
    label = torch.arange(10).repeat_interleave(30)
    answers = game.generate(label, Rng(2)).unflatten(0, (10, 30))
    real, true = dataset.train["real"].float() / 127.5 - 1, dataset.train["label"]
    spread = torch.stack([real[true == k].var(0).mean() for k in range(10)]).mean()
    return {**as_asked(game, dataset), "variety": float(answers.var(1).mean() / spread)}


BY_CLASS = {**ASKED, "variety": (0.3, 2)}


def averaged(game: Any, dataset: Dataset) -> Scores:
    """Mean absolute difference of the answers to the mean of their class, in [-1, 1]."""
    real, label = dataset.train["real"].float() / 127.5 - 1, dataset.train["label"]
    means = torch.stack([real[label == k].mean(0) for k in range(10)])
    answers = game.generate(torch.arange(10), Rng(1))
    return {"off": float((answers - means).abs().mean())}


def labelled(game: Any, dataset: Dataset) -> Scores:
    """F1 of the labels of 500 held-out pictures, and the share of sets that never occur."""
    found = evaluate_labels(
        predicted=generate(game, dataset, 500, Rng(1)),
        held_out=dataset.held_out["real"][:500],
        train=dataset.train["real"],
    )
    return {"f1": found["f1"].value, "unseen": found["novel"].value}


def true_to(game: Any, dataset: Dataset) -> Scores:
    """PSNR of answers to held-out pictures, dB."""
    samples = generate(game, dataset, dataset.spec.held_out, Rng(1))
    return {"psnr": reconstruction(samples, dataset)["psnr"].value}


@cache
def tones() -> Dataset:
    """Tones of 300 to 900 Hz, an eighth of a second, in recordings of noise at 0 to 10 dB."""
    hertz = 300 + 600 * Rng(13).uniform(320, 1)
    real = 0.3 * torch.sin(2 * torch.pi * hertz * torch.arange(1024) / 8000)
    return degrade(
        "noisy", audio_dataset("tones", {"real": real[:256]}, {"real": real[256:]}, 8000)
    )


def freed(game: Any, dataset: Dataset) -> Scores:
    """What the answers to held-out sounds gain on the given ones, dB of SI-SDR."""
    samples = generate(game, dataset, dataset.spec.held_out, Rng(1))
    real, given = dataset.held_out["real"], dataset.held_out["condition"]
    return {
        "gain": float(
            (si_sdr(estimate=samples, clean=real) - si_sdr(estimate=given, clean=real)).mean()
        )
    }


PROBLEMS: dict[str, Problem] = {
    "cgan": Problem(
        partial(open_data, "digits"), dict(width=16, latent=16), 1200, by_class, BY_CLASS
    ),
    "two-score": Problem(
        partial(open_data, "digits"), dict(width=16, latent=16), 1400, by_class, BY_CLASS
    ),
    "projection": Problem(
        partial(open_data, "digits"), dict(width=16, latent=16), 1000, by_class, BY_CLASS
    ),
    "acgan": Problem(
        partial(open_data, "digits"), dict(width=16, latent=16), 1200, by_class, BY_CLASS
    ),
    "gan-cls": Problem(
        told, dict(width=8, latent=16, embed_dim=16, augment="none"), 1500, as_asked, ASKED
    ),
    "stackgan": Problem(
        told, dict(width=8, latent=16, embed_dim=16, small_steps=1000), 1400, as_asked, ASKED
    ),
    "sound-to-image": Problem(
        voices, dict(width=8, latent=16, embed_dim=16), 250, as_asked, ASKED
    ),
    "regression": Problem(
        partial(open_data, "digits"), dict(width=16, lr=2e-3), 500, averaged, {"off": (0, 0.05)}
    ),
    "pix2pix": Problem(
        negatives, dict(width=8, patch_size=7, lr=1e-3), 350, true_to, {"psnr": (20, 99)}
    ),
    "colorization": Problem(
        partial(degrade, "grey", fruits()), dict(width=8, patch_size=7, lr=2e-3), 400, true_to,
        {"psnr": (17, 99)},
    ),
    "super-resolution": Problem(
        partial(degrade, "down2", negatives()), dict(width=8), 200, true_to, {"psnr": (22, 99)}
    ),
    "inpainting": Problem(
        partial(degrade, "hole", fruits()), dict(width=8), 250, true_to, {"psnr": (18, 99)}
    ),
    # the last frame shown again has 11.1 dB
    "next-frame": Problem(
        gliding, dict(width=8, latent=2, patch_size=7, lr=2e-3), 400, true_to, {"psnr": (20, 99)}
    ),
    "talking-head": Problem(
        balls, dict(width=16, embed_dim=8, shots=2, lr=2e-3), 200, true_to, {"psnr": (16, 99)}
    ),
    # nothing is a set of labels with an F1 of 0 that never occurs
    "multi-label": Problem(
        partial(open_data, "collages"), dict(width=8), 500, labelled,
        {"f1": (0.7, 1), "unseen": (0, 0.4)},
    ),
    "bce": Problem(
        partial(open_data, "collages"), dict(width=8), 300, labelled,
        {"f1": (0.7, 1), "unseen": (0, 0.85)},
    ),
    "speech-enhancement": Problem(
        tones, dict(width=8, patch_size=7, lr=1e-3), 100, freed, {"gain": (10, 99)}
    ),
    "segan": Problem(tones, dict(width=4, lr=1e-3, batch=8), 200, freed, {"gain": (4, 99)}),
    "gan": ring(1200, width=32, latent=4, lr=5e-4, prior="normal"),
    "nsgan": ring(1200, lr=1e-3, beta1=0.0),
    # on the ring, without a penalty and with momentum, rounding decides which of these collapse
    "dcgan": digits(600),
    "lsgan": digits(900),
    # squared Hellinger, the default, finds three modes of the ring and holds on to them
    "fgan": ring(1600, lr=1e-3, divergence="gan-divergence"),
    # a clipped critic is too smooth for the narrow modes of the ring: it finds seven or eight, but
    # puts a tenth of its points on them, little more than a circle would; so it is given a mixture
    "wgan": Problem(
        partial(open_data, "mixture-1d"),
        dict(width=16, latent=2, batch=64, lr=5e-4, weight_clip=0.05, d_steps=5),
        300,
        fitted,
        FITTED,
    ),
    "wgan-gp": ring(1200, latent=8, lr=1e-3, penalty_weight=0.1, d_steps=3),
    "sngan": ring(1500, lr=1e-3, beta1=0.0, d_steps=2),
    "cyclegan": Problem(
        bands,
        dict(width=8, blocks=1, d_width=8, d_layers=1, batch=4, lr=1e-3, identity_weight=10.0),
        250,
        crossed,
        both(
            new_colour=(0.1, 1), old_colour=(-1, -0.8), ground=(-1, -0.7), order=(0.8, 1)
        ),
    ),
    "stargan": Problem(
        three_bands,
        dict(width=8, blocks=1, d_width=8, batch=12, lr=1e-3, penalty_weight=1.0),
        150,
        recoloured,
        {"right colour": (0.8, 1)},
    ),
    "seq2seq": Problem(
        partial(open_data, "number-words"),
        dict(embed_dim=16, hidden_dim=32, lr=1e-2),
        60,
        spelled,
        {"exact": (0.5, 1), "wer": (0, 0.2)},
    ),
    "classifier": Problem(
        partial(open_data, "digits"),
        dict(width=16, lr=5e-3),
        250,
        classified,
        {"accuracy": (0.88, 1)},
    ),
    "compose": ring(1500, objective="hinge", penalty="r1", lr=1e-3),
    "seqgan": Problem(
        partial(open_data, "grammar"),
        dict(
            embed_dim=16, hidden_dim=32, filters=8, rollouts=1, mle_steps=250, d_pretrain_steps=30,
            lr=1e-2, batch=32,
        ),
        310,
        spoken,
        {"valid": (0.6, 1), "nll": (1.38, 1.9)},  # the grammar itself has 1.417
    ),
    # a walk ends in the wells themselves, so more is asked of it than of a generator
    "ebm": Problem(
        partial(open_data, "ring"),
        dict(width=16, batch=64, chain_steps=20, noise=0.005, reg_weight=0.01, sample_rounds=20),
        1000,
        found,
        {"modes": (7, 8), "share": (0.5, 1)},
    ),
    "ebgan": digits(600, code_dim=8),
    "began": digits(1500, code_dim=8),
    "autoencoder": Problem(
        partial(open_data, "ring"),
        dict(width=16, latent=1, batch=64),
        1000,
        copied,
        {"error": (0, 0.01), "spread": (0.45, 0.55)},
    ),
    "vae": ring(1500),
    "crf": Problem(
        partial(open_data, "grammar"),
        dict(lr=0.05),
        400,
        likely,
        {"valid": (0.15, 0.3), "nll": (1.69, 1.8)},  # the best chain of pairs has 0.23 and 1.704
    ),
    "structured-perceptron": Problem(
        partial(open_data, "grammar"),
        dict(memory=1000),
        1500,
        herded,
        {"valid": (0.2, 1), "jsd-2": (0, 0.05)},
    ),
    "fgan-single-step": ring(1600, lr=5e-4),
    "wgan-lp": ring(1200, latent=8, lr=1e-3, penalty_weight=0.1, d_steps=3),
    "wgan-ct": ring(1200, latent=8, lr=1e-3, penalty_weight=0.1, d_steps=3, consistency_weight=0.1),
    "hinge": ring(1200, lr=1e-3, beta1=0.0),
    "ragan": ring(1500, lr=1e-3, beta1=0.0),
    "r3gan": ring(1500, lr=1e-3),
    "loss-sensitive": ring(1500, lr=1e-3, beta1=0.0),
    "unrolled": ring(1200),
    "replay-buffer": ring(1200, lr=1e-3, beta1=0.0, buffer_size=8192),
    "minibatch-discrimination": ring(900, lr=1e-3, prior="normal", kernels=8),
    "ot-gan": ring(1000, latent=4, lr=5e-4, prior="normal", embed_dim=64),
    "ensemble": digits(500, members=2),
    "sequential-ensemble": digits(1200, members=2, steps=1200),
}  # fmt: skip


def trainer(preset: str, seed: int = 0) -> Trainer:
    """A trainer of a preset's problem."""
    problem, chosen = PROBLEMS[preset], PRESETS[preset]
    dataset = problem.data()
    torch.manual_seed(seed)
    recipe = chosen.build(dataset.spec, **chosen.keywords(problem.keywords))
    return Trainer(
        recipe.game,
        (recipe.source or open_source)(dataset, recipe.batch, seed),
        optim=recipe.optim,
        steps=problem.steps,
        schedule=recipe.schedule,
        ema=recipe.ema,
        channels_last=recipe.channels_last,
        seed=seed,
    )


def scores(t: Trainer, preset: str) -> Scores:
    """The scores of a trainer's averaged players, as a run is used."""
    problem = PROBLEMS[preset]
    with t.ema.applied(t.game) as game:
        return problem.scores(game, problem.data())


def missed(scores: Scores, preset: str) -> dict[str, float]:
    """The scores that do not lie within their bounds; NaN never does."""
    wanted = PROBLEMS[preset].wanted
    assert wanted.keys() == scores.keys()
    return {k: v for k, v in scores.items() if not wanted[k][0] <= v <= wanted[k][1]}
