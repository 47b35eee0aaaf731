"""Which preset `gansmith train --data ...` takes when none is named: by the data alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from gansmith.data import DataError, DataSpec

FEW = 1000  # training images: below, D learns them by heart without augmentation
SMALL = 32  # pixels; below, ebgan is nearer to grey images in the same time
AUGMENT = {"augment": "translation,cutout"}


class Choice(NamedTuple):
    """A preset, the keywords that the data asks for, and why, in words."""

    preset: str
    because: str
    keywords: Mapping[str, Any] = MappingProxyType({})

    def __str__(self) -> str:
        options = "".join(f" --{name} {value}" for name, value in self.keywords.items())
        return f"preset {self.preset}{options}: {self.because}"


# (kind of data, what it is conditioned on or consists of) -> the preset
CHOICES: dict[tuple[str, str], Choice] = {
    ("image", "class"): Choice("cgan", "images in classes, each of which it generates by name"),
    ("image", "attributes"): Choice("cgan", "images with attributes"),
    ("image", "label-set"): Choice("cgan", "images with sets of labels"),
    ("image", "sentence"): Choice("gan-cls", "images with captions"),
    ("image", "embedding"): Choice("gan-cls", "images with embedded captions"),
    ("image", "log-mel"): Choice(
        "cgan", "images with sounds; if also in classes, see sound-to-image"
    ),
    ("image", "image"): Choice("pix2pix", "pairs of images"),
    ("image", "clip"): Choice("next-frame", "frames of videos"),
    ("image", "references"): Choice("talking-head", "people with landmarks"),
    ("image", "few labels"): Choice("classifier", "images of which few are labelled"),
    ("image", "two domains"): Choice("cyclegan", "images of two domains, without pairs"),
    ("image", "domains"): Choice("stargan", "images of several domains, without pairs"),
    ("points", ""): Choice("r3gan", "points"),
    ("points", "class"): Choice("r3gan", "points; their classes are not used"),
    ("text", ""): Choice("seqgan", "sentences"),
    ("text", "class"): Choice("seqgan", "sentences; their classes are not used"),
    ("text", "sentence"): Choice("seq2seq", "pairs of sentences"),
    ("audio", "waveform"): Choice("speech-enhancement", "pairs of sounds"),
    ("audio", "two domains"): Choice("cyclegan", "sounds of two domains, without pairs"),
    ("labels", "image"): Choice("multi-label", "images with sets of labels to predict"),
}
# where no preset fits: what would
OTHERWISE = {
    "image": "see `gansmith list presets` for what there is",
    "points": "points of one domain are for r3gan, wgan-gp and other unconditional presets",
    "text": "sentences alone are for seqgan and pairs of sentences for seq2seq; domains of "
    "sentences are one set as --data labelled:NAME",
    "audio": "nothing generates sounds alone. Pairs of sounds (folders noisy and clean, or --data "
    "noisy:FOLDER) are for speech-enhancement and segan; folders of two voices, as --data "
    "domains:FOLDER, for cyclegan",
    "labels": "images with sets of labels are for multi-label and bce",
}


def choose_preset(spec: DataSpec) -> Choice:
    """The preset for such data. Raises DataError, naming what does fit, where there is none."""
    given = _given(spec)
    if spec.size and not given:
        return _for_images(spec)
    if (spec.kind, given) not in CHOICES:
        what = f"{spec.kind} ({given})" if given else spec.kind
        raise DataError(f"no preset suits {spec.name}, which holds {what}: {OTHERWISE[spec.kind]}")
    return CHOICES[spec.kind, given]


def _given(spec: DataSpec) -> str:
    """What comes with the examples: few labels, domains, a kind of condition, or nothing."""
    if spec.labelled:
        return "few labels"
    if spec.domains:
        return "two domains" if len(spec.domains) < 3 else "domains"
    return spec.conditioned_on.kind if spec.conditioned_on else ""


def _for_images(spec: DataSpec) -> Choice:
    """Images without conditions: benchmarks/results/choose.md, quality.md and small_data.md."""
    form = f"{spec.train:,} {'grey' if spec.channels == 1 else 'color'} images of {spec.size} px"
    if spec.train < FEW:
        return Choice("dcgan", f"{form}, so few that D needs augmentation", AUGMENT)
    if spec.channels == 1 and spec.size < SMALL:
        return Choice("ebgan", f"{form}; it was best on those below {SMALL} px")
    return Choice(
        "dcgan", f"{form}; none was clearly better on such images, in color or from {SMALL} px on"
    )
