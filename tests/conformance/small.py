"""Every preset at toy size: the one file to extend when a preset is added.

SMALL holds, for each preset, keywords and data so small that a step takes milliseconds. The
tests of this folder run over all of it. What a preset must solve is in `problems.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from gansmith.core.game import Batch, Phase
from gansmith.core.recipe import Recipe
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import Dataset, domains_dataset, open_data, open_source
from gansmith.data.audio import audio_dataset
from gansmith.data.build import (
    image_dataset,
    labels_dataset,
    points_dataset,
    text_dataset,
    with_condition,
)
from gansmith.data.condition import Condition, ConditionKind
from gansmith.data.few_labels import keep_labels
from gansmith.data.transforms.degrade import degrade
from gansmith.data.transforms.windows import clip_dataset
from gansmith.presets import PRESETS

BATCH = 8


@cache
def digits() -> Dataset:
    """64 digits, blown up to 16x16 so that a DCGAN has norm layers in both players."""
    small = open_data("digits").train["real"][:96]
    real = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return image_dataset("digits", {"real": real[:64]}, {"real": real[64:]})


@cache
def points() -> Dataset:
    """256 points of two correlated coordinates."""
    x = Rng(5).normal(256, 2)
    x[:, 1] += x[:, 0]
    return points_dataset("toy", x[:192], x[192:])


@cache
def colours() -> Dataset:
    """Unpaired 8x8 pictures, domain a reddish and domain b bluish."""
    parts = []
    for side, channel in enumerate((0, 2)):
        x = 200 * Rng(6, side).uniform(64, 3, 8, 8)
        x[:, channel] = 255 - x[:, channel] / 4
        real = x.to(torch.uint8)
        parts.append(image_dataset("ab"[side], {"real": real[:48]}, {"real": real[48:]}))
    return domains_dataset("colours", dict(zip("ab", parts, strict=True)))


@cache
def three_colours() -> Dataset:
    """The same with a third domain, c, greenish."""
    x = 200 * Rng(6, 2).uniform(64, 3, 8, 8)
    x[:, 1] = 255 - x[:, 1] / 4
    real = x.to(torch.uint8)
    third = image_dataset("c", {"real": real[:48]}, {"real": real[48:]})
    return domains_dataset("three colours", {**colours().domains, "c": third})


@cache
def tones() -> Dataset:
    """Two domains of audio: low tones and high tones of any phase, 512 samples at 8 kHz."""
    parts = {}
    for side, (name, pitch) in enumerate((("low", 300.0), ("high", 900.0))):
        phase = 6.28 * Rng(15, side).uniform(40, 1)
        x = 0.3 * torch.sin(6.2832 * pitch / 8000 * torch.arange(512) + phase)
        parts[name] = audio_dataset(name, {"real": x[:32]}, {"real": x[32:]}, 8000)
    return domains_dataset("tones", parts)


@cache
def few_labels() -> Dataset:
    """The digits, of which two of each class have kept their label."""
    return keep_labels(labelled(), 20)


@cache
def pairs_of_sentences() -> Dataset:
    """64 pairs: three words, and the same backwards."""
    tokens = 1 + Rng(16).integers(5, 96, 3).to(torch.int16)
    length = torch.full((96,), 3)
    words = ("<end>", *"abcde")
    parts = [{"tokens": tokens.flip(1)[part], "lengths": length[part]} for part in SPLIT]
    plain = text_dataset("backwards", parts[0], parts[1], words)
    condition = Condition("sentence", vocab=6, length=3)
    return with_condition(plain, condition, *(tokens[part] for part in SPLIT), words)


SPLIT = slice(0, 64), slice(64, 96)


@cache
def labelled() -> Dataset:
    """The same digits with their labels."""
    x = digits()
    label = open_data("digits").train["label"][:96]
    parts = [{**x.train, "label": label[:64]}, {**x.held_out, "label": label[64:]}]
    return image_dataset("digits", *parts, classes=open_data("digits").spec.classes)


@cache
def asked(kind: ConditionKind) -> Dataset:
    """The same digits, asked by random conditions of a kind."""
    rng = Rng(11)
    shapes = {
        "attributes": (Condition("attributes", ("x", "y", "z")), 2 * rng.uniform(96, 3) - 1),
        "label-set": (Condition("label-set", ("x", "y", "z")), rng.integers(2, 96, 3).float()),
        "sentence": (
            Condition("sentence", vocab=8, length=4),
            ((1 + rng.integers(7, 96, 4)) * (torch.arange(4) < 3)).to(torch.int16),
        ),
        "log-mel": (
            Condition("log-mel", channels=1, height=6, width=9),
            rng.integers(256, 96, 1, 6, 9).to(torch.uint8),
        ),
    }
    condition, given = shapes[kind]
    words = ["<end>", *"abcdefg"] if kind == "sentence" else []
    return with_condition(digits(), condition, given[:64], given[64:], words)


@cache
def clips() -> Dataset:
    """24 clips of 5 frames of noise that rolls on by a row, 16x16; two frames of the past."""
    still = Rng(13).integers(256, 24, 1, 16, 16).to(torch.uint8)
    rolled = torch.stack([still.roll(t, 2) for t in range(5)], 1)
    return clip_dataset("clips", list(rolled[:18]), list(rolled[18:]), 2)


@cache
def voiced() -> Dataset:
    """The same digits with their labels, asked by random sounds."""
    x, sounds = labelled(), asked("log-mel")
    assert sounds.spec.condition is not None
    given = [part["condition"] for part in (sounds.train, sounds.held_out)]
    return with_condition(x, sounds.spec.condition, *given)


def spoilt(name: str) -> Dataset:
    """The same digits, to be made from what a degradation leaves of them."""
    return degrade(name, digits())


@cache
def likenesses() -> Dataset:
    """64 people in 16x16 pixels, three pictures of each with random landmark pictures."""
    rng = Rng(13)
    real, shown = (
        rng.integers(256, 96, *shape).to(torch.uint8) for shape in ((3, 16, 16), (15, 16, 16))
    )
    who = torch.arange(96)
    parts = [{"real": real[rows], "person": who[rows]} for rows in (slice(64), slice(64, 96))]
    condition = Condition("references", channels=15, height=16, width=16)
    return with_condition(image_dataset("people", *parts), condition, shown[:64], shown[64:])


@cache
def tagged() -> Dataset:
    """The same digits: is there a ring in it, is it even, is it above 4?"""
    x = labelled()
    parts = []
    for part in (x.train, x.held_out):
        digit = part["label"]
        ring = (digit[:, None] == torch.tensor([0, 6, 8, 9])).any(1)
        real = torch.stack([ring, digit % 2 == 0, digit > 4], 1).float()
        parts.append({"real": real, "condition": part["real"]})
    condition = Condition("image", channels=1, height=16, width=16)
    return labels_dataset("tagged", *parts, names=("ring", "even", "large"), condition=condition)


@cache
def noisy() -> Dataset:
    """96 tones of 1024 samples at 8 kHz, to be taken out of noise."""
    hertz = 300 + 2000 * Rng(13).uniform(96, 1)
    tones = 0.3 * torch.sin(2 * torch.pi * hertz * torch.arange(1024) / 8000)
    return degrade(
        "noisy", audio_dataset("tones", {"real": tones[:64]}, {"real": tones[64:]}, 8000)
    )


@cache
def sentences() -> Dataset:
    """96 sentences of 2 to 5 of 7 words."""
    lengths = 2 + Rng(8).integers(4, 96)
    tokens = (1 + Rng(9).integers(7, 96, 5)) * (torch.arange(5) < lengths[:, None])
    fields = {"tokens": tokens.to(torch.int16), "lengths": lengths}
    parts = [{k: v[rows] for k, v in fields.items()} for rows in (slice(64), slice(64, 96))]
    return text_dataset("toy", *parts, ["<end>", *"abcdefg"])


@cache
def few_sentences() -> Dataset:
    """96 sentences of the grammar's 24 words."""
    all_ = open_data("grammar")
    parts = [{k: v[rows] for k, v in all_.train.items()} for rows in (slice(64), slice(64, 96))]
    return text_dataset("few", *parts, all_.vocabulary)


