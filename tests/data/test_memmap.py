"""Sets larger than memory: read from a file row by row, and the same batches as from memory."""

from __future__ import annotations

import errno
import os
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.data import Dataset, open_source
from gansmith.data.memmap import RowFile
from gansmith.data.readers.decode_cache import cached_array
from gansmith.data.readers.read import read_path
from gansmith.data.source import Source
from gansmith.data.spec import DataError


def kept(cache: Path) -> list[str]:
    """The endings of the files in the cache; locks may stay."""
    return sorted(file.suffix for file in cache.iterdir() if file.suffix != ".lock")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


RGB = np.random.default_rng(0).integers(0, 256, (50, 9, 9, 3), np.uint8)
FIRST = RGB.transpose(0, 3, 1, 2)


def rows_of(path: Path, values: np.ndarray = FIRST) -> RowFile:
    np.save(path, np.ascontiguousarray(values))
    return RowFile(path)


def same(one: Dataset, other: Dataset) -> None:
    assert one.spec == other.spec
    for part in ("train", "held_out"):
        ours, theirs = getattr(one, part), getattr(other, part)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_rows_are_those_of_the_array(tmp_path: Path) -> None:
    file = rows_of(tmp_path / "a.npy")
    rows = torch.tensor([49, 0, 7, 7])
    file.prefetch(rows)
    assert torch.equal(file.read_rows(rows), torch.from_numpy(FIRST[[49, 0, 7, 7]].copy()))
    assert file.read_rows(rows[:0]).shape == (0, 3, 9, 9)
    np.testing.assert_array_equal(file.values, FIRST)
    file.values[:] = 1  # private to the process
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), FIRST)


def test_a_file_larger_than_the_machine_memory_is_opened(tmp_path: Path) -> None:
    path, row = tmp_path / "huge.npy", 3 * 32 * 32
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    count = 3 * memory // row
    with open(path, "wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, 3, 32, 32)}
        np.lib.format.write_array_header_1_0(file, header)
        start = file.tell()
        file.seek(start + (count - 1) * row)
        file.write(bytes([7]) * row)  # the rest takes no room on the disk
    found = RowFile(path)
    assert int(found.read_rows(torch.tensor([count - 1])).min()) == 7
    assert int(found.values[count - 1].min()) == 7
    assert not found.values[count // 2].any()


@pytest.mark.parametrize("left", [0.5, 0.0])
def test_a_file_cut_short_while_it_is_read_is_named(tmp_path: Path, left: float) -> None:
    file = rows_of(tmp_path / "a.npy")
    source = Source({"real": torch.from_numpy(file.values)}, 20, 0, file=file)
    source.at(0)
    os.truncate(tmp_path / "a.npy", int(left * (tmp_path / "a.npy").stat().st_size))
    with pytest.raises(DataError, match=r"a.npy ends before row \d+ of 50: .*Remove it and resume"):
        source.at(1)


def test_a_failing_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    file = rows_of(tmp_path / "a.npy")
    monkeypatch.setattr("os.preadv", fail)
    with pytest.raises(DataError, match=r"a.npy cannot be read: Input/output error"):
        file.read_rows(torch.tensor([1]))


def test_batches_from_a_file_are_those_from_memory_in_any_order(tmp_path: Path) -> None:
    file = rows_of(tmp_path / "a.npy")
    fields = {"real": torch.from_numpy(FIRST.copy()), "label": torch.arange(50)}
    memory = Source(fields, 16, seed=3)
    mapped = {"real": torch.from_numpy(file.values)[:50], "label": fields["label"]}
    streamed = Source(mapped, 16, seed=3, file=file)
    for n in (0, 1, 2, 3, 4, 9, 8, 8, 30, 31, 2):  # across epochs, forth and back
        one, other = memory.at(n), streamed.at(n)
        assert list(one) == list(other)
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_the_next_batch_is_announced_while_one_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[torch.Tensor] = []
    monkeypatch.setattr(RowFile, "prefetch", lambda self, rows: announced.append(rows))
    file = rows_of(tmp_path / "a.npy")
    source = Source({"real": torch.from_numpy(file.values)}, 16, seed=3, file=file)
    for n in range(4):
        source.at(n)
        assert torch.equal(announced[n], source.rows(n + 1))


def saved(tmp_path: Path, name: str, values: np.ndarray, label: np.ndarray | None = None) -> Path:
    path = tmp_path / name
    if name.endswith(".npy"):
        np.save(path, values)
    else:
        np.savez_compressed(path, images=values, **({} if label is None else {"labels": label}))
    return path


@pytest.mark.parametrize("name", ["own.npy", "own.npz"])
@pytest.mark.parametrize(
    ("values", "options"),
    [
        (RGB, {}),
        (FIRST, {}),
        (RGB[..., 0], {"channels": 3}),
        ((RGB / np.float32(255)), {}),
        (RGB, {"size": 5, "channels": 1, "val": 0.3}),
    ],
)
def test_a_large_array_becomes_the_same_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, values: np.ndarray, options: dict
) -> None:
    label = np.arange(50) % 4 if name == "own.npz" else None
    path = saved(tmp_path, name, values, label)
    small = read_path(path, **options)
    assert small.file is None
    monkeypatch.setattr("gansmith.data.readers.array_data.AT_ONCE", 1500)  # some rows at a time
    for _ in range(2):  # made, then found
        large = read_path(path, large=1, **options)
        assert large.file is not None
        same(small, large)
    one, other = open_source(small, 7, 0), open_source(large, 7, 0)
    for n in range(15):
        assert torch.equal(one.at(n)["real"], other.at(n)["real"])


def test_a_changed_array_is_read_anew(tmp_path: Path, cache: Path) -> None:
    path = saved(tmp_path, "own.npy", RGB)
    first = read_path(path, large=1)
    np.save(path, 255 - RGB)
    assert read_path(path, large=1).spec.fingerprint != first.spec.fingerprint
    assert len(list(cache.glob("*.npy"))) == 2


@pytest.mark.parametrize("name", ["own.npy", "own.npz"])
def test_memory_does_not_grow_with_a_large_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("gansmith.data.readers.array_data.AT_ONCE", 2**16)
    monkeypatch.setattr("gansmith.data.build.WHOLE", 2**16)
    monkeypatch.setattr("gansmith.data.build.SAMPLED_ROWS", 16)
    values = np.random.default_rng(0).integers(0, 256, (4000, 3, 32, 32), np.uint8)
    path = saved(tmp_path, name, values)
    tracemalloc.start()
    try:
        dataset = read_path(path, large=1)
        source = open_source(dataset, 16, 0)
        for n in range(20):
            source.at(n)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert values.nbytes > 12e6
    assert most < 2e6


def test_what_only_large_arrays_are_refused_for(tmp_path: Path) -> None:
    path = saved(tmp_path, "own.npy", np.asfortranarray(RGB))
    read_path(path)
    with pytest.raises(DataError, match="column by column .* np.ascontiguousarray"):
        read_path(path, large=1)
    path = saved(tmp_path, "own.npy", RGB)
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(DataError, match="own.npy cannot be read: its header .* 12150 bytes"):
        read_path(path, large=1)
    path = saved(tmp_path, "own.npy", np.where(RGB > 254, np.nan, RGB).astype(np.float32))
    with pytest.raises(DataError, match="with NaN or infinity"):
        read_path(path, large=1)


def test_the_folders_of_pictures_are_streamed_too(tmp_path: Path) -> None:
    for side in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / "own" / side).mkdir(parents=True)
        for n in range(9):
            value = n + 50 * (side[-1] == "B")
            Image.new("L", (8, 8), value).save(tmp_path / "own" / side / f"{n}.png")
    small, large = read_path(tmp_path / "own"), read_path(tmp_path / "own", large=1)
    assert all(part.file is not None for part in large.domains.values())
    one, other = open_source(small, 4, 0), open_source(large, 4, 0)
    for n in range(6):
        for domain in "ab":
            assert torch.equal(one.at(n)[domain], other.at(n)[domain])


