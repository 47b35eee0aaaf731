"""Feeds damaged files of every kind to the readers, in one process; `test_mutated.py` runs it.

python tests/reliability/mutated.py COUNT [SEED]: prints what was wrong, and ends with status 1.
A file that takes longer than SLOW seconds ends the process with a traceback.
"""

from __future__ import annotations

import faulthandler
import gzip
import io
import json
import resource
import struct
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from gansmith.audio import AudioError, read_audio
from gansmith.data import DataError, open_data
from gansmith.data.readers.file_list import read_bytes
from gansmith.data.readers.image_file import (
    UnreadableError,
    decode_full_size,
    read_alpha,
    to_array,
)
from gansmith.data.readers.video_file import find_clips

SLOW = 10  # seconds
ROOM = 2 << 30  # bytes

Rng = np.random.Generator
Files = dict[str, bytes]


def images() -> Files:
    """A picture in each format."""
    noise = np.random.default_rng(0).integers(0, 256, (12, 12, 4), np.uint8)
    deep = Image.fromarray(noise[..., 0].astype(np.uint16) * 257)
    made = {
        "a.png": Image.fromarray(noise),
        "a.jpg": Image.fromarray(noise[..., :3]),
        "a.webp": Image.fromarray(noise),
        "a.bmp": Image.fromarray(noise[..., :3]),
        "a.gif": Image.fromarray(noise[..., :3]).quantize(32),
        "a.tif": deep,
        "b.png": deep,
        "a.ppm": Image.fromarray(noise[..., :3]),
        "a.pgm": Image.fromarray(noise[..., 0]),
    }
    found = {}
    for name, image in made.items():
        page = io.BytesIO()
        exif = Image.Exif()
        exif[0x112] = 6
        more = {"exif": exif} if name.endswith(("jpg", "webp")) else {}
        image.save(page, {"jpg": "JPEG", "tif": "TIFF"}.get(name[2:]) or
                   {"pgm": "PPM"}.get(name[2:], name[2:].upper()), **more)  # fmt: skip
        found[name] = page.getvalue()
    return found


def clips() -> Files:
    """An animation in each format."""
    found = {}
    for name in ("a.gif", "b.webp", "c.png"):
        page = io.BytesIO()
        first, *rest = [Image.new("RGB", (9, 9), (30 * t, 9, 9)) for t in range(6)]
        first.save(page, name[2:].upper(), save_all=True, append_images=rest, duration=50)
        found[name] = page.getvalue()
    return found


def sounds() -> Files:
    """A recording in each format."""
    wave = 0.1 * np.random.default_rng(0).standard_normal((2000, 2)).clip(-3, 3)
    found = {}
    for name, format_, subtype in (
        ("a.wav", "WAV", "PCM_16"),
        ("b.wav", "WAV", "FLOAT"),
        ("c.wav", "RF64", "PCM_24"),
        ("a.flac", "FLAC", "PCM_16"),
        ("a.mp3", "MP3", None),
        ("a.ogg", "OGG", "VORBIS"),
        ("a.opus", "OGG", "OPUS"),
    ):
        page = io.BytesIO()
        soundfile.write(page, wave, 48000, format=format_, subtype=subtype)
        found[name] = page.getvalue()
    return found


def arrays() -> Files:
    """Arrays by name and packed, and IDX files."""
    noise = np.random.default_rng(0).integers(0, 256, (6, 5, 5), np.uint8)
    found = {}
    for name, content in (("a.npy", noise), ("b.npy", noise[0].astype(np.float32))):
        page = io.BytesIO()
        np.save(page, content)
        found[name] = page.getvalue()
    for name, save in (("a.npz", np.savez), ("b.npz", np.savez_compressed)):
        page = io.BytesIO()
        save(page, images=noise, labels=np.arange(6) % 2)
        found[name] = page.getvalue()
    idx = struct.pack(">4B3I", 0, 0, 8, 3, *noise.shape) + noise.tobytes()
    return found | {"a.idx": idx, "a-ubyte.gz": gzip.compress(idx, mtime=0)}


def texts() -> Files:
    """Sentences and pairs of them."""
    lines = "".join(f"the {x} has a {y}\n" for x in ("cat", "dog", "cow") for y in ("hat", "cap"))
    pairs = "".join(f"{line}\t{line[::-1]}\n" for line in lines.splitlines())
    return {
        "a.txt": lines.encode(),
        "b.txt.gz": gzip.compress(lines.encode(), mtime=0),
        "c.tsv": pairs.encode(),
    }


def zips() -> Files:
    """Archives of images and of sounds, stored and packed."""
    found = {}
    for name, content, packing in (
        ("a.zip", images(), zipfile.ZIP_STORED),
        ("b.zip", images(), zipfile.ZIP_DEFLATED),
        ("c.zip", images(), zipfile.ZIP_LZMA),
        ("d.zip", sounds(), zipfile.ZIP_DEFLATED),
    ):
        page = io.BytesIO()
        with zipfile.ZipFile(page, "w", packing) as archive:
            for member, raw in content.items():
                archive.writestr(member, raw)
        found[name] = page.getvalue()
    return found


