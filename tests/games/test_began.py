from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.protocols import HasDecoder, Samples
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.games.began import BEGAN
from gansmith.networks import MLPGenerator
from gansmith.networks.autoencoder import (
    AutoencoderDiscriminator,
    absolute_error,
    point_autoencoder,
)
from gansmith.report import write_report
from gansmith.runs.plan import plan
from gansmith.runs.run import Run


def make(**options: float) -> BEGAN:
    torch.manual_seed(0)
    D = AutoencoderDiscriminator(*point_autoencoder(Latent(1), 2, 32), absolute_error)
    return BEGAN(MLPGenerator(Latent(4), 2, 32, 2), D, **options)


def batch(game: BEGAN, n: int = 6) -> Batch:
    return game.draw(Batch(real=Rng(1).normal(n, 2)), Rng(2))


def errors(game: BEGAN, x: torch.Tensor) -> torch.Tensor:
    return (x - game.D.decoder(game.D.encoder(x))).abs().mean()


def test_the_terms_are_those_of_the_paper() -> None:
    game = make()
    game.k.fill_(0.4)
    x = batch(game)
    fake = game.G(x.z)
    real_error, fake_error = errors(game, x.real), errors(game, fake)
    torch.testing.assert_close(game.d_loss(x)["adv"], real_error - 0.4 * fake_error)
    torch.testing.assert_close(game.g_loss(x)["adv"], fake_error)


@pytest.mark.parametrize(
    ("real", "fake", "k"),
    [
        (1.0, 0.3, 0.52),  # fakes are copied too well: D shall look at them more
        (1.0, 0.9, 0.46),
        (1.0, 0.5, 0.5),
        (8.0, 0.0, 0.9),
        (100.0, 0.0, 1.0),
        (0.0, 100.0, 0.0),
    ],
)
def test_k_moves_towards_the_balance_and_stays_in_its_bounds(
    real: float, fake: float, k: float
) -> None:
    game = make(gamma=0.5, lambda_k=0.1)
    game.k.fill_(0.5)
    d, g = game.phases()
    game.after_phase(d, {"real": real, "fake": fake})
    assert game.k.item() == pytest.approx(k)
    assert game.measure.item() == pytest.approx(real + abs(0.5 * real - fake))
    game.after_phase(g, {})
    assert game.k.item() == pytest.approx(k)


def test_k_and_the_measure_are_state() -> None:
    assert {"k", "measure"} <= set(make().state_dict())
    assert make().k.item() == 0


@pytest.mark.parametrize("gamma", [0.0, -0.5, 1.1])
def test_a_gamma_that_cannot_be_held_is_refused(gamma: float) -> None:
    with pytest.raises(ValueError, match=r"a gamma in \(0, 1\]; got"):
        make(gamma=gamma)


def test_it_is_used_as_any_gan() -> None:
    game = make()
    assert isinstance(game, Samples)
    assert isinstance(game, HasDecoder)
    assert not game.batch_coupled


def ratio(gamma: float, lambda_k: float) -> float:
    """Error of the copies of fakes over that of real ones, over the end of a run on the ring."""
    game = make(gamma=gamma, lambda_k=lambda_k)
    t = Trainer(
        game,
        open_source(open_data("ring"), 64, 0),
        optim=dict.fromkeys("GD", adam(1e-3, 0.5)),
    )
    real = fake = 0.0
    for step in range(1500):
        terms = t.train_step()
        if step >= 1000:
            real, fake = real + terms["D/real"].item(), fake + terms["D/fake"].item()
    return fake / real


@pytest.mark.parametrize("gamma", [0.5, 0.8])
def test_the_ratio_of_the_errors_tends_to_gamma(gamma: float) -> None:
    assert ratio(gamma, 0.05) == pytest.approx(gamma, rel=0.1)


def test_without_a_moving_k_nothing_holds_the_ratio() -> None:
    assert ratio(0.8, 0.0) < 0.2


def test_k_and_the_measure_are_logged_resumed_and_drawn(tmp_path: Path) -> None:
    options = dict(data="ring", width=4, batch=8, lambda_k=0.01, gamma=0.9)
    run = plan("began", steps=40, out=tmp_path / "whole", **options)
    whole = Run.begin(tmp_path / "whole", run.config).play()
    run = plan("began", steps=20, out=tmp_path / "parts", **options)
    parts = Run.begin(tmp_path / "parts", run.config).play()
    parts.resume(steps=40)
    log = (whole.folder / "log.jsonl").read_bytes()
    assert (parts.folder / "log.jsonl").read_bytes() == log
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["step"] for line in lines] == [10, 20, 30, 40]
    for line in lines:
        real, fake = line["D/real"], line["D/fake"]
        assert line["G/measure"] == pytest.approx(real + abs(0.9 * real - fake), rel=1e-5)
        assert line["D/adv"] == pytest.approx(real - line["D/k"] * fake, rel=1e-5)
    assert len({line["D/k"] for line in lines}) > 1
    page = write_report(whole).read_text()
    assert "<b>D</b> k" in page
    assert "<b>G</b> measure" in page
