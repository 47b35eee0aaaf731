"""Presets that make what they are asked for: a class, attributes, a sentence, a sound."""

from __future__ import annotations

from torch import nn

from gansmith.core.constraints import spectral_normed
from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam
from gansmith.data import Condition, DataError, DataSpec
from gansmith.games.acgan import ACGAN
from gansmith.games.conditional import Conditional
from gansmith.games.regression import DISTANCES, Regression
from gansmith.games.sound_to_image import SoundToImage
from gansmith.games.stackgan import StackGAN
from gansmith.games.two_score import SplitConditional
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import ResNetCritic
from gansmith.networks.conditional_discriminator import (
    Classifying,
    Guessing,
    Joint,
    Projection,
    Split,
    dcgan_trunk,
)
from gansmith.networks.conditional_generator import (
    AskedGenerator,
    Enlarger,
    JoinedGenerator,
    MeanGenerator,
)
from gansmith.networks.conditions import encoder
from gansmith.presets.paired import answerer
from gansmith.presets.players import take, view
from gansmith.presets.preset import Preset


def asked_by(spec: DataSpec, preset: str) -> Condition:
    """What the data are asked by. Raises DataError for data without any condition."""
    take(spec, preset, "image")
    if spec.asked is None:
        raise DataError(
            f"{preset} makes what it is asked for, and {spec.name} has nothing to ask by: bring "
            "class folders, a captions.tsv or pairs (docs/data.md)"
        )
    if spec.asked.kind == "likeness":
        raise DataError(
            f"{preset} does not look at several pictures of a person, and {spec.name} asks by "
            "likeness: take talking-head"
        )
    if spec.asked.kind == "image" and preset != "regression":
        raise DataError(
            f"{preset} is asked by classes, attributes, sentences or sounds; {spec.name} asks by "
            "pictures: take pix2pix"
        )
    return spec.asked


def generator(
    spec: DataSpec, c: Condition, latent: int, code: int, width: int, size: int = 0
) -> AskedGenerator:
    """A DCGAN generator whose norm layers are told the condition's vector of `code` numbers."""
    prior, side = Latent(latent), size or spec.size
    return AskedGenerator(encoder(c, code), code, prior, spec.channels, side, width)


