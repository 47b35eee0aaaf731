"""Which reader a path gets, and decoding into the memory-mapped cache."""

from __future__ import annotations

import os
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.data.readers.decode_cache import cache_folder
from gansmith.data.readers.read import read_path
from gansmith.data.spec import DataError


def kept(cache: Path) -> list[str]:
    """The endings of the files in the cache; locks may stay."""
    return sorted(file.suffix for file in cache.iterdir() if file.suffix != ".lock")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    for n in range(20):
        Image.new("L", (8, 8), n).save(tmp_path / "own" / f"{n:02}.png")
    return tmp_path / "own"


def test_what_cannot_be_read_names_the_forms(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere does not exist; data is a folder of images"):
        read_path(tmp_path / "nowhere")
    (tmp_path / "own.rar").write_bytes(b"")
    with pytest.raises(DataError, match=r"own.rar is in no format that .*; data is .*\.npz"):
        read_path(tmp_path / "own.rar")
    (tmp_path / "own.png").write_bytes(b"")
    with pytest.raises(DataError, match="is a single image: give a folder of images"):
        read_path(str(tmp_path / "own.png"))


def test_large_data_is_mapped_from_the_cache(folder: Path, cache: Path) -> None:
    small = read_path(folder)
    assert not cache.exists()
    large = read_path(folder, large=1)
    (array,) = cache.glob("*.npy")
    assert kept(cache) == [".json", ".npy"]
    for part in ("train", "held_out"):
        torch.testing.assert_close(getattr(large, part)["real"], getattr(small, part)["real"])
    assert large.spec == small.spec
    large.train["real"][:] = 99  # private to the process
    assert torch.equal(read_path(folder, large=1).train["real"], small.train["real"])
    written = array.stat().st_mtime_ns
    read_path(folder, large=1)
    assert array.stat().st_mtime_ns == written


def test_the_cache_is_really_read(folder: Path, cache: Path) -> None:
    read_path(folder, large=1)
    (array,) = cache.glob("*.npy")
    np.save(array, np.load(array) + 100)
    assert int(read_path(folder, large=1).train["real"].min()) >= 100


@pytest.mark.parametrize("change", ["time", "size", "name", "option"])
def test_a_change_is_decoded_anew(folder: Path, cache: Path, change: str) -> None:
    read_path(folder, large=1, size=8)
    if change == "time":
        os.utime(folder / "00.png", ns=(1, 1))
    elif change == "size":
        Image.new("L", (9, 9), 0).save(folder / "00.png")
    elif change == "name":
        (folder / "00.png").rename(folder / "new.png")
    read_path(folder, large=1, size=6 if change == "option" else 8)
    assert len(list(cache.glob("*.npy"))) == 2


def test_bad_pictures_and_the_cache(folder: Path, cache: Path) -> None:
    (folder / "07.png").write_bytes(b"x")
    options = {"large": 1, "size": 8, "channels": 1, "val": 0.3}
    with pytest.raises(DataError, match=r"1 of 20 .*\n.*07.png: not an image"):
        read_path(folder, **options)
    assert not kept(cache)  # nothing half written stays
    for _ in range(2):  # decoded, then found
        dataset = read_path(folder, skip_bad=True, **options)
        rows = torch.cat([dataset.train["real"], dataset.held_out["real"]])[:, 0, 0, 0]
        assert sorted(rows.tolist()) == [n for n in range(20) if n != 7]
        assert dataset.skipped == {"07.png": "not an image"}
    with pytest.raises(DataError, match="1 of 20"):
        read_path(folder, **options)


def test_a_full_disk_is_said_before_decoding(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10, 10, 0))
    with pytest.raises(DataError, match=r"do not fit into .*cache .*set GANSMITH_CACHE"):
        read_path(folder, large=1)


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GANSMITH_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/cache")
    assert cache_folder() == Path("/some/cache/gansmith")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_folder() == Path("/home/someone/.cache/gansmith")


def test_progress_is_shown_on_a_terminal_when_there_is_much(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gansmith.data.readers.decode_cache.SHOWN", 10)
    read_path(folder)
    assert "decoding" not in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    read_path(folder)
    assert "decoding images" in capsys.readouterr().err
    monkeypatch.setattr("gansmith.data.readers.decode_cache.SHOWN", 21)
    read_path(folder)
    assert "decoding" not in capsys.readouterr().err
