"""Rebuild the data sets in gansmith/data/files from their originals, value for value.

    python tools/build_data.py --source FOLDER [--fashion FOLDER] [--out FOLDER]

FOLDER holds emoji/{noto,twemoji,openmoji,fluent3d,openmoji_line}.zip (64x64 CODE.png and
dataset.json), emoji/captions.tsv.gz (code, name, keywords ...), anim_emoji/clips.zip (CODE.webp of
16 frames of 64x64), coco_captions/{train,test}.txt.gz, fsdd/fsdd.zip (DIGIT_SPEAKER_TAKE.flac) and
noise/noise.zip (NAME.flac). Fashion-MNIST is Debian's package dataset-fashion-mnist, the digits are
scikit-learn's.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import re
import struct
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits

from gansmith.audio import read_audio, resample, to_mono, write_audio
from gansmith.data.builtin.shipped import EMOJI_COLUMNS, EMOJI_SIZE, FILES, LENGTH, LINES, STYLES
from gansmith.data.builtin.spoken_digits import RATE
from gansmith.data.readers.array_file import read_idx
from gansmith.data.readers.image_file import crop_and_resize, frames_of

FASHION = {"train": 20_000, "t10k": 4_000}
DIGITS_TRAIN = 1437
MIN_COUNT = 5
CLIP_LEVEL = 5  # of 255: the distance of two levels
TAKES = 30  # of 50
NOISE_SECONDS = 10


def write_gzip(path: Path, content: bytes) -> None:
    """A gzip file without name and time, so that the same content makes the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


def write_idx(path: Path, values: np.ndarray) -> None:
    """A gzipped IDX file of bytes (type 8)."""
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    write_gzip(path, header + values.astype(np.uint8).tobytes())


def build_fashion(original: Path, out: Path) -> None:
    for split, count in FASHION.items():
        for part in ("images-idx3", "labels-idx1"):
            name = f"{split}-{part}-ubyte.gz"
            write_idx(out / name, read_idx(original / name)[:count])


def build_digits(out: Path) -> None:
    digits = load_digits()
    images = np.floor(digits.images * (255 / 16) + 0.5)
    for split, rows in (("train", slice(DIGITS_TRAIN)), ("t10k", slice(DIGITS_TRAIN, None))):
        write_idx(out / f"{split}-images-idx3-ubyte.gz", images[rows])
        write_idx(out / f"{split}-labels-idx1-ubyte.gz", digits.target[rows])