@dataclass(frozen=True)
class Case:
    """A preset on one kind of data.

    rises: {phase: note}: for a phase whose loss is only a surrogate (REINFORCE's is not what
        falls when it is followed), the noted value that must rise instead.
    steps: enough to visit every stage.
    lacks: what the preset does without: "noise" in its losses, "products" of matrices, which
        bfloat16 would round, "moments" of its optimisers, "independence" of the examples of a
        batch even on points, "accord" of movers that move on one loss, one up and one down,
        "variety" of the answers to one condition.
    """

    data: Callable[[], Dataset]
    keywords: dict[str, Any]
    rises: dict[str, str] = field(default_factory=dict)
    steps: int = 4
    lacks: tuple[str, ...] = ()


def pictures_and_points(lacks: tuple[str, ...] = (), **keywords: Any) -> dict[str, Case]:
    """A preset of the game of two, with the networks it has for pictures and for points.

    Most of the former have batch norm; so the checks that need independent examples (micro-
    batches, two processes) run on the latter.
    """
    small = dict(latent=4, width=4, batch=BATCH) | keywords
    return {
        "pictures": Case(digits, small, lacks=lacks),
        "points": Case(points, small, lacks=lacks),
    }


def by_anything(*kinds: ConditionKind, **keywords: Any) -> dict[str, Case]:
    """A preset that is asked by classes and, in further cases, by other kinds of conditions."""
    small = dict(latent=4, width=4, embed_dim=5, batch=BATCH) | keywords
    return {"class": Case(labelled, small)} | {
        kind: Case(partial(asked, kind), small) for kind in kinds
    }


