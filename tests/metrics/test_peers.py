"""The same numbers by other packages (the extra `test-peers`), and by mpmath in 50 digits."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np
import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import (
    density_coverage,
    energy_distance,
    f1_per_label,
    fit_gaussian,
    frechet_distance,
    inception_score,
    inception_score_parts,
    log_kernel_density,
    micro_f1,
    mmd2,
    ms_ssim,
    precision_recall,
)
from gansmith.metrics.memorization import excess_probability
from gansmith.metrics.speech import si_sdr


def peer(name: str) -> ModuleType:
    """The module, or the test is skipped with the reason."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError, OSError) as error:  # a torchvision of another torch
        pytest.skip(f"{name} does not import ({error}): pip install 'gansmith[test-peers]'")


def sets(d: int = 8, n: int = 300) -> tuple[torch.Tensor, torch.Tensor]:
    """Two sets that overlap, with correlated features."""
    mix = Rng(0).normal(d, d).double()
    return Rng(1).normal(n, d).double() @ mix, 0.3 + Rng(2).normal(n, d).double() @ mix


def test_frechet_distance_by_torch_fidelity() -> None:
    fid = peer("torch_fidelity.metric_fid")
    x, y = sets(16)
    stats = [{"mu": z.mean(0).numpy(), "sigma": np.cov(z.numpy().T)} for z in (x, y)]
    expected = fid.fid_statistics_to_metric(*stats, False)["frechet_inception_distance"]
    assert frechet_distance(fit_gaussian(x), fit_gaussian(y)) == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_by_torch_fidelity() -> None:
    kid = peer("torch_fidelity.metric_kid")
    x, y = sets(16)
    found = kid.kid_features_to_metric(x, y, kid_subsets=1, kid_subset_size=len(x), verbose=False)
    assert mmd2(x, y) == pytest.approx(found["kernel_inception_distance_mean"], rel=1e-9)