def build_emoji(originals: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    index = None
    for style in (*STYLES, LINES):
        with zipfile.ZipFile(originals / f"{style}.zip") as archive:
            labels = json.loads(archive.read("dataset.json"))
            pictures = [archive.read(name) for name, _ in labels["labels"]]
        if index not in (None, labels):
            raise SystemExit(f"{style} does not show the same emoji as the styles before it")
        index = labels
        mode = "L" if style == LINES else "RGB"
        sheet(pictures).convert(mode).save(out / f"{style}.png", optimize=True)
    emoji = [[name.removesuffix(".png"), group] for name, group in labels["labels"]]
    text = json.dumps({"classes": labels["classes"], "emoji": emoji}, separators=(",", ":"))
    (out / "index.json").write_text(text + "\n")
    with gzip.open(originals / "captions.tsv.gz", "rt", encoding="utf-8") as file:
        _, *rows = [line.rstrip("\n").split("\t") for line in file]
    descriptions = {code: (clean_line(name), clean_line(words)) for code, name, words, *_ in rows}
    lines = ["\t".join(descriptions[code]) + "\n" for code, _ in emoji]
    write_gzip(out / "names.tsv.gz", "".join(lines).encode())


def sheet(pictures: list[bytes]) -> Image.Image:
    """The pictures at 32x32 in rows of 40; what is left of the last row is white."""
    rows = -(-len(pictures) // EMOJI_COLUMNS)
    whole = Image.new("RGB", (EMOJI_COLUMNS * EMOJI_SIZE, rows * EMOJI_SIZE), "white")
    for number, raw in enumerate(pictures):
        row, column = divmod(number, EMOJI_COLUMNS)
        small = Image.open(io.BytesIO(raw)).convert("RGB")
        small = small.resize((EMOJI_SIZE, EMOJI_SIZE), Image.Resampling.LANCZOS)
        whole.paste(small, (column * EMOJI_SIZE, row * EMOJI_SIZE))
    return whole


def build_clips(original: Path, out: Path) -> None:
    """A row of one sheet for each clip; 52 levels a channel, so that it packs without loss."""
    out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(original / "clips.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".webp"))
        clips = [frames_of(archive.read(name), shrink)[0] for name in names]
    rows = [np.concatenate(frames, axis=2) for frames in clips]
    values = np.concatenate(rows, axis=1).transpose(1, 2, 0)
    levels = np.floor(values / CLIP_LEVEL + 0.5) * CLIP_LEVEL
    whole = Image.fromarray(levels.astype(np.uint8))
    whole.save(out / "clips.webp", lossless=True, quality=100, method=6)
    facts = {"size": EMOJI_SIZE, "codes": [name.removesuffix(".webp") for name in names]}
    (out / "index.json").write_text(json.dumps(facts, separators=(",", ":")) + "\n")


def shrink(frame: Image.Image) -> np.ndarray:
    return crop_and_resize(frame, EMOJI_SIZE, 3)


def build_captions(originals: Path, out: Path) -> None:
    """Both of Texygen's files are of different topics, so they are pooled and split anew."""
    files = [(originals / name).read_bytes() for name in ("train.txt.gz", "test.txt.gz")]
    texts = [gzip.decompress(content).decode() for content in files]
    pool = list(dict.fromkeys(clean_line(line) for text in texts for line in text.splitlines()))
    counts = Counter(word for line in pool for word in line.split())
    known = {word for word, count in counts.items() if count >= MIN_COUNT}
    pool = [line for line in pool if is_plain(line, known)]
    train = [line for line in pool if not held_out(line)]
    used = {word for line in train for word in line.split()}
    held = [line for line in pool if held_out(line) and is_plain(line, used)]
    for name, lines in (("train", train), ("held", held)):
        write_gzip(out / f"{name}.txt.gz", "".join(f"{line}\n" for line in lines).encode())


def build_spoken(originals: Path, out: Path) -> None:
    """The first takes of each digit and speaker, one after another in one file, sample for sample.

    Recordings of noise: the first ten seconds at 8 kHz, brought to a peak of a half.
    """
    out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(originals / "fsdd" / "fsdd.zip") as archive:
        takes = [name.removesuffix(".flac").split("_") for name in archive.namelist()]
        chosen = sorted((int(d), who, int(take)) for d, who, take in takes if int(take) < TAKES)
        clips = [read_flac(archive, f"{d}_{who}_{take}") for d, who, take in chosen]
    names = sorted({who for _, who, _ in chosen})
    index = {
        "names": names,
        "digits": [d for d, _, _ in chosen],
        "speakers": [names.index(who) for _, who, _ in chosen],
        "takes": [take for _, _, take in chosen],
        "lengths": [len(clip) for clip in clips],
    }
    list_files(out / "digits.json", index)
    write_audio(out / "digits.flac", torch.cat(clips), RATE)
    with zipfile.ZipFile(originals / "noise" / "noise.zip") as archive:
        names = sorted(name.removesuffix(".flac") for name in archive.namelist())
        noises = [read_flac(archive, name)[: NOISE_SECONDS * RATE] for name in names]
    list_files(out / "noises.json", {"names": names, "lengths": [len(wave) for wave in noises]})
    level = torch.cat([0.5 * wave / wave.abs().max() for wave in noises])
    write_audio(out / "noises.flac", level, RATE)


def read_flac(archive: zipfile.ZipFile, name: str) -> torch.Tensor:
    found = read_audio(io.BytesIO(archive.read(f"{name}.flac")))
    return resample(to_mono(found.waveform), found.rate, RATE)


def list_files(path: Path, index: dict[str, list]) -> None:
    path.write_text(json.dumps(index, separators=(",", ":")) + "\n")


def clean_line(line: str) -> str:
    """Words of letters and digits, inner hyphens and apostrophes kept; no other punctuation."""
    return " ".join(re.findall(r"[a-z0-9]+(?:[-'][a-z0-9]+)*", line.lower()))


def held_out(line: str) -> bool:
    """A quarter of all sentences, by their content."""
    return hashlib.sha256(line.encode()).digest()[0] < 64


def is_plain(line: str, known: set[str]) -> bool:
    words = line.split()
    return 0 < len(words) <= LENGTH and known.issuperset(words)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--fashion", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--out", type=Path, default=FILES)
    wishes = parser.parse_args()
    build_fashion(wishes.fashion, wishes.out / "fashion")
    build_digits(wishes.out / "digits")
    build_emoji(wishes.source / "emoji", wishes.out / "emoji")
    build_clips(wishes.source / "anim_emoji", wishes.out / "emoji-clips")
    build_captions(wishes.source / "coco_captions", wishes.out / "captions")
    build_spoken(wishes.source, wishes.out / "spoken")


if __name__ == "__main__":
    main()