SMALL: dict[str, dict[str, Case]] = {
    "gan": pictures_and_points(width=2),
    "nsgan": pictures_and_points(),
    "dcgan": pictures_and_points()
    | {
        "shared": Case(points, dict(latent=4, width=4, batch=BATCH, share_fakes=True)),
        "augmented": Case(
            digits, dict(latent=4, width=4, batch=BATCH, augment="color,translation,cutout")
        ),
    },
    "lsgan": pictures_and_points(),
    "fgan": pictures_and_points(),
    "wgan": pictures_and_points(d_steps=2),
    "wgan-gp": pictures_and_points(d_steps=2),
    "sngan": pictures_and_points(),
    "cyclegan": {
        "pictures": Case(
            colours,
            dict(
                width=4, blocks=1, d_width=4, d_layers=1, pool_size=12, batch=BATCH,
                identity_weight=1.0
            ),
        ),
        "audio": Case(tones, dict(width=4, d_width=4, d_layers=1, pool_size=4, batch=BATCH)),
    },
    "stargan": {
        "pictures": Case(
            three_colours, dict(width=4, blocks=1, d_width=4, batch=BATCH)
        )
    },
    "seq2seq": {
        "text": Case(
            pairs_of_sentences, dict(embed_dim=6, hidden_dim=8, batch=BATCH), lacks=("noise",)
        )
    },
    "classifier": {
        "pictures": Case(labelled, dict(width=4, batch=BATCH), lacks=("noise",)),
        "few labels": Case(few_labels, dict(width=4, batch=BATCH), lacks=("noise",)),
    },
    "compose": {
        "pictures": Case(digits, dict(latent=4, width=4, batch=BATCH, objective="hinge",
                                      penalty="r1", spectral_norm=True)),
        "points": Case(points, dict(latent=4, width=4, batch=BATCH, objective="wasserstein",
                                    penalty="nearest", penalty_weight=1.0),
                       lacks=("independence",)),
    },
    "seqgan": {
        "text": Case(
            sentences,
            dict(
                embed_dim=6, hidden_dim=8, filters=4, rollouts=2, mle_steps=3, d_pretrain_steps=2,
                d_steps=2, g_lr_factor=1.0, batch=BATCH,
            ),
            rises={"G": "reward"},
            steps=8,
        )
    },
    "ebm": {
        kind: Case(data, dict(
            width=4, batch=BATCH, chain_steps=3, buffer_size=64, restart_prob=0.3, sample_rounds=2))
        for kind, data in (("pictures", digits), ("points", points))
    }
    | {"argmax": Case(points, dict(
        width=4, batch=BATCH, chain_steps=3, buffer_size=64, noise=None))},
    "ebgan": pictures_and_points(code_dim=3, pull_away_weight=0.0, d_pretrain_steps=2)
    | {"pulled": Case(points, dict(latent=4, width=4, batch=BATCH, code_dim=3))},
    "began": pictures_and_points(code_dim=3),
    "autoencoder": pictures_and_points(lacks=("noise",)),
    "vae": pictures_and_points(),
    "crf": {"text": Case(few_sentences, dict(batch=BATCH), lacks=("noise", "products"))},
    "structured-perceptron": {
        "text": Case(
            few_sentences,
            dict(batch=BATCH, memory=20, lr=0.01),
            lacks=("noise", "products", "moments"),
        )
    },
    "fgan-single-step": pictures_and_points(lacks=("accord",)),
    "wgan-lp": pictures_and_points(d_steps=2),
    "wgan-ct": pictures_and_points(d_steps=2),
    "hinge": pictures_and_points(),
    "ragan": pictures_and_points(lacks=("independence",)),
    "r3gan": pictures_and_points(),
    "loss-sensitive": pictures_and_points(),
    "unrolled": pictures_and_points(lacks=("independence",), unroll_steps=2),
    "replay-buffer": pictures_and_points(buffer_size=12),
    "minibatch-discrimination": pictures_and_points(lacks=("independence",), kernels=3, dims=2),
    "ot-gan": pictures_and_points(lacks=("independence",), embed_dim=6, g_steps=2),
    "ensemble": pictures_and_points(members=2),
    "cgan": by_anything("attributes", "label-set", "log-mel")
    | {
        "lies": Case(
            labelled, dict(latent=4, width=4, embed_dim=5, batch=BATCH, mismatch_weight=1.0,
                           fake_mismatch_weight=0.5)
        ),
    },
    "gan-cls": by_anything("sentence"),
    "two-score": by_anything("sentence"),
    "projection": by_anything("sentence"),
    "acgan": by_anything(),
    "stackgan": by_anything("sentence", small_steps=2),
    "sound-to-image": {
        "log-mel": Case(voiced, dict(latent=4, width=4, embed_dim=5, batch=BATCH)),
    },
    "regression": {
        "class": Case(labelled, dict(width=4, embed_dim=5, batch=BATCH), lacks=("noise",)),
        "edges": Case(partial(spoilt, "edges"), dict(width=4, embed_dim=5, batch=BATCH)),
        "clips": Case(clips, dict(width=4, batch=BATCH), lacks=("noise",)),
    },
    "pix2pix": {
        "edges": Case(partial(spoilt, "edges"), dict(width=4, patch_size=7, batch=BATCH)),
        "pixels": Case(
            partial(spoilt, "noise"),
            dict(width=4, patch_size=1, perceptual_weight=1.0, batch=BATCH),
        ),
    },
    "colorization": {"blur": Case(partial(spoilt, "blur"), dict(width=4, batch=BATCH))},
    "super-resolution": {
        "down2": Case(partial(spoilt, "down2"), dict(width=4, batch=BATCH), lacks=("noise",))
    },
    "next-frame": {
        "clips": Case(clips, dict(width=4, latent=2, batch=BATCH)),
        "patches": Case(
            clips, dict(width=4, latent=2, patch_size=7, p=1, gdl_weight=0.0, batch=BATCH)
        ),
    },
    "talking-head": {
        "people": Case(
            likenesses,
            dict(width=4, embed_dim=6, shots=2, lr=2e-3, batch=BATCH),
            lacks=("variety",),
        )
    },
    "inpainting": {"hole": Case(partial(spoilt, "hole"), dict(width=4, batch=BATCH))},
    "multi-label": {"labels": Case(tagged, dict(width=4, batch=BATCH), lacks=("noise",))},
    "bce": {"labels": Case(tagged, dict(width=4, batch=BATCH), lacks=("noise",))},
    "speech-enhancement": {
        "noisy": Case(noisy, dict(width=4, patch_size=7, batch=BATCH), lacks=("noise",))
    },
    "segan": {"noisy": Case(noisy, dict(width=2, batch=BATCH))},
    "sequential-ensemble": pictures_and_points(members=2, steps=4),
}  # fmt: skip