def test_a_damaged_file_of_the_cache_is_made_anew(tmp_path: Path, cache: Path) -> None:
    path = saved(tmp_path, "own.npy", RGB)
    first = read_path(path, large=1)
    (array,) = cache.glob("*.npy")
    for size in (1000, 3, 0):
        os.truncate(array, size)
        assert read_path(path, large=1).spec == first.spec
    array.with_suffix(".json").write_text("{")
    assert read_path(path, large=1).spec == first.spec


def test_what_a_killed_process_left_is_taken_over(tmp_path: Path, cache: Path) -> None:
    path = saved(tmp_path, "own.npy", RGB)
    first = read_path(path, large=1)
    (array,) = cache.glob("*.npy")
    array.rename(array.with_name(array.name + ".part"))
    assert read_path(path, large=1).spec == first.spec
    assert kept(cache) == [".json", ".npy"]


def test_of_several_that_want_it_one_decodes(cache: Path) -> None:
    made, together = [], threading.Barrier(4)

    def fill(values: np.ndarray) -> dict[str, str]:
        made.append(1)
        values[:] = len(made)
        return {}

    def want() -> None:
        together.wait()
        found.append(cached_array(["a"], (5, 1, 8, 8), fill)[0].values.copy())

    found: list[np.ndarray] = []
    threads = [threading.Thread(target=want) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert made == [1]
    assert [int(values.min()) for values in found] == [1, 1, 1, 1]


def test_the_next_one_decodes_where_the_first_failed(cache: Path) -> None:
    def fail(values: np.ndarray) -> dict[str, str]:
        raise DataError("no")

    with pytest.raises(DataError, match="no"):
        cached_array(["a"], (5, 1, 8, 8), fail)
    assert kept(cache) == []
    cached_array(["a"], (5, 1, 8, 8), lambda values: {})


def test_a_disk_that_fills_up_meanwhile_is_said(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(DataError, match=r"do not fit into .*cache .*set GANSMITH_CACHE"):
        read_path(saved(tmp_path, "own.npy", RGB), large=1)
    assert kept(cache) == []
