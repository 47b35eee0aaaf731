"""Runs and folders side by side."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gansmith
from gansmith.data import DataError, open_data
from gansmith.inference.sample import write_samples
from gansmith.metrics import ProtocolError
from gansmith.report.compare import compare, write_comparison


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("runs")
    runs = {"a": ("nsgan", "digits", 3), "b": ("nsgan", "digits", 6), "p": ("nsgan", "ring", 3)}
    for name, (preset, data, steps) in runs.items():
        gansmith.train(preset, data=data, steps=steps, out=home / name)
    return {name: home / name for name in runs}


def test_runs_and_a_folder_of_the_same_samples(runs: dict[str, Path], tmp_path: Path) -> None:
    run = gansmith.open_run(runs["a"])
    write_samples(run, 360, 0, tmp_path / "made")
    found = compare([runs["a"], runs["b"], tmp_path / "made"], "digits")
    a, b, made = (one.numbers["cfid"].value for one in found)
    assert made == pytest.approx(a, rel=1e-6)
    assert b != a
    written = write_comparison(found, tmp_path / "out", open_data("digits"))
    page = json.loads(written[0].read_text())
    assert page["b"]["cfid"]["value"] == b
    assert page["b"]["cfid"]["protocol"]["versions"]["torch"]
    with Image.open(written[1]) as page:
        assert page.width > page.height > 100


def test_a_folder_is_read_as_the_data_of_the_run_was(runs: dict[str, Path], tmp_path: Path) -> None:
    """Images of 20 pixels, against a run of 8 by 8: all numbers, and the protocol says how."""
    digits = open_data("digits")
    for place, image in enumerate(digits.held_out["real"][:80, 0].numpy()):
        large = Image.fromarray(image).resize((20, 20))
        for name in ("data", "samples"):
            (tmp_path / name).mkdir(exist_ok=True)
            large.save(tmp_path / name / f"{place}.png")
    found = compare([runs["a"]], tmp_path / "data")[0].numbers
    assert "sharpness" in found
    assert found["cfid"].protocol.resize.count("8x8 -> 28x28") == 2
    sources = [runs["a"], tmp_path / "samples"]
    with pytest.raises(ProtocolError, match="20 to 8 pixels"):
        compare(sources, tmp_path / "data", n=8)
    alone = compare([tmp_path / "samples"], tmp_path / "data", n=8, size=10)[0].numbers
    assert alone["cfid"].protocol.resize.count("10x10 -> 28x28") == 2
    both = compare(sources, tmp_path / "data", n=8, force=True)
    assert both[0].numbers.keys() == both[1].numbers.keys()


def test_runs_of_two_sizes_are_refused(runs: dict[str, Path], tmp_path: Path) -> None:
    gansmith.train("nsgan", data="digits", size=16, steps=1, out=tmp_path / "large")
    with pytest.raises(ProtocolError, match="large generates images of 16 pixels, .* has 8"):
        compare([runs["a"], tmp_path / "large"], "digits")


def test_what_cannot_be_compared_is_refused_before_anything_is_measured(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gansmith.train("nsgan", data="edges:digits", steps=1, out=tmp_path / "edges")
    sources = [runs["a"], tmp_path / "edges"]
    with monkeypatch.context() as patch:
        patch.setattr("gansmith.report.compare.measure", None)
        with pytest.raises(ProtocolError, match="a on digits, edges on edges:digits") as refused:
            compare(sources)
        with pytest.raises(DataError, match="no path is called"):
            compare([runs["a"], tmp_path / "nowhere"], "digits")
    command = str(refused.value).partition("all against one, ")[2].partition("; or")[0].split()
    assert command[:2] == ["gansmith", "evaluate"]
    assert len(compare(command[2:-2], command[-1])) == 2
    assert len(compare(sources, force=True)) == 2


def test_points_side_by_side(runs: dict[str, Path], tmp_path: Path) -> None:
    np.save(tmp_path / "real.npy", open_data("ring").train["real"][:2600].numpy())
    found = compare([runs["p"], tmp_path / "real.npy"], "ring", n=2500)
    poor, real = (one.numbers["modes_20"].value for one in found)
    assert poor < real == 8
    assert len(write_comparison(found, tmp_path / "out", open_data("ring"))) == 2


def test_other_protocols_are_refused_unless_forced(runs: dict[str, Path], tmp_path: Path) -> None:
    write_samples(gansmith.open_run(runs["a"]), 100, 0, tmp_path / "few")
    sources = [runs["a"], tmp_path / "few"]
    with pytest.raises(ProtocolError, match="a and of few .*counts: .*360.* and .*100"):
        compare(sources, "digits")
    assert len(compare(sources, "digits", force=True)) == 2
    assert len(compare(sources, "digits", n=100)) == 2


def test_what_cannot_be_compared_is_refused(runs: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="p holds points, and what it is compared with holds image"
    ):
        compare([runs["a"], runs["p"]])
    with pytest.raises(DataError, match="--against DATA"):
        compare([tmp_path])


def test_classifiers_are_compared_by_numbers_alone(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        gansmith.train("classifier", data="digits", width=2, batch=8, steps=1, seed=seed,
                       out=tmp_path / name)  # fmt: skip
    found = compare([tmp_path / "a", tmp_path / "b"])
    assert [list(one.numbers) for one in found] == [["classifier_accuracy", "classifier_nll"]] * 2
    written = write_comparison(found, tmp_path / "out", open_data("digits"))
    assert [path.name for path in written] == ["comparison.json"]
