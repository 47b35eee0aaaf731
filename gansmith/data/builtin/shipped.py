"""The data sets that come with the package; `files/LICENSES.md` has their sources."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gansmith.data.build import image_dataset, text_dataset, with_condition
from gansmith.data.builtin.idx import idx_dataset
from gansmith.data.condition import Condition
from gansmith.data.domains import domains_dataset
from gansmith.data.readers.array_file import mnist_files
from gansmith.data.spec import DataError, Dataset, Fields
from gansmith.data.text import END, UNKNOWN, Vocabulary

FILES = Path(__file__).parents[1] / "files"
GARMENTS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
DIGITS = tuple("0123456789")
STYLES = {
    "noto": "Apache-2.0",
    "twemoji": "CC-BY-4.0",
    "openmoji": "CC-BY-SA-4.0",
    "fluent3d": "MIT",
}
LINES = "openmoji_line"  # the same emoji as openmoji, their outlines only
NAME_LENGTH = 12  # words of the longest name with its style
EMOJI_SIZE, EMOJI_COLUMNS, HELD_OUT_EVERY = 32, 40, 10
# Emoji that in some style have the pixels of a held-out one, and are not trained on
LOOK_ALIKES = (
    412, 413, 416, 418, 422, 423, 439, 451, 453, 454, 457, 459, 467, 476, 494, 498, 546, 548, 549,
    551, 762, 1001, 1003, 1004, 1005, 1006, 1009, 1219, 1241, 1289, 1579,
)  # fmt: skip
EMOJI_FILTER = "64 to 32 pixels, lanczos"
LENGTH = 20  # words of the longest caption


def open_fashion() -> Dataset:
    """Fashion-MNIST (arXiv:1708.07747), 28x28 grey: the first 20,000 of train, 4,000 of test."""
    source = "Fashion-MNIST, first 20000 of train and 4000 of t10k"
    return idx_dataset(
        "fashion", mnist_files(FILES / "fashion"), GARMENTS, licence="MIT", source=source
    )


def open_digits() -> Dataset:
    """UCI handwritten digits as in scikit-learn, 8x8 grey, 1437 to train on, the last 360 held out.

    The 17 levels 0..16 are stretched to 0..255, round(v 255 / 16).
    """
    source = "UCI optical digits (Alpaydin, Kaynak), scikit-learn's 1797"
    return idx_dataset(
        "digits", mnist_files(FILES / "digits"), DIGITS, licence="CC-BY-4.0", source=source
    )


def open_emoji(styles: str = "") -> Dataset:
    """1599 emoji in four vendors' styles, 32x32 RGB on white, labelled with their 8 groups.

    styles: "" pools the four styles; "noto" is one; "noto+twemoji" has a domain for each style,
    which are trained on different emoji (each on every N-th of N styles), and whose held-out rows
    show the same emoji. In all of them every tenth emoji is held out, the same in all styles, and
    31 others, which look like one of these in some style, are left out.
    Raises DataError for a style that is not among noto, twemoji, openmoji, fluent3d.
    """
    chosen = styles.split("+") if styles else []
    for style in chosen:
        if style not in STYLES:
            raise DataError(f"emoji come in the styles {', '.join(STYLES)}; got {style!r}")
    if len(set(chosen)) < len(chosen):
        raise DataError(f"give different styles, as emoji:noto+twemoji; got {styles!r}")
    if len(chosen) < 2:
        return _emoji(f"emoji:{styles}" if styles else "emoji", chosen or list(STYLES))
    parts = {
        style: _emoji(f"emoji:{style}", [style], (first, len(chosen)))
        for first, style in enumerate(chosen)
    }
    return domains_dataset(f"emoji:{styles}", parts, paired=True)


def open_emoji_lines() -> Dataset:
    """OpenMoji's emoji, 32x32 RGB, each with its line art: pairs. Every tenth is held out."""
    dataset = _emoji("emoji-lines", ["openmoji"])
    count = len(_index()["emoji"])
    lines = _sheet(LINES, count)[:, :1].contiguous()
    train, held_out = split_emoji(count)
    condition = Condition("image", channels=1, height=EMOJI_SIZE, width=EMOJI_SIZE)
    return with_condition(dataset, condition, lines[train], lines[held_out])