def told(
    preset: str,
    spec: DataSpec,
    width: int,
    latent: int,
    code: int,
    wrong: float,
    swapped: float,
    augment: str,
    lr: float,
    batch: int,
    steps: int,
) -> Recipe:
    """The conditional game with one score for picture and condition together."""
    c = asked_by(spec, preset)
    game = Conditional(
        generator(spec, c, latent, code, width),
        Joint(
            *dcgan_trunk(spec.channels, spec.size, width, nn.BatchNorm2d), encoder(c, code), code
        ),
        objective=OBJECTIVES["non-saturating"],
        asked=c.field,
        wrong=wrong,
        swapped=swapped,
        view=view(spec, augment),
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def cgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    code: int = 32,
    wrong: float = 0.0,
    swapped: float = 0.0,
    augment: str = "none",
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Conditional GAN: G is asked, D knows what was asked (arXiv:1411.1784, Eq. 2).

    width: channels next to the picture.
    latent: coordinates of a code.
    code: numbers that a condition is turned into.
    wrong: weight of real pictures with a wrong condition among the lies.
    swapped: weight of generated pictures with a condition that they were not made for.
    augment: what D sees of pictures (arXiv:2006.10738): none, or names such as
        translation,cutout; worth it below some ten thousand pictures.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    return told("cgan", spec, width, latent, code, wrong, swapped, augment, lr, batch, steps)


def gan_cls(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    code: int = 64,
    wrong: float = 1.0,
    augment: str = "translation,cutout",
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """GAN-CLS: text to picture; true pictures of another text are lies (arXiv:1605.05396, Alg. 1).

    width: channels next to the picture.
    latent: coordinates of a code.
    code: numbers that a condition is turned into.
    wrong: weight of real pictures with a wrong condition among the lies.
    augment: what D sees of pictures (arXiv:2006.10738): none, or names such as translation,cutout.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    return told("gan-cls", spec, width, latent, code, wrong, 0.0, augment, lr, batch, steps)


def split(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    code: int = 32,
    match: float = 1.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Conditional GAN with two scores, of realism and of the match (arXiv:1710.10916, section 4.2).

    width: channels next to the picture.
    latent: coordinates of a code.
    code: numbers that a condition is turned into.
    match: weight of the second score.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    c = asked_by(spec, "split")
    game = SplitConditional(
        generator(spec, c, latent, code, width),
        Split(
            *dcgan_trunk(spec.channels, spec.size, width, nn.BatchNorm2d), encoder(c, code), code
        ),
        objective=OBJECTIVES["non-saturating"],
        asked=c.field,
        match=match,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def projection(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    code: int = 32,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 2000,
) -> Recipe:
    """Projection discriminator: the condition is an inner product in D (arXiv:1802.05637, Eq. 3).

    width: channels of G next to the picture; D has residual blocks of twice as many.
    latent: coordinates of a code.
    code: numbers that a condition is turned into, for G.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    c = asked_by(spec, "projection")
    trunk = nn.Sequential(ResNetCritic(spec.channels, spec.size, 2 * width).blocks, nn.ReLU())
    game = Conditional(
        generator(spec, c, latent, code, width),
        Projection(spectral_normed(trunk), 2 * width, encoder(c, 2 * width)),
        objective=OBJECTIVES["hinge"],
        asked=c.field,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def acgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    code: int = 32,
    guess: float = 1.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """ACGAN: D guesses the class of every picture (arXiv:1610.09585, Eq. 2 and 3).

    width: channels next to the picture.
    latent: coordinates of a code.
    code: numbers that a class is turned into, for G.
    guess: weight of the class.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    c = asked_by(spec, "acgan")
    if c.kind != "class":
        raise DataError(f"acgan guesses classes; {spec.name} asks by {c.kind}: take cgan")
    game = ACGAN(
        generator(spec, c, latent, code, width),
        Classifying(*dcgan_trunk(spec.channels, spec.size, width, nn.BatchNorm2d), len(c.names)),
        objective=OBJECTIVES["non-saturating"],
        guess=guess,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def stackgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    code: int = 64,
    small_steps: int = 4000,
    wrong: float = 1.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """StackGAN: a small picture of what is asked, then a large one of that (arXiv:1612.03242).

    width: channels next to the picture.
    latent: coordinates of a code.
    code: numbers that a condition is turned into.
    small_steps: length of the first stage; 0 with --from a run that has played it.
    wrong: weight of real pictures with a wrong condition among the lies.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    c = asked_by(spec, "stackgan")
    if spec.size % 2 or spec.size < 16:
        raise DataError(
            f"stackgan makes pictures in two sizes, of even side, 16 at least; {spec.name} has "
            f"{spec.size}: give --size"
        )

    def judge(size: int) -> Joint:
        trunk = dcgan_trunk(spec.channels, size, width, nn.BatchNorm2d)
        return Joint(*trunk, encoder(c, code), code)

    small = spec.size // 2
    game = StackGAN(
        generator(spec, c, latent, code, width, small),
        judge(small),
        Enlarger(spec.channels, 2 * width, encoder(c, code), code),
        judge(spec.size),
        objective=OBJECTIVES["non-saturating"],
        asked=c.field,
        small_steps=small_steps,
        wrong=wrong,
    )
    optim = dict.fromkeys(("G1", "D1", "G2", "D2"), adam(lr, 0.5))
    return Recipe(game, optim, batch, steps, average=0.999, channels_last=True)


def regression(
    spec: DataSpec,
    *,
    distance: str = "l2",
    width: int = 32,
    code: int = 32,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 4000,
) -> Recipe:
    """Supervised regression, the rival of conditional games: it answers with the mean (textbook).

    distance: l2, whose best answer is the mean, or l1, the median.
    width: channels next to the picture.
    code: numbers that a condition is turned into; pictures that ask take a U-Net.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    c = asked_by(spec, "regression")
    if distance not in DISTANCES:
        raise ValueError(f"the distance is {' or '.join(DISTANCES)}; got {distance!r}")
    if c.kind == "image":
        G: nn.Module = answerer(spec, width)
    else:
        G = MeanGenerator(encoder(c, code), code, spec.channels, spec.size, width)
    game = Regression(G, distance=DISTANCES[distance], asked=c.field)
    optim = {"G": adam(lr, 0.5)}
    return Recipe(game, optim, batch, steps, average=0.999, channels_last=True)


def sound_to_image(
    spec: DataSpec,
    *,
    width: int = 16,
    latent: int = 32,
    code: int = 64,
    guess: float = 1.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 4000,
) -> Recipe:
    """Pictures from sounds: D hears the sound and guesses the class beside it (arXiv:1808.04108).

    width: channels next to the picture.
    latent: coordinates of a code.
    code: numbers that a sound is turned into.
    guess: weight of the class.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    c = asked_by(spec, "sound-to-image")
    if c.kind != "sound" or not spec.classes:
        raise DataError(
            f"sound-to-image is asked by sounds and guesses classes; {spec.name} asks by {c.kind} "
            f"and has {len(spec.classes)} classes: take cgan"
        )
    prior, trunk = Latent(latent), dcgan_trunk(spec.channels, spec.size, width, nn.BatchNorm2d)
    game = SoundToImage(
        JoinedGenerator(encoder(c, code), code, prior, spec.channels, spec.size, width),
        Guessing(*trunk, encoder(c, code), code, len(spec.classes)),
        objective=OBJECTIVES["non-saturating"],
        guess=guess,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.99, channels_last=True)


FAMILY: dict[str, Preset] = {
    "cgan": Preset(
        cgan,
        data="fashion",
        cites="arXiv:1411.1784",
        paper=dict(latent=100, lr=2e-4, batch=100, steps=100_000),
    ),
    "gan-cls": Preset(
        gan_cls,
        data="emoji-names",
        cites="arXiv:1605.05396",
        paper=dict(width=64, latent=100, code=128, augment="none", lr=2e-4, batch=64, steps=75_000),
    ),
    "split": Preset(split, data="fashion", cites="arXiv:1710.10916"),
    "projection": Preset(
        projection,
        data="fashion",
        cites="arXiv:1802.05637",
        paper=dict(width=64, latent=128, lr=2e-4, batch=64, steps=450_000),
    ),
    "acgan": Preset(
        acgan,
        data="fashion",
        cites="arXiv:1610.09585",
        paper=dict(width=96, latent=110, lr=2e-4, batch=100, steps=50_000),
    ),
    "stackgan": Preset(
        stackgan,
        data="emoji-names",
        cites="arXiv:1612.03242",
        paper=dict(
            width=64, latent=100, code=128, small_steps=75_000, lr=2e-4, batch=64, steps=150_000
        ),
    ),
    "sound-to-image": Preset(sound_to_image, data="spoken-pictures", cites="arXiv:1808.04108"),
    "regression": Preset(regression, data="emoji-lines", cites="textbook"),
}