CASES: dict[str, tuple[str, Case]] = {
    f"{preset}-{kind}": (preset, case)
    for preset, cases in SMALL.items()
    for kind, case in cases.items()
}


def recipe(name: str, seed: int = 0) -> Recipe:
    """The recipe of a case, with the initial weights of a seed."""
    preset, case = CASES[name]
    torch.manual_seed(seed)
    chosen = PRESETS[preset]
    return chosen.build(case.data().spec, **chosen.keywords(case.keywords))


class Exact(Trainer):
    """A trainer of batches in float64, so that sums in another order agree to 1e-10."""

    def draw(self, phase: Phase) -> list[Batch]:
        pieces = super().draw(phase)
        for x in pieces:
            for field_, value in x.fields().items():
                if isinstance(value, Tensor) and value.is_floating_point():
                    setattr(x, field_, value.double())
        return pieces


def trainer(
    name: str, seed: int = 0, *, double: bool = False, batch: int = BATCH, **options: Any
) -> Trainer:
    """A trainer of a case, at step 0, as `Run.trainer` makes it."""
    made = recipe(name, seed)
    case = CASES[name][1]
    if double:
        made.game.double()
    return (Exact if double else Trainer)(
        made.game,
        (made.source or open_source)(case.data(), batch, seed),
        **dict(
            optim=made.optim,
            steps=case.steps,
            schedule=made.schedule,
            ema=made.ema,
            channels_last=made.channels_last,
            seed=seed,
        )
        | options,
    )


def tensors(trainer: Trainer) -> dict[str, Tensor]:
    """A copy of all that a trainer would save, its numbers included."""
    state, numbers = trainer.state()
    copies = {name: value.detach().clone() for name, value in state.items()}
    return copies | {f"number.{name}": torch.tensor(value) for name, value in numbers.items()}


def differing(a: dict[str, Tensor], b: dict[str, Tensor]) -> list[str]:
    """Names of the tensors that are not the same, bit for bit, in two states."""
    assert a.keys() == b.keys()
    return [name for name in a if a[name].dtype != b[name].dtype or not a[name].equal(b[name])]