def tables() -> Files:
    """What stands beside images."""
    names = list(images())
    lines = {
        "dataset.json": [json.dumps({"labels": [[x, k % 2] for k, x in enumerate(names)]})],
        "captions.tsv": [f"{x}\ta red cat" for x in names],
        "labels.tsv": ["name\tx\ty", *(f"{x}\t1\t{k % 2}" for k, x in enumerate(names))],
        "attributes.tsv": ["name\tz", *(f"{x}\t{k}" for k, x in enumerate(names))],
    }
    return {name: "\n".join(part).encode() for name, part in lines.items()}


def mutated(raw: bytes, rng: Rng) -> bytes:
    """Cut, flipped, overwritten, repeated, or with a number made huge; most often near its head."""
    made = bytearray(raw)
    for _ in range(rng.integers(1, 4)):
        near = rng.random() < 0.6
        place = int(rng.integers(0, max(1, min(len(made), 64) if near else len(made))))
        match rng.integers(0, 7):
            case 0:
                del made[place:]
            case 1 if made:
                made[place] ^= 1 << int(rng.integers(0, 8))
            case 2:
                made[place : place + 4] = bytes(rng.integers(0, 256, 4, np.uint8))
            case 3:
                made[place : place + 4] = rng.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff",
                                                      b"\0\0\0\0", b"9999"])  # fmt: skip
            case 4:
                made[place:place] = made[place : place + int(rng.integers(1, 200))]
            case 5:
                made[place:place] = rng.choice([b"\0" * 40, b"[" * 40, b"\n\t", b"999999999999"])
            case _:
                del made[place : place + int(rng.integers(1, 40))]
    return bytes(made)


def uses(folder: Path, name: str, kind: str) -> list[Callable[[], object]]:
    """What the library does with such a file: to train on it, and to apply a run to it."""
    file = folder / name
    if kind == "clips":
        frames = partial(to_array, channels=3)
        return [
            lambda: open_data(f"video2:{folder}"),
            lambda: [clip.read(frames) for clip in find_clips(folder)],
        ]
    alone = kind in ("arrays", "texts", "zips")
    more: list[Callable[[], object]] = []
    if kind == "images":
        more = [
            lambda: read_alpha(read_bytes(file)),
            lambda: decode_full_size(read_bytes(file), 3),
        ]
    elif kind == "sounds":
        more = [lambda: read_audio(file)]
    return [lambda: open_data(file if alone else folder), *more]


def refused(use: Callable[[], object]) -> Exception | None:
    """The error of a use, in words for the user. Other errors are not caught."""
    try:
        use()
    except (DataError, AudioError, UnreadableError) as error:
        return error
    return None


def main(count: int, seed: int = 0) -> int:
    """Every file whole, and then damaged; 1 where one was not read and not refused in words."""
    kinds = {make.__name__: make() for make in (images, clips, sounds, arrays, texts, zips, tables)}
    order = [(kind, name) for kind, files in kinds.items() for name in files]
    wrong, slowest = 0, (0.0, "")
    with tempfile.TemporaryDirectory() as home:

        def folder(number: int, kind: str, name: str, raw: bytes) -> Path:
            """The file beside others that are whole."""
            made = Path(home) / str(number)
            made.mkdir()
            others = kinds["images" if kind == "tables" else kind]
            for other in others if kind == "tables" else list(others)[:3]:
                (made / other).write_bytes(others[other])
            (made / name).write_bytes(raw)
            return made

        for number, (kind, name) in enumerate(order):
            for use in uses(folder(-1 - number, kind, name, kinds[kind][name]), name, kind):
                error = refused(use)
                assert (error is None) == (name != "c.zip"), (kind, name, error)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))
        for number in range(count):
            kind, name = order[number % len(order)]
            raw = mutated(kinds[kind][name], np.random.default_rng((seed, number)))
            begun = time.monotonic()
            faulthandler.dump_traceback_later(SLOW, exit=True)
            for use in uses(folder(number, kind, name, raw), name, kind):
                try:
                    error = refused(use)
                    assert "memory" not in str(error), error
                except Exception as error:
                    wrong += 1
                    print(f"file {number}, {kind} {name}: {error!r}")
                    traceback.print_exception(error, file=sys.stdout)
            faulthandler.cancel_dump_traceback_later()
            slowest = max(slowest, (time.monotonic() - begun, f"{number}, {kind} {name}"))
    # Not ru_maxrss, which begins with what the process had that started this one.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) << 10
    print(
        f"{count} files, {wrong} errors; {slowest[0]:.1f} s for the slowest ({slowest[1]}); "
        f"{peak >> 20} MiB at most"
    )
    return int(wrong > 0 or peak > ROOM)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
