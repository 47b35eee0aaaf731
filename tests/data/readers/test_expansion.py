"""What a small file may expand to is limited, and the limit is checked before it does."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import struct
import threading
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith.cli import main
from gansmith.data import DataError, open_data
from gansmith.data.readers import image_file
from gansmith.data.readers.file_list import MAX_BYTES, list_zip
from gansmith.data.readers.image_file import (
    UnreadableError,
    count_frames,
    decode,
    frames_of,
    read_header,
)


def bomb(side: int) -> bytes:
    """A grey PNG of one bit, side x side, as small as it can be."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">2I5B", side, side, 1, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", packed), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_picture_of_too_many_pixels_is_refused_by_its_header() -> None:
    raw = bomb(13_370)
    assert len(raw) < 1 << 20
    for look in (read_header, count_frames, lambda x: decode(x, 8, 1)):
        with pytest.raises(UnreadableError, match="13370x13370 pixels, more than 89478485: make"):
            look(raw)


def test_threads_decode_so_many_pixels_at_one_time_and_not_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page of 80 pixels waits while others of 30 are open; the bound is reached, and kept."""
    memory = image_file._Memory(100)
    monkeypatch.setattr(image_file, "_memory", memory)
    least, pages = [], [bomb(side) for side in (5, 8, 5, 8, 5, 9, 10)]

    def read(raw: bytes) -> None:
        with image_file._opened(raw):
            least.append(memory.free)

    threads = [threading.Thread(target=read, args=(raw,)) for raw in 5 * pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(least) == len(threads)
    assert min(least) == 0  # the page of 100 pixels, alone
    assert memory.free == 100


def test_a_clip_of_too_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_file, "MAX_FRAMES", 150)
    page = io.BytesIO()
    first, *rest = [Image.new("L", (10, 10), 9 * t) for t in range(5)]
    first.save(page, "GIF", save_all=True, append_images=rest)
    with pytest.raises(UnreadableError, match="2 frames or more take more than 150 bytes: cut"):
        frames_of(page.getvalue(), np.asarray)


def test_pages_of_a_tiff_are_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    page = io.BytesIO()
    Image.new("L", (4, 4)).save(page, "TIFF", save_all=True, append_images=[Image.new("L", (9, 9))])
    monkeypatch.setattr(image_file, "MAX_PIXELS", 50)
    with pytest.raises(UnreadableError, match="9x9 pixels, more than 50"):
        frames_of(page.getvalue(), np.asarray)


def test_only_the_formats_of_images_are_tried() -> None:
    """PostScript is a program, which Pillow gives to an interpreter."""
    page = io.BytesIO()
    Image.new("RGB", (8, 8)).save(page, "EPS")
    with pytest.raises(UnreadableError, match="not an image"):
        decode(page.getvalue(), 8, 3)


def packed(members: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return page.getvalue()


def member(raw: bytes) -> bytes:
    """The first member of a zip, as the readers read it."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return list_zip(archive)[0].read()


def test_a_member_that_unpacks_to_far_more_is_not_unpacked() -> None:
    good = packed({"a.png": bytes(1 << 24)})
    assert len(member(good)) == 1 << 24  # so much any file may unpack to
    with pytest.raises(UnreadableError, match="that unpack to more than 100 times as many"):
        member(packed({"a.png": bytes((1 << 24) + 1)}))


def test_a_member_that_lies_about_its_size_is_read_no_further() -> None:
    """The directory says 10 bytes; there are 12,345,678 of them."""
    raw = packed({"a.png": bytes(12_345_678)})
    said = struct.pack("<I", 12_345_678)
    assert raw.count(said) == 2
    with pytest.raises(UnreadableError, match="BadZipFile: Bad CRC"):
        member(raw.replace(said, struct.pack("<I", 10)))
    with pytest.raises(UnreadableError, match=f"more than {MAX_BYTES}"):
        member(raw.replace(said, struct.pack("<I", 1 << 30)))


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_unpacks_without_a_bound_is_refused(packing: int) -> None:
    with pytest.raises(UnreadableError, match="by a method other than deflate: pack the zip again"):
        member(packed({"a.png": bytes(100)}, packing))


