"""Facades are found where they lie, label first, and are no part of the package."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith.data import DATA, DataError, open_data
from gansmith.data.builtin import mnist


def packed(path: Path, count: int, first: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(first, first + count):
            label = Image.fromarray(np.full((128, 128), n, np.uint8), mode="P")
            label.putpalette([value for k in range(256) for value in (k, 0, 255)])
            photo = Image.new("RGB", (128, 128), (0, n, 0))
            for name, image in (("label", label), ("photo", photo)):
                page = io.BytesIO()
                image.save(page, "PNG")
                archive.writestr(f"{name}/{n:04d}.png", page.getvalue())


def test_they_are_found_with_their_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed(tmp_path / "facades" / "train.zip", 4, 1)
    packed(tmp_path / "facades" / "test.zip", 3, 1)
    packed(tmp_path / "facades" / "val.zip", 1, 50)
    monkeypatch.setenv("GANSMITH_DATA", str(tmp_path))
    dataset = open_data("facades", size=64)
    spec = dataset.spec
    assert (spec.name, spec.size, spec.channels, spec.train, spec.held_out) == (
        "facades", 64, 3, 4, 3,
    )  # fmt: skip
    assert spec.condition is not None
    assert spec.condition.shape == (3, 64, 64)
    for part, count in ((dataset.train, 4), (dataset.held_out, 3)):
        assert part["condition"][:, :, 0, 0].tolist() == [[n, 0, 255] for n in range(1, count + 1)]
        assert part["real"][:, :, 0, 0].tolist() == [[0, n, 0] for n in range(1, count + 1)]
    assert open_data("facades").spec.size == 128
    assert DATA["facades"].licence == spec.licence


def test_nowhere_is_said_with_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setattr(mnist, "DEBIAN", tmp_path)
    monkeypatch.setattr(mnist, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("GANSMITH_DATA", str(tmp_path / "own"))
    with pytest.raises(DataError, match=r"GANSMITH_DATA(.|\n)*pairs-reversed(.|\n)*own/facades"):
        open_data("facades")


def test_they_never_come_with_the_package() -> None:
    files = Path(mnist.__file__).parent / "files"
    assert not [path for path in files.rglob("*") if "facade" in path.name.lower()]