def open_emoji_names() -> Dataset:
    """Emoji in the four styles, 32x32 RGB, each conditioned on its name and its style.

    Every training image occurs twice: "red heart twemoji", and by its keywords, "emotion heart
    love red twemoji". Every tenth emoji is held out in all styles, with its name. A word of a
    held-out name that no training image has is the unknown word.
    """
    with gzip.open(FILES / "emoji" / "names.tsv.gz", "rt", encoding="utf-8") as file:
        names = [line.rstrip("\n").split("\t") for line in file]
    rows = split_emoji(len(names))
    dataset = _emoji("emoji-names", list(STYLES))

    def lines(column: int, part: Tensor) -> list[str]:
        chosen = [names[row] for row in part.tolist()]
        # the style stands first, so that no long list of keywords can push it out
        return [f"{style} {row[column] or row[0]}" for style in STYLES for row in chosen]

    by_name, by_keyword = lines(0, rows[0]), lines(1, rows[0])
    vocabulary = Vocabulary([END, UNKNOWN, *Vocabulary.build(by_name + by_keyword).words[1:]])
    train, out = (
        torch.from_numpy(vocabulary.encode(texts, NAME_LENGTH)[0])
        for texts in (by_name + by_keyword, lines(0, rows[1]))
    )
    twice = {
        key: value.repeat((2, *[1] * (value.dim() - 1))) for key, value in dataset.train.items()
    }
    condition = Condition("sentence", vocab=len(vocabulary), length=NAME_LENGTH)
    both = replace(dataset, train=twice, spec=replace(dataset.spec, train=len(train)))
    return with_condition(both, condition, train, out, vocabulary.words)


def open_captions() -> Dataset:
    """COCO captions in the selection of Texygen (arXiv:1802.01886), up to 20 words each.

    Sentences with a word that occurs fewer than 5 times are left out, so there is no unknown word;
    a quarter, chosen by their content, is held out (the selection's own files differ in topic).
    Word 0 is the end, the others stand by falling frequency.
    """
    splits = {}
    for split in ("train", "held"):
        with gzip.open(FILES / "captions" / f"{split}.txt.gz", "rt", encoding="utf-8") as file:
            splits[split] = file.read().splitlines()
    vocabulary = Vocabulary.build(splits["train"])
    train, held_out = (_encoded(vocabulary, lines) for lines in splits.values())
    source = "COCO captions (COCO Consortium), Texygen's selection, rare words left out"
    return text_dataset(
        "captions", train, held_out, vocabulary.words, licence="CC-BY-4.0", source=source
    )


def emoji_codes() -> list[str]:
    """The code points of every emoji, such as 1F600, in the order of the images."""
    return [code for code, _ in _index()["emoji"]]


def split_emoji(count: int) -> tuple[Tensor, Tensor]:
    """The numbers of the emoji to train on, and of those held out: the 1st, the 11th ..."""
    rows = torch.arange(count)
    held_out = rows % HELD_OUT_EVERY == 0
    return rows[~held_out & ~torch.isin(rows, torch.tensor(LOOK_ALIKES))], rows[held_out]


def _emoji(name: str, styles: list[str], share: tuple[int, int] = (0, 1)) -> Dataset:
    """Images of the styles; share (k, n): of the training ones every n-th from the k-th on."""
    index = _index()
    label = torch.tensor([group for _, group in index["emoji"]])
    train, held_out = split_emoji(len(label))
    train = train[share[0] :: share[1]]
    sheets = [_sheet(style, len(label)) for style in styles]

    def fields(rows: Tensor) -> Fields:
        real = torch.cat([sheet[rows] for sheet in sheets])
        return {"real": real, "label": label[rows].repeat(len(sheets))}

    return image_dataset(
        name,
        fields(train),
        fields(held_out),
        classes=index["classes"],
        licence=" AND ".join(sorted(STYLES[style] for style in styles)),
        source="emoji of " + ", ".join(styles),
        filter=EMOJI_FILTER,
    )


def _index() -> dict[str, list]:
    index: dict[str, list] = json.loads((FILES / "emoji" / "index.json").read_text("utf-8"))
    return index


def _sheet(style: str, count: int) -> Tensor:
    """The images of a style, (count, 3, 32, 32), cut out of its sheet of 40 columns."""
    with Image.open(FILES / "emoji" / f"{style}.png") as image:
        sheet = torch.from_numpy(np.array(image.convert("RGB")))
    cells = sheet.unflatten(0, (-1, EMOJI_SIZE)).unflatten(2, (EMOJI_COLUMNS, EMOJI_SIZE))
    return cells.permute(0, 2, 4, 1, 3).flatten(0, 1)[:count].contiguous()


def _encoded(vocabulary: Vocabulary, lines: list[str]) -> Fields:
    tokens, lengths = vocabulary.encode(lines, LENGTH)
    return {"tokens": torch.from_numpy(tokens), "lengths": torch.from_numpy(lengths)}
