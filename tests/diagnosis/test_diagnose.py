"""Planted faults are found, real samples have none; faulty runs; the files that are written."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

import gansmith
from gansmith.cli import main
from gansmith.core.rng import Rng
from gansmith.data import DataError, Dataset, open_data
from gansmith.diagnosis import diagnose, diagnose_samples
from gansmith.diagnosis.diversity import dropped_modes
from gansmith.diagnosis.evidence import gather_evidence
from gansmith.diagnosis.image_quality import blur
from gansmith.inference.sample import write_samples


@pytest.fixture(scope="module")
def garments() -> tuple[Tensor, Dataset]:
    """Held-out pictures that stand for samples, and the data without them; with less training data,
    so that a search through all of it is short."""
    data = open_data("fashion")
    held = {name: rows[1000:2000] for name, rows in data.held_out.items()}
    train = {name: rows[:3000] for name, rows in data.train.items()}
    spec = replace(data.spec, held_out=1000, train=3000)
    return data.held_out["real"][:1000], replace(data, spec=spec, held_out=held, train=train)


def names(samples: Tensor, data: Dataset) -> set[str]:
    return {finding.name for finding in diagnose_samples(samples, data)}


def test_nothing_is_found_in_real_pictures(garments: tuple[Tensor, Dataset]) -> None:
    assert names(*garments) == set()


def test_faults_of_pictures(garments: tuple[Tensor, Dataset]) -> None:
    real, data = garments
    rng = Rng(3)
    some = rng.uniform(len(real)).view(-1, 1, 1, 1)
    planted = {
        "collapse": torch.where(some < 0.3, real[rng.integers(5, len(real))], real),
        "dropped classes": real[open_data("fashion").held_out["label"][:1000] != 8],
        "memorization": torch.where(
            some < 0.2, torch.roll(data.train["real"][:1000].flip(3), (1, -2), (2, 3)), real
        ),
        "noise": torch.where(some < 0.1, rng.integers(256, *real.shape).to(torch.uint8), real),
        "blur": F.avg_pool2d(real.float(), 3, 1, 1).to(torch.uint8),
    }
    for fault, samples in planted.items():
        found = {finding.name: finding for finding in diagnose_samples(samples, data)}
        assert set(found) == {fault}  # what is wrong and nothing else
        assert found[fault].evidence
        assert found[fault].advice
        assert found[fault].picture is not None
        assert found[fault].private == (fault == "memorization")


def test_dropped_bins_are_shown_as_pictures_of_held_out_examples() -> None:
    data = open_data("digits")
    real, label = data.train["real"], data.train["label"]
    part = {"real": real[:800]}
    held = {"real": real[800:1100]}
    spec = replace(data.spec, name="mine", base="mine", classes=(), train=800, held_out=300)
    own = replace(data, spec=spec, train=part, held_out=held)
    samples = real[label != 0]
    found = dropped_modes(gather_evidence(samples, own))
    assert found is not None
    assert found.name == "dropped bins"
    assert found.evidence.endswith("the picture shows held-out examples of them")
    assert found.picture is not None
    with Image.open(io.BytesIO(found.picture)) as page:
        rows = int(found.numbers["dropped"])
        assert page.height == pytest.approx(0.68 * 110 * rows, abs=2)


@pytest.mark.parametrize("adversarial", [True, False, None])
def test_a_blurred_gan_is_not_told_to_become_a_gan(
    adversarial: bool | None, garments: tuple[Tensor, Dataset]
) -> None:
    real, data = garments
    blurred = F.avg_pool2d(real[:200].float(), 3, 1, 1).to(torch.uint8)
    found = blur(replace(gather_evidence(blurred, data), adversarial=adversarial))
    assert found is not None
    assert ("train against a discriminator" in found.advice) == (adversarial is not True)
    assert ("where the generator was trained without" in found.advice) == (adversarial is None)


def test_few_pictures_are_few_under_a_blur_too(garments: tuple[Tensor, Dataset]) -> None:
    real, data = garments
    few = real[Rng(3).integers(20, len(real))]
    assert {"collapse", "blur"} <= names(F.avg_pool2d(few.float(), 3, 1, 1).to(torch.uint8), data)


def test_faults_of_points() -> None:
    data = open_data("ring")
    real = data.held_out["real"][:2000]
    assert names(real, data) == set()
    angle = torch.atan2(real[:, 1], real[:, 0])
    assert names(real[angle.abs() > 0.3], data) == {"dropped modes"}
    assert names(data.train["real"][:2000], data) == {"memorization"}
    assert "collapse" in names(real[:20].repeat(50, 1), data)
    far = torch.cat([real[:1800], 3 * Rng(0).normal(200, 2).float()])
    assert names(far, data) == {"noise"}


def test_faults_of_sentences() -> None:
    data = open_data("captions")
    held, train = data.held_out["tokens"], data.train["tokens"]
    half = {"tokens": held[1500:]}
    rest = replace(data, held_out=half, spec=replace(data.spec, held_out=len(half["tokens"])))
    assert names(held[:1500], rest) == set()
    assert names(train[:1500], rest) == {"memorization"}
    assert names(held[:30].repeat(50, 1), rest) == {"collapse"}


def test_too_few_or_other_examples_are_refused(garments: tuple[Tensor, Dataset]) -> None:
    real, data = garments
    with pytest.raises(DataError, match="at least 50 examples of each kind; got 20 samples"):
        diagnose_samples(real[:20], data)
    with pytest.raises(DataError, match="runs that translate cannot be diagnosed"):
        diagnose_samples(real, open_data("emoji:noto+twemoji"))
    with pytest.raises(DataError, match="--against DATA"):
        diagnose("nowhere")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            dict(preset="gan", data="ring", lr=2e-3, d_steps=10, steps=400),
            "saturated discriminator",
        ),
        (dict(preset="wgan", data="ring", weight_clip=100.0, steps=300), "exploding critic"),
        (dict(preset="nsgan", data="digits", steps=160), "undertrained"),
    ],
)
def test_faults_of_runs(
    options: dict[str, object],
    fault: str,
    tmp_path: Path,
    seed: int,
    within: Callable[..., None],
) -> None:
    run = gansmith.train(**options, seed=seed, out=tmp_path / "run")  # type: ignore[arg-type]
    found = {f.name: f for f in diagnose(run.folder, checkpoint="latest").findings}
    within({fault: float(fault in found)}, {fault: (1, 1)})
    assert found[fault].picture is not None


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = open_data("digits")
    np.savez(tmp_path / "copies.npz", images=data.train["real"][:400].permute(0, 2, 3, 1).numpy())
    words = ["diagnose", str(tmp_path / "copies.npz"), "--against", "digits"]
    out = tmp_path / "out"
    main([*words, "--out", str(out)])
    text = capsys.readouterr().out
    assert "400 samples" in text
    assert "memorization: " in text
    assert "  try: more data" in text
    assert "--show-training" in text
    assert [path.name for path in out.iterdir()] == ["diagnosis.json"]  # no training picture
    page = json.loads((out / "diagnosis.json").read_text())
    assert [finding["name"] for finding in page["findings"]] == ["memorization"]
    main([*words, "--out", str(out), "--show-training"])
    assert (out / "memorization.png").exists()


def test_a_run_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = gansmith.train("nsgan", data="digits", steps=5, out=tmp_path / "run")
    main(["diagnose", str(run.folder), "-n", "200"])
    assert "dropped classes" in capsys.readouterr().out
    assert (run.folder / "diagnosis" / "dropped-classes.png").exists()
    write_samples(run, 100, 0, tmp_path / "made")
    main(["diagnose", str(tmp_path / "made"), "--against", "digits", "--out", str(tmp_path / "d")])
    assert "dropped classes: " in capsys.readouterr().out


def test_data_to_compare_with_is_read_at_a_run_s_size_or_the_one_that_is_given(
    tmp_path: Path,
) -> None:
    run = gansmith.train("nsgan", data="digits", width=4, steps=1, out=tmp_path / "run")
    large = F.interpolate(open_data("digits").train["real"][:700].float(), 20).byte().numpy()
    for name in ("data.npy", "samples.npy"):
        np.save(tmp_path / name, large[:, 0])
    assert diagnose(run.folder, tmp_path / "data.npy", n=60).samples == 60
    data, samples = tmp_path / "data.npy", tmp_path / "samples.npy"
    assert diagnose(samples, data, n=60, size=8).samples == 60
    with pytest.raises(DataError, match="--size is of the data of --against"):
        diagnose(run.folder, size=8)