def test_inception_score_by_torch_fidelity() -> None:
    isc = peer("torch_fidelity.metric_isc")
    logits = 2 * Rng(3).normal(500, 10).double()
    ordered = logits[Rng(0).permutation(500)]
    found = isc.isc_features_to_metric(ordered, splits=10, shuffle=False)
    expected = tuple(found[f"inception_score_{part}"] for part in ("mean", "std"))
    assert inception_score_parts(logits.softmax(1)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_precision_and_recall_by_torch_fidelity(k: int) -> None:
    prc = peer("torch_fidelity.metric_prc")
    x, y = sets()
    found = precision_recall(generated=x, real=y, k=k)
    expected = prc.calculate_precision_recall_full(x, y, k)
    assert (found.precision, found.recall) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_precision_recall_density_and_coverage_by_prdc(
    k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    prdc = peer("prdc")
    sklearn = peer("sklearn.metrics")
    direct = sklearn.pairwise_distances
    monkeypatch.setattr(sklearn, "pairwise_distances", lambda x, y, **_: direct(x, y))  # one thread
    x, y = sets()
    expected = prdc.compute_prdc(y.numpy(), x.numpy(), k)
    one, other = (
        precision_recall(generated=x, real=y, k=k),
        density_coverage(generated=x, real=y, k=k),
    )
    found = dict(
        precision=one.precision, recall=one.recall, density=other.density, coverage=other.coverage
    )
    assert found == pytest.approx(expected, abs=1e-12)


def test_si_sdr_by_torchmetrics() -> None:
    audio = peer("torchmetrics.functional.audio")
    clean = Rng(1).normal(4, 4000).double()
    made = 0.7 * clean + torch.tensor([0.01, 0.1, 1, 10])[:, None] * Rng(2).normal(4, 4000) + 0.2
    expected = audio.scale_invariant_signal_distortion_ratio(made, clean, zero_mean=True)
    torch.testing.assert_close(si_sdr(estimate=made, clean=clean), expected, atol=1e-6, rtol=1e-6)


def test_ms_ssim_by_torchmetrics() -> None:
    image = peer("torchmetrics.functional.image")
    x = Rng(1).uniform(3, 1, 192, 192)
    y = (x + torch.tensor([0.05, 0.2, 0.5])[:, None, None, None] * Rng(2).normal(*x.shape)).clamp(
        0, 1
    )
    expected = image.multiscale_structural_similarity_index_measure(
        y.double(), x.double(), data_range=1.0, reduction="none"
    )
    # its mean at the coarsest scale includes reflected borders; here windows stay inside
    torch.testing.assert_close(ms_ssim(2 * y - 1, 2 * x - 1), expected, atol=5e-3, rtol=0)


def test_f1_by_torchmetrics() -> None:
    classification = peer("torchmetrics.functional.classification")
    predicted, true = (Rng(i).uniform(200, 5) > 0.6 for i in (1, 2))
    for average, found in (("micro", micro_f1), ("none", f1_per_label)):
        expected = classification.multilabel_f1_score(
            predicted.int(), true.int(), num_labels=5, average=average
        )
        value = torch.as_tensor(found(predicted, true)).float()
        torch.testing.assert_close(value, expected, atol=1e-6, rtol=1e-6)


def test_ssim_of_one_scale_by_scikit_image() -> None:
    """Images of 20 pixels have one scale: plain SSIM with a Gaussian window."""
    metrics = peer("skimage.metrics")
    x = Rng(1).uniform(4, 1, 20, 20)
    y = (0.6 * x + 0.4 * Rng(2).uniform(4, 1, 20, 20)).clamp(0, 1)
    expected = [
        metrics.structural_similarity(
            a[0].double().numpy(),
            b[0].double().numpy(),
            data_range=1.0,
            gaussian_weights=True,
            use_sample_covariance=False,
        )
        for a, b in zip(x, y, strict=True)
    ]
    assert ms_ssim(2 * x - 1, 2 * y - 1).tolist() == pytest.approx(expected, abs=1e-5)


# --- mpmath ------------------------------------------------------------------------------------


@pytest.fixture
def mp() -> ModuleType:
    module = peer("mpmath").mp.clone()
    module.dps = 50
    return module


def test_frechet_distance_in_many_digits(mp: ModuleType) -> None:
    """Nearly singular covariances: the root of S1 S2 by its eigenvalues."""
    x, y = (Rng(i).normal(40, 3).double() * torch.tensor([1, 1e-3, 1e-6]) for i in (1, 2))
    a, b = fit_gaussian(x), fit_gaussian(y)
    one, two = (mp.matrix(z.covariance.tolist()) for z in (a, b))
    roots = sum(mp.sqrt(mp.re(value)) for value in mp.eig(one * two, left=False, right=False))
    shift = sum(mp.mpf(d) ** 2 for d in (a.mean - b.mean).tolist())
    spread = sum(one[i, i] + two[i, i] for i in range(3))
    assert frechet_distance(a, b) == pytest.approx(float(shift + spread - 2 * roots), rel=1e-9)


@pytest.mark.parametrize("std", [1e-4, 0.1, 10.0])
def test_kernel_density_in_many_digits(mp: ModuleType, std: float) -> None:
    samples, points = Rng(1).normal(12, 3).double(), Rng(2).normal(4, 3).double()
    scale = mp.log(12) + 3 * mp.log(mp.mpf(std) * mp.sqrt(2 * mp.pi))
    expected = []
    for row in points.tolist():
        squares = [
            sum((mp.mpf(u) - mp.mpf(v)) ** 2 for u, v in zip(row, s, strict=True))
            for s in samples.tolist()
        ]
        expected.append(
            float(mp.log(sum(mp.exp(-q / (2 * mp.mpf(std) ** 2)) for q in squares)) - scale)
        )
    assert log_kernel_density(samples=samples, x=points, std=std).tolist() == pytest.approx(
        expected, rel=1e-12
    )


def test_energy_distance_in_many_digits(mp: ModuleType) -> None:
    """Of sets far from the origin."""
    x, y = Rng(1).normal(9, 40).double() + 1e6, Rng(2).normal(7, 40).double() + 1e6

    def mean(one: torch.Tensor, other: torch.Tensor) -> object:
        norms = [
            mp.sqrt(sum((mp.mpf(u) - mp.mpf(v)) ** 2 for u, v in zip(a, b, strict=True)))
            for a in one.tolist()
            for b in other.tolist()
        ]
        return sum(norms) / len(norms)

    expected = float(2 * mean(x, y) - mean(x, x) - mean(y, y))
    assert energy_distance(x, y) == pytest.approx(expected, rel=1e-10)


def test_inception_score_in_many_digits(mp: ModuleType) -> None:
    p = (6 * Rng(3).normal(20, 4).double()).softmax(1)
    rows = [[mp.mpf(v) for v in row] for row in p.tolist()]
    marginal = [sum(column) / 20 for column in zip(*rows, strict=True)]
    kl = sum(v * mp.log(v / q) for row in rows for v, q in zip(row, marginal, strict=True)) / 20
    assert inception_score(p) == pytest.approx(float(mp.exp(kl)), rel=1e-12)


@pytest.mark.parametrize("copied", [0, 5, 60, 400])
def test_the_p_value_of_copies_in_many_digits(mp: ModuleType, copied: int) -> None:
    samples, held, known = 500, 200, 2
    draws = copied + known
    ways = sum(
        mp.binomial(held, k) * mp.binomial(samples, draws - k) for k in range(min(known, draws) + 1)
    )
    expected = float(ways / mp.binomial(samples + held, draws))
    assert excess_probability(
        copied=copied, samples=samples, known=known, held_out=held
    ) == pytest.approx(expected, rel=1e-9)
