"""Python objects as data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, IterableDataset, TensorDataset
from torch.utils.data import Dataset as TorchDataset

from gansmith.data import DataError, open_data

X = torch.arange(20 * 3 * 8 * 8).remainder(256).to(torch.uint8).reshape(20, 3, 8, 8)
Y = torch.arange(20) % 2


class Pictures(TorchDataset):  # type: ignore[type-arg]
    """Pictures of Pillow with labels, as torchvision's folders give them."""

    def __len__(self) -> int:
        return 20

    def __getitem__(self, row: int) -> tuple[Image.Image, int]:
        return Image.fromarray(X[row].permute(1, 2, 0).numpy()), int(Y[row])


class Stream(IterableDataset):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        return iter(X)


PAIRS = {
    "tensors": (X, Y),
    "arrays": (X.numpy(), Y.numpy()),
    "channels last": (X.permute(0, 2, 3, 1), Y),
    "data set": TensorDataset(X, Y),
    "pictures": Pictures(),
    "list": [Pictures()[row] for row in range(20)],
    "loader": DataLoader(TensorDataset(X, Y), batch_size=3, shuffle=True, drop_last=True),
}


@pytest.mark.parametrize("given", PAIRS.values(), ids=PAIRS)
def test_the_same_examples_in_any_form_are_the_same_data(given: Any) -> None:
    found, expected = open_data(given), open_data((X, Y))
    assert found.spec.fingerprint == expected.spec.fingerprint
    assert found.spec.classes == ("0", "1")
    rows = torch.cat([found.train["real"], found.held_out["real"]])
    assert sorted(rows.flatten(1).tolist()) == sorted(X.flatten(1).tolist())


def test_examples_without_labels_points_and_options() -> None:
    points = torch.randn(40, 2)
    for given in (points, points.double().numpy(), TensorDataset(points), points.requires_grad_()):
        assert open_data(given, val=0.5).spec.dim == 2
    assert open_data(X, size=4, channels=1).spec.shape == (1, 4, 4)
    ring = open_data("ring")
    assert open_data(ring) is ring
    assert open_data((X, Y), labelled=4).spec.labelled == 4


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (3.5, "got float"),
        ([1, 2], r"int64 of shape \(2,\)"),
        ({"x": X}, "dict: data is a name, .*got dict"),
        ([], "no examples that can be counted"),
        (TensorDataset(X, Y, X), "a row and its label; got 3 parts"),
        (Stream(), "no examples that can be counted"),
        (DataLoader(Stream()), "from_loader"),
        (X[:, 0, 0, 0], "points are floats"),
        ((X, Y[:3]), "one for each of 20"),
        ([("a",)], "expected numbers"),
        ((np.array([object()]), None), "expected numbers"),
    ],
)
def test_what_is_no_data_is_refused_with_what_is(given: Any, why: str) -> None:
    with pytest.raises(DataError, match=why):
        open_data(given)


def test_a_file_of_ones_own_gives_data(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import torch\npoints = torch.arange(40.).reshape(20, 2)\ndef made(): return points\n"
        "def broken():\n    return {}['a']"
    )
    for name in ("made", "points"):
        assert open_data(f"{path}:{name}").spec.dim == 2
    with pytest.raises(ValueError, match=r"broken raised KeyError: 'a' \(mine.py, line 5\)"):
        open_data(f"{path}:broken")
    with pytest.raises(DataError, match="mine.py: say which of its functions gives the data"):
        open_data(path)
    with pytest.raises(ValueError, match="unknown name in .*mine.py 'other'"):
        open_data(f"{path}:other")
