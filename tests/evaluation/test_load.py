"""Samples out of folders and files, to be measured like those of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.core.rng import Rng
from gansmith.data import DataError, open_data
from gansmith.evaluation.load import check_same_kind, load_samples


def test_all_images_of_a_folder_are_loaded_in_the_channels_of_the_data(tmp_path: Path) -> None:
    for n in range(20):
        pixels = Rng(n).integers(256, 8, 8, 3).to(torch.uint8).numpy()
        Image.fromarray(pixels).save(tmp_path / f"{n}.png")
    samples, how = load_samples(tmp_path, open_data("digits"))
    assert samples.shape == (20, 1, 8, 8)
    assert how == ""


def test_images_are_brought_to_the_size_of_the_data_and_how_is_said(tmp_path: Path) -> None:
    for n in range(20):
        pixels = Rng(n).integers(256, 20, 20, 3).to(torch.uint8).numpy()
        Image.fromarray(pixels).save(tmp_path / f"{n}.png")
    samples, how = load_samples(tmp_path, open_data("emoji", size=16))
    assert samples.shape == (20, 3, 16, 16)
    assert how == "centre crop, lanczos, 20 to 16 pixels"


def test_points_of_a_file(tmp_path: Path) -> None:
    points = Rng(1).normal(50, 2)
    np.save(tmp_path / "x.npy", points.numpy())
    loaded, _ = load_samples(tmp_path / "x.npy", open_data("ring"))
    assert loaded.shape == (50, 2)
    assert loaded.sum() == pytest.approx(float(points.sum()), abs=1e-4)


def test_other_kinds_and_other_vocabularies_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", Rng(1).normal(50, 2).numpy())
    with pytest.raises(
        DataError, match="x.npy holds points, and what it is compared with holds text"
    ):
        load_samples(tmp_path / "x.npy", open_data("grammar"))
    (tmp_path / "lines.txt").write_text("\n".join(["a cat sees a dog", "a dog"] * 10))
    with pytest.raises(DataError, match="has a vocabulary of its own"):
        load_samples(tmp_path / "lines.txt", open_data("grammar"))
    ring, digits = open_data("ring").spec, open_data("digits").spec
    with pytest.raises(
        DataError, match="mine holds points, and what it is compared with holds image"
    ):
        check_same_kind(ring, "mine", digits)
    check_same_kind(digits, "mine", open_data("emoji").spec)
