"""One listing for every reader and command: what is left out, what names mean, what is no file."""

from __future__ import annotations

import io
import os
import socket
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from gansmith.audio import audio_bytes
from gansmith.core.files import write_atomic
from gansmith.core.rng import Rng
from gansmith.data import DataError, open_data
from gansmith.data.readers.file_list import list_files, list_folder, list_zip, read_bytes
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.image_folder import read_images
from gansmith.data.readers.text_file import text_files
from gansmith.data.readers.video_file import find_clips
from gansmith.inference.files import find_files
from gansmith.report import write_report
from gansmith.runs.plan import plan
from gansmith.runs.run import Run

JUNK = ("._0{}", ".thumbs/0{}", "__MACOSX/0{}", ".ipynb_checkpoints/0{}", "@eaDir/0{}/1{}",
        "$RECYCLE.BIN/0{}", "System Volume Information/0{}", "k/@EADIR/0{}")  # fmt: skip


def png(value: int = 0) -> bytes:
    page = io.BytesIO()
    Image.new("L", (8, 8), value).save(page, "PNG")
    return page.getvalue()


def wav(seed: int) -> bytes:
    return audio_bytes(0.1 * Rng(seed).normal(1, 4000).clamp(-3, 3), 8000)


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


LISTERS: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
    "images": (".png", lambda d: [file.name for file in list_folder(d)]),
    "sounds": (".wav", lambda d: [file.name for file in list_folder(d)]),
    "translate": (".png", lambda d: [item.name for item in find_files(d, (".png",), "image")]),
    "clips": (".mp4", lambda d: [f"{clip.name}.mp4" for clip in find_clips(d)]),
    "frames": (".png", lambda d: [x.name for clip in find_clips(d) for x in clip.files]),
    "persons": (".png", lambda d: list(read_images(d, 8, 1, skip_bad=False))),
    "texts": (".txt", lambda d: [path.name for path in text_files(d)]),
}


@pytest.mark.parametrize("kind", LISTERS)
def test_what_a_system_puts_beside_the_files_is_left_out_everywhere(
    kind: str, tmp_path: Path
) -> None:
    suffix, names = LISTERS[kind]
    good = {".png": png(), ".wav": wav(0)}.get(suffix, b"a cat\n")
    for number in range(3):
        put(tmp_path, f"{number}{suffix}", good)
    (tmp_path / f"folder{suffix}").mkdir()
    for name in JUNK:
        put(tmp_path, name.format(suffix, suffix), b"\0\5\x16\7")
    assert sorted(names(tmp_path)) == [f"{number}{suffix}" for number in range(3)]


def test_junk_in_a_zip_is_left_out_and_a_member_without_a_name_is_no_file() -> None:
    with zipfile.ZipFile(io.BytesIO(), "w") as archive:
        for name in ("a.png", "", *(name.format(".png", ".png") for name in JUNK)):
            archive.writestr(zipfile.ZipInfo(name), png())
        assert [file.name for file in list_zip(archive)] == ["a.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_sockets_are_named_and_nobody_waits_for_them(tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path, f"{number}.png", png(number))
    os.mkfifo(tmp_path / "pipe.png")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.relpath(tmp_path / "socket.png"))
    with pytest.raises(DataError, match=r"pipe.png: not a file, but .*(.|\n)*socket.png"):
        open_data(tmp_path)
    assert set(open_data(tmp_path, skip_bad=True).skipped) == {"pipe.png", "socket.png"}
    with pytest.raises(DataError, match="pipe.png is a pipe or a device"):
        open_data(tmp_path / "pipe.png")
    with pytest.raises(UnreadableError, match="a pipe or a device"):
        read_bytes(tmp_path / "pipe.png")
    with pytest.raises(UnreadableError, match="a pipe or a device"):
        read_bytes(Path(os.devnull))
    listener.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("suffix", [".wav", ".txt", ".mp4", ".gif"])
def test_a_pipe_of_any_name_is_refused(suffix: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"x{suffix}")
    clips = suffix in (".mp4", ".gif")
    with pytest.raises(DataError, match="a pipe or a device"):
        open_data(f"video2:{tmp_path}" if clips else tmp_path)


def test_links_that_lead_to_themselves_end(tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path, f"x/{number}.png", png(number))
    (tmp_path / "x" / "again").symlink_to(tmp_path / "x")
    (tmp_path / "x" / "loop.png").symlink_to("loop.png")
    with pytest.raises(DataError, match=r"loop.png: OSError: Too many levels"):
        open_data(tmp_path / "x")
    assert open_data(tmp_path / "x", skip_bad=True).spec.train == 2


def test_a_link_that_leads_outside_is_refused_by_every_reader(tmp_path: Path) -> None:
    put(tmp_path, "secret/0.png", png())
    put(tmp_path, "x/0.png", png())
    (tmp_path / "x" / "1.png").symlink_to(tmp_path / "secret" / "0.png")
    for find in (list_folder, find_clips, lambda d: find_files(d, (".png",), "image")):
        with pytest.raises(DataError, match="leads? .*outside|outside"):
            find(tmp_path / "x")


def test_composed_and_decomposed_names_are_one_name(tmp_path: Path) -> None:
    """A Mac writes the letters of é apart, others as one."""
    composed, apart = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    for number in range(3):
        put(tmp_path, f"x/condition/{composed}{number}.png", png(number))
        put(tmp_path, f"x/real/{apart}{number}.png", png(number))
        put(tmp_path, f"y/{composed if number else apart}/{number}.png", png(number))
        put(tmp_path, f"z/{apart}{number}.png", png(number))
    assert open_data(tmp_path / "x").spec.condition is not None
    assert open_data(tmp_path / "y").spec.classes == ()  # one class folder, and not two
    lines = "".join(f"{composed}{number}.png\ta cat\n" for number in range(3))
    put(tmp_path, "z/captions.tsv", lines.encode())
    assert open_data(tmp_path / "z").spec.condition is not None


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        put(tmp_path, unicodedata.normalize(form, "é.png"), png())
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system takes both for one name")
    with pytest.raises(DataError, match=r"two files called 'é.png': rename one"):
        list_files(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode on other systems")
def test_names_that_are_no_text_become_text(tmp_path: Path) -> None:
    """A run on them is begun, reported and opened again: nothing that is written fails."""
    home = os.fsencode(tmp_path) + b"/caf\xe9"
    for kind in (b"\xe9t\xe9", b"hiver"):
        os.makedirs(home + b"/" + kind)
        for number in range(3):
            with open(home + b"/" + kind + b"/%d\xff.png" % number, "wb") as file:
                file.write(png(number))
    data = os.fsdecode(home)
    assert open_data(data).spec.classes == (r"\xe9t\xe9", "hiver")
    planned = plan("cgan", data=data, steps=1, out=tmp_path / "run", width=4, batch=2)
    run = Run.begin(planned.folder, planned.config, planned.dataset)
    assert r"\xe9t\xe9" in write_report(run).read_text("utf-8")
    assert Run.open(tmp_path / "run").dataset.spec.classes == run.dataset.spec.classes


def test_names_as_long_as_any_are_read_and_written(tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path, f"{'n' * 250}{number}.png", png(number))
    assert open_data(tmp_path).spec.train == 2
    write_atomic(tmp_path / ("n" * 251 + ".txt"), b"whole")
    assert (tmp_path / ("n" * 251 + ".txt")).read_bytes() == b"whole"
