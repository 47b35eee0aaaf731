"""Faults of a run are found from the terms of its discriminators, whichever the game."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gansmith.core.game import Game
from gansmith.diagnosis.evidence import Finding
from gansmith.diagnosis.training import exploding_critic, is_adversarial, saturated_discriminator
from gansmith.games.cyclegan import CycleGAN
from gansmith.games.ensemble import Ensemble
from gansmith.games.gan import GAN
from gansmith.games.pix2pix import Pix2Pix
from gansmith.games.seqgan import SeqGAN
from gansmith.games.stackgan import StackGAN
from gansmith.games.two_score import TwoScoreGAN
from gansmith.losses.objectives import OBJECTIVES

Curve = Callable[[int], float]
FALLING: Curve = lambda n: 1.4 * 0.8**n  # noqa: E731
GROWING: Curve = lambda n: 10.0 ** (n / 5)  # noqa: E731
FINE: Curve = lambda n: 1.2  # noqa: E731


def run(folder: Path, game: type[Game], objective: str, *stages: dict[str, Curve]) -> Any:
    """A run with a log of 30 lines in each stage, whose terms follow the given curves."""
    lines = [
        {"step": 10 * (30 * stage + n + 1)} | {key: curve(n) for key, curve in terms.items()}
        for stage, terms in enumerate(stages)
        for n in range(30)
    ]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    played = game.__new__(game)
    played.__dict__ |= {"objective": OBJECTIVES[objective], "_modules": {}}
    return SimpleNamespace(folder=folder, game=played, config=SimpleNamespace(preset="wgan-gp"))


def named(finding: Finding | None, name: str) -> bool:
    return finding is not None and f"the loss of {name} is" in finding.evidence


@pytest.mark.parametrize(
    ("game", "objective", "stages", "names"),
    [
        (GAN, "minimax", [{"D/adv": FALLING, "G/adv": FINE}], ["D"]),
        (
            CycleGAN,
            "least-squares",
            [{"G/adv_a": FALLING, "D/adv_a": FINE, "D/adv_b": FALLING}],
            ["D/adv_b"],
        ),
        (
            StackGAN,
            "non-saturating",
            [{"D1/adv": FINE, "G1/adv": FINE}, {"D2/adv": FALLING, "G2/adv": FINE}],
            ["D2"],
        ),
        (
            StackGAN,
            "non-saturating",
            [{"D1/adv": FALLING, "G1/adv": FINE}, {"D2/adv": FINE, "G2/adv": FINE}],
            ["D1"],
        ),
        (TwoScoreGAN, "non-saturating", [{"D/adv": FALLING, "D/match": FINE}], ["D"]),
        (
            Ensemble,
            "non-saturating",
            [{"D1/adv": FALLING, "D2/adv": FINE, "D3/adv": FALLING}],
            ["D1", "D3"],
        ),
    ],
)
def test_a_saturated_discriminator_is_found_and_named(
    game: type[Game],
    objective: str,
    stages: list[dict[str, Curve]],
    names: list[str],
    tmp_path: Path,
) -> None:
    finding = saturated_discriminator(run(tmp_path, game, objective, *stages))
    assert finding is not None
    assert finding.picture is not None
    assert [
        name for name in ("D", "D1", "D2", "D3", "D/adv_a", "D/adv_b") if named(finding, name)
    ] == names


@pytest.mark.parametrize(
    ("game", "stages", "name"),
    [
        (GAN, [{"D/adv": GROWING}], "D"),
        (CycleGAN, [{"D/adv_a": FINE, "D/adv_b": GROWING}], "D/adv_b"),
        (StackGAN, [{"D1/adv": FINE}, {"D2/adv": GROWING}], "D2"),
    ],
)
def test_an_exploding_critic_is_found_and_named(
    game: type[Game], stages: list[dict[str, Curve]], name: str, tmp_path: Path
) -> None:
    assert named(exploding_critic(run(tmp_path, game, "wasserstein", *stages)), name)


@pytest.mark.parametrize(
    ("game", "objective", "stages"),
    [
        (GAN, "minimax", [{"D/adv": FINE, "G/adv": FALLING, "D/penalty": FALLING}]),
        (CycleGAN, "least-squares", [{"D/adv_a": lambda n: 0.3, "D/adv_b": lambda n: 0.4}]),
        (StackGAN, "non-saturating", [{"D1/adv": FINE}, {"D2/adv": FINE, "D2/mismatch": FALLING}]),
        (SeqGAN, "non-saturating", [{"D_pretrain/adv": FALLING}, {"D/adv": FINE}]),
        (GAN, "wasserstein", [{"D/adv": FALLING}]),
    ],
)
def test_nothing_is_found_where_discriminators_are_fine(
    game: type[Game], objective: str, stages: list[dict[str, Curve]], tmp_path: Path
) -> None:
    played = run(tmp_path, game, objective, *stages)
    assert saturated_discriminator(played) is None
    assert exploding_critic(played) is None


def test_the_loss_at_chance_has_the_weight_of_ds_loss(tmp_path: Path) -> None:
    """Pix2Pix halves it: 0.25 with least squares, of which 0.02 is more than a twentieth."""
    above, below = (lambda n: 0.02), (lambda n: 0.01)
    for curve, found in ((above, False), (below, True)):
        played = run(tmp_path, Pix2Pix, "least-squares", {"D/adv": curve})
        assert (saturated_discriminator(played) is not None) is found


def test_advice_is_neither_the_run_s_own_preset_nor_a_loss_that_it_has(tmp_path: Path) -> None:
    found = saturated_discriminator(run(tmp_path, GAN, "non-saturating", {"D/adv": FALLING}))
    assert found is not None
    assert "wgan-gp" not in found.advice
    assert "minimax" not in found.advice
    found = saturated_discriminator(run(tmp_path, GAN, "minimax", {"D/adv": FALLING}))
    assert found is not None
    assert "the non-saturating loss" in found.advice
    found = exploding_critic(run(tmp_path, GAN, "wasserstein", {"D/adv": GROWING}))
    assert found is not None
    assert "wgan-lp, sngan" in found.advice
    assert "wgan-gp" not in found.advice


@pytest.mark.parametrize(
    ("terms", "adversarial"),
    [({"D/adv": FINE, "G/adv": FINE}, True), ({"G/reconstruction": FINE}, False)],
)
def test_a_game_is_adversarial_when_its_log_has_a_discriminator(
    terms: dict[str, Curve], adversarial: bool, tmp_path: Path
) -> None:
    assert is_adversarial(run(tmp_path, GAN, "minimax", terms)) is adversarial
    (tmp_path / "log.jsonl").unlink()
    assert is_adversarial(run(tmp_path, GAN, "minimax")) is None