def npy(shape: str, dtype: str = "<f8", content: bytes = b"\0" * 64) -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + content


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.npy", npy("(1000000000000,)"), "announces float64 of shape"),
        ("a.npy", npy("(2000000, 1000, 1000)", "|u1"), "announces uint8 of shape"),
        ("a.npy", npy("(-8,)"), "announces float64 of shape"),
        ("a.npy", npy("(8,)")[:40], "header|EOF|expected"),
        ("a.npy", npy("(" * 900), "its header is damaged"),
        ("a.npz", packed({"images.npy": npy("(1000000000000,)")}), "announces float64 of shape"),
        ("a.npz", packed({"images.npy": npy("(8,)")}, zipfile.ZIP_LZMA), "packed in a way"),
        ("a.npz", packed({"images": b"no array"}), "holds nothing"),
        ("a.idx", b"\0\0\x08\3" + b"\xff" * 12 + bytes(50), "truncated"),
        ("a.idx", b"\0\0\x08\xff" + bytes(2000), "announces 255 dimensions"),
        ("a-ubyte.gz", gzip.compress(bytes(3000), mtime=0), "unpack to more than 2000"),
        ("a.txt.gz", gzip.compress(b"\n" * 100_000, mtime=0), "unpack to more than"),
        ("a.txt.gz", gzip.compress(b"a cat\n" * 9, mtime=0)[:-9], "cannot be read"),
        ("a.zip", b"PK\3\4" + bytes(90), "not a zip file"),
    ],
)  # fmt: skip
def test_what_a_header_announces_is_compared_with_the_file(
    name: str, content: bytes, match: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terabytes are announced here; an array is made before it is filled."""
    monkeypatch.setattr("gansmith.data.readers.array_file.MOST", 2000)
    monkeypatch.setattr("gansmith.data.readers.text_file.SMALL", 2000)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name}(.|\n)*({match})"):
        open_data(tmp_path / name)


def test_arrays_by_columns_are_still_read(tmp_path: Path) -> None:
    points = np.asfortranarray(np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32))
    np.save(tmp_path / "a.npy", points)
    data = open_data(tmp_path / "a.npy")
    assert (data.spec.kind, data.spec.train + data.spec.held_out) == ("points", 50)


@pytest.mark.parametrize("error", [MemoryError("8 TiB"), RecursionError("too deep")])
def test_the_file_that_takes_all_memory_is_named(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        Image.new("L", (8, 8), number).save(tmp_path / f"{number}.png")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("gansmith.data.readers.image_folder.read_header", fail)
    with pytest.raises(DataError, match=f"{tmp_path.name}.* takes more memory than there is"):
        open_data(tmp_path)


@pytest.mark.parametrize(
    ("error", "match"),
    [
        (MemoryError("Unable to allocate 8 TiB"), "memory ran out; take less .*8 TiB"),
        (ImportError("no torch-fidelity: pip install 'gansmith[inception]'"), "pip install"),
        (RecursionError("maximum recursion depth exceeded"), "maximum recursion depth"),
    ],
)
def test_the_command_line_ends_in_a_sentence(
    error: Exception,
    match: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    error.add_note(", which photos/ needs")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.delenv("GANSMITH_TRACE", raising=False)
    monkeypatch.setattr("gansmith.cli.list.main", fail)
    with pytest.raises(SystemExit) as ended:
        main(["list", "presets"])
    assert ended.value.code == 2
    found = capsys.readouterr().err
    assert found.startswith("gansmith list: ")
    assert found.rstrip().endswith("which photos/ needs")
    assert re.search(match, found)


def test_bombs_of_other_packings_are_what_they_are_taken_for() -> None:
    """Why they are refused: a few bytes unpack to a million, whatever is asked for."""
    assert len(bz2.compress(bytes(1 << 20))) < 60
    assert len(lzma.compress(bytes(1 << 20))) < 300
