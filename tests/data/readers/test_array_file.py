"""Zips that are hostile or broken, IDX files and .npz arrays."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.data.readers.array_file import read_idx
from gansmith.data.readers.read import read_path
from gansmith.data.spec import DataError


def png(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (8, 8), value).save(buffer, "PNG")
    return buffer.getvalue()


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


GOOD = {f"{n}.png": png(n) for n in range(4)}


@pytest.mark.parametrize(
    "name", ["../evil.png", "/etc/evil.png", "a/../../evil.png", "C:/evil.png"]
)
def test_a_member_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "own.zip", {**GOOD, name: png(9)})
    with pytest.raises(DataError, match="leads outside the archive"):
        read_path(path)
    assert sorted(tmp_path.iterdir()) == [path]  # nothing was written


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match=r"'link.png' leads outside"):
        read_path(tmp_path / "own.zip")


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "own.zip", GOOD)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("1.png", png(9))
    with pytest.raises(DataError, match=r"two members called '1.png'"):
        read_path(path)


def test_a_broken_zip_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "own.zip", GOOD)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"own.zip is not a zip file, or was cut off"):
        read_path(path)


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    path = packed(tmp_path / "own.zip", GOOD)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"2.png") + 30] ^= 255  # inside the image: its checksum fails
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"2.png: BadZipFile: Bad CRC-32"):
        read_path(path)
    assert list(read_path(path, skip_bad=True, val=0.5).skipped) == ["2.png"]


def test_a_member_that_unpacks_to_too_much_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gansmith.data.readers.file_list.MAX_BYTES", 5000)
    with zipfile.ZipFile(tmp_path / "own.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(5001))
    with pytest.raises(DataError, match=r"bomb.png: 5001 bytes, more than 5000"):
        read_path(tmp_path / "own.zip")


def test_windows_separators_are_folders(tmp_path: Path) -> None:
    names = [("a\\1.png", 1), ("a\\2.png", 2), ("b\\3.png", 3)]
    path = packed(tmp_path / "own.zip", {name: png(n) for name, n in names})
    assert read_path(path).spec.classes == ("a", "b")


def idx(values: np.ndarray, kind: int = 8) -> bytes:
    head = struct.pack(f">HBB{values.ndim}I", 0, kind, values.ndim, *values.shape)
    return head + values.astype(values.dtype.newbyteorder(">")).tobytes()


DIGITS = np.arange(20 * 9 * 9).reshape(20, 9, 9).astype(np.uint8)


def test_idx_plain_and_gzipped(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(idx(DIGITS))
    (tmp_path / "b.gz").write_bytes(gzip.compress(idx(DIGITS)))
    (tmp_path / "c").write_bytes(idx(np.array([[1, -70000]], np.int32), 0x0C))
    for name in ("a", "b.gz"):
        np.testing.assert_array_equal(read_idx(tmp_path / name), DIGITS)
    wide = read_idx(tmp_path / "c")
    assert wide.tolist() == [[1, -70000]]
    assert wide.dtype == np.dtype(np.int32)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(DIGITS)[:-1], r"is truncated: shape \(20, 9, 9\) needs 1636 bytes, it has 1635"),
        (idx(DIGITS) + b"x", "longer than its header says"),
        (idx(DIGITS)[:9], "announces 3 dimensions but the file has 9 bytes"),
        (b"\x89PNG", "is not an IDX file: it starts with 89 50 4e 47"),
        (b"", "starts with nothing"),
        (idx(DIGITS, 0x0A), "IDX type 0x0a is unknown; the types are 0x08"),
        (gzip.compress(idx(DIGITS), mtime=0)[:-9], "is truncated: its gzip stream ends early"),
    ],
)
def test_idx_files_that_are_wrong(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "digits-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=r"digits-idx3-ubyte.*" + message):
        read_idx(tmp_path / "digits-idx3-ubyte")


def mnist(folder: Path, dash: str = "-") -> Path:
    labels = np.arange(20, dtype=np.uint8) % 3
    (folder / f"train-images{dash}idx3-ubyte.gz").write_bytes(gzip.compress(idx(DIGITS)))
    (folder / f"train-labels{dash}idx1-ubyte").write_bytes(idx(labels))
    return folder


@pytest.mark.parametrize("dash", ["-", "."])
def test_an_idx_folder(tmp_path: Path, dash: str) -> None:
    dataset = read_path(mnist(tmp_path, dash))
    assert (dataset.spec.size, dataset.spec.channels) == (9, 1)
    assert dataset.spec.classes == ("0", "1", "2")
    rows = {tuple(image.flatten().tolist()): n for n, image in enumerate(DIGITS)}
    for part in (dataset.train, dataset.held_out):
        numbers = [rows[tuple(image.flatten().tolist())] for image in part["real"]]
        assert part["label"].tolist() == [n % 3 for n in numbers]
    single = read_path(tmp_path / f"train-images{dash}idx3-ubyte.gz")
    assert single.spec.classes == ()
    assert single.spec.train + single.spec.held_out == 20


def test_t10k_is_held_out(tmp_path: Path) -> None:
    (mnist(tmp_path) / "t10k-images-idx3-ubyte").write_bytes(idx(DIGITS[:2]))
    with pytest.raises(DataError, match="labels for one of training and held out part only"):
        read_path(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.array([2, 1], np.uint8)))
    dataset = read_path(tmp_path)
    assert dataset.held_out["label"].tolist() == [2, 1]
    assert dataset.spec.train == 20
    (tmp_path / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError, match="but no train-images-idx3-ubyte"):
        read_path(tmp_path)


def saved(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)
    return path


def images(path: Path, values: np.ndarray, **options: object) -> torch.Tensor:
    """All images of a file that holds `values`, the held out one first."""
    dataset = read_path(saved(path, images=values[1:], held_out=values[:1]), **options)
    return torch.cat([dataset.held_out["real"], dataset.train["real"]])


RGB = np.random.default_rng(0).integers(0, 256, (5, 9, 9, 3), np.uint8)


def test_npz_shapes(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    first = torch.from_numpy(RGB.transpose(0, 3, 1, 2).copy())
    assert torch.equal(images(path, RGB), first)
    assert torch.equal(images(path, RGB.transpose(0, 3, 1, 2)), first)
    assert torch.equal(images(path, RGB[..., 0]), first[:, :1])
    assert torch.equal(images(path, RGB[..., :1]), first[:, :1])
    assert torch.equal(images(path, RGB[:, :, 1:8]), first[:, :, 1:8, 1:8])
    assert images(path, RGB, channels=1, size=5).shape == (5, 1, 5, 5)


@pytest.mark.parametrize(
    ("low", "high", "dtype", "expected"),
    [
        (0, 1, np.float32, [0, 128, 255]),
        (-1, 1, np.float64, [0, 128, 255]),
        (0, 255, np.float32, [0, 128, 255]),
        (0, 255, np.int64, [0, 127, 255]),
        (0, 65535, np.uint16, [0, 127, 255]),
        (0, 1, bool, [0, 255, 255]),
    ],
)
def test_npz_ranges(tmp_path: Path, low: int, high: int, dtype: type, expected: list[int]) -> None:
    values = np.zeros((4, 8, 8), np.float64)
    values += np.array([low, (low + high) / 2, high, low])[:, None, None]
    found = images(tmp_path / "own.npz", values.astype(dtype))
    assert found[:, 0, 0, 0].tolist() == [*expected, 0]


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8"])
@pytest.mark.parametrize("low", [0.0, -1.0])
def test_what_strays_by_a_rounding_error_changes_nothing(
    tmp_path: Path, low: float, dtype: str
) -> None:
    values = np.linspace(low, 1, 256).reshape(64, 4).T.reshape(4, 8, 8).copy()
    exact = images(tmp_path / "own.npz", values.astype(dtype))
    values[1:3, 0, 0] = low - 0.0015, 1.0015
    strayed = images(tmp_path / "own.npz", values.astype(dtype))
    assert strayed[1:3, 0, 0, 0].tolist() == [0, 255]
    exact[1:3, 0, 0, 0] = torch.tensor([0, 255])
    assert strayed.equal(exact)


def test_the_range_and_the_byte_order_are_read(tmp_path: Path) -> None:
    path = tmp_path / "own.npy"
    for order in "<>":
        np.save(path, (RGB.astype("u2") * 257).astype(f"{order}u2"))
        dataset = read_path(path, val=0.2)
        assert dataset.spec.filter == "values 0 to 65535 as black to white"
        rows = torch.cat([dataset.train["real"], dataset.held_out["real"]])
        assert sorted(rows.sum((1, 2, 3)).tolist()) == sorted(RGB.astype(int).sum((1, 2, 3)))
    np.save(path, RGB / 127.5 - 1)
    found = read_path(path, size=5, large=1).spec.filter  # from the cache, too
    assert found == "values -1 to 1 as black to white; centre crop, lanczos"
    assert read_path(path, size=5, large=1).spec.filter == found


def test_npz_labels_are_numbers_or_words(tmp_path: Path) -> None:
    given = {"x_train": RGB, "y_train": np.array([[7], [10**9], [7], [7], [10**9]])}
    path = saved(tmp_path / "own.npz", **given, x_test=RGB[:1], y_test=np.array([[10**9]], ">u8"))
    dataset = read_path(path)
    assert dataset.spec.classes == ("7", "1000000000")  # names for those that occur only
    assert dataset.held_out["label"].tolist() == [1]
    assert dataset.train["label"].tolist() == [0, 1, 0, 0, 1]
    saved(path, **given, x_test=RGB[:1], y_test=np.array([8]))
    with pytest.raises(DataError, match="no training example has the label 8: add some"):
        read_path(path)
    path = saved(path, images=RGB, labels=np.array(["dog", "cat", "dog", "cat", "dog"]))
    dataset = read_path(path)
    assert dataset.spec.classes == ("cat", "dog")
    assert int(dataset.train["label"].sum() + dataset.held_out["label"].sum()) == 3


def test_points(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(50, 3))
    dataset = read_path(saved(tmp_path / "own.npz", points=points))
    assert (dataset.spec.kind, dataset.spec.dim) == ("points", 3)
    rows = torch.cat([dataset.train["real"], dataset.held_out["real"]])
    assert rows.dtype == torch.float32
    assert 1 <= dataset.spec.held_out <= 12
    assert sorted(rows[:, 0].tolist()) == sorted(points[:, 0].astype(np.float32).tolist())
    np.save(tmp_path / "own.npy", points[:, 0])
    assert read_path(tmp_path / "own.npy").spec.dim == 1
    with pytest.raises(DataError, match="holds points: leave out size$"):
        read_path(tmp_path / "own.npy", size=8)


def spoiled(value: float) -> np.ndarray:
    values = np.random.default_rng(0).random((9, 2))
    values[[4, 7], 1] = value
    return values


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"stuff": RGB}, "holds stuff; the data should be called one of real, images"),
        ({"x": RGB, "images": RGB}, "holds both images and x; keep the one"),
        ({"x": np.array([1, "a", None], object)}, "arrays of objects are refused"),
        ({"x": RGB[:0]}, r"is empty: shape \(0, 9, 9, 3\)"),
        ({"x": np.full((4, 8, 8), 7)}, "is constant: every value is 7"),
        ({"x": spoiled(np.nan)}, "row 4 is the first of 2 with NaN or infinity"),
        ({"x": spoiled(np.inf)}, "row 4 is the first of 2 with NaN"),
        ({"x": spoiled(1), "x_test": spoiled(np.nan)}, r"\(held out part\): row 4"),
        ({"x": np.array(["a", "b"])}, "expected numbers"),
        ({"x": np.zeros((1, 2, 3, 4, 5))}, r"shape \(1, 2, 3, 4, 5\), expected numbers"),
        ({"x": RGB.reshape(5, -1)}, r"points are floats .* reshape images"),
        ({"x": RGB.reshape(5, -1) / 255}, "at most 64 coordinates"),
        ({"x": np.arange(10).reshape(5, 2)}, "points are floats"),
        ({"x": RGB[0]}, "not clearly that of images"),
        ({"x": RGB[:, :3]}, "not clearly that of images"),
        ({"x": RGB[..., :2]}, "not clearly that of images"),
        ({"x": RGB * 2.0}, "are no known range of images"),
        ({"x": RGB % 2}, r"from 0 to 1 are no known range .*astype\(bool\)"),
        ({"x": RGB / 255 - 0.02}, r"float64 values from -0\.0\d+ to 0\.98 .*clip what strays"),
        ({"x": RGB / 250}, r"from 0 to 1\.02 are no known range"),
        ({"x": RGB / 255 / 5}, r"from 0 to 0\.2 are no known range"),
        ({"x": RGB.astype(">u2") * 16}, r"uint16 values from 0 to 4080 .*12 bits of 16: save x <"),
        ({"x": (RGB // 2).astype(np.int8)}, "int8 values from 0 to 127 are no known range"),
        ({"x": RGB, "x_test": RGB / 255}, "uint8 .* read as 0 to 255, and held out float64 from 0"),
        ({"x": RGB / 1.0, "x_test": RGB / 255}, "float64 values from 0 to 255, .* from 0 to 1:"),
        ({"x": RGB > 9, "x_test": RGB}, "has bool values from 0 to 1, .* held out uint8 from 0"),
        ({"x": RGB // 2, "x_test": RGB * np.uint16(9)}, "save both in one range"),
        ({"x": RGB, "y": np.arange(5)}, "5 different examples, each of a class of its own"),
        ({"x": RGB.astype(int) - 300}, "are no known range"),
        (
            {"x": RGB, "y": np.zeros(4, int)},
            r"one for each of 5 images; got int64 of shape \(4,\)",
        ),
        ({"x": RGB, "y": np.eye(5)}, r"got float64 of shape \(5, 5\)"),
        ({"x": RGB, "y": np.array([0, 1, -1, 0, 0])}, "labels go from -1 to 1, where 0 to"),
        ({"x": RGB, "y": np.full(5, 2**63, np.uint64)}, "labels go from 9223372036854775808 to"),
        (
            {"x": RGB, "y": np.arange(5) % 2, "x_val": RGB, "y_val": np.array([*"01011"])},
            "words for labels in one part, and numbers",
        ),
        ({"x": spoiled(0.0) * 1e40}, "numbers beyond 3.4e38"),
        ({"x": spoiled(0.0), "y": np.zeros(9, int)}, "labels for points"),
    ],
)
def test_npz_that_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_path(saved(tmp_path / "own.npz", **arrays))


def test_a_truncated_npz_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "own.npz", x=RGB)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(DataError, match=r"own.npz cannot be read"):
        read_path(path)


def test_a_given_part_is_not_split_again(tmp_path: Path) -> None:
    path = saved(tmp_path / "own.npz", x=RGB, held_out=RGB[:2])
    assert (read_path(path).spec.train, read_path(path).spec.held_out) == (5, 2)
    with pytest.raises(DataError, match="comes with its own split"):
        read_path(path, val=0.1)
