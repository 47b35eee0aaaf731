from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.protocols import Exports, HasDecoder, Samples
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.games.ebgan import EBGAN, EnergyMargin, PullingAwayTerm
from gansmith.networks import MLPGenerator
from gansmith.networks.autoencoder import AutoencoderDiscriminator, point_autoencoder


def make(margin: float = 0.3, pull: float = 0.1, seed: int = 0, **options: int) -> EBGAN:
    torch.manual_seed(seed)
    D = AutoencoderDiscriminator(*point_autoencoder(Latent(3), 2, 16))
    return EBGAN(
        MLPGenerator(Latent(3), 2, 16, 1),
        D,
        margin=margin,
        pull_away=PullingAwayTerm(pull),
        **options,
    )


def batch(game: EBGAN, n: int = 6) -> Batch:
    return game.draw(Batch(real=Rng(1).normal(n, 2)), Rng(2))


def energies(game: EBGAN, x: Tensor) -> Tensor:
    copy = game.D.decoder(game.D.encoder(x))
    return (x - copy).square().sum(1) / 2


@pytest.mark.parametrize(
    ("fakes", "lacking"),
    [([0.0, 0.0], 0.5), ([0.1, 0.3], 0.3), ([0.2, 0.9], 0.15), ([0.5, 7.0], 0.0)],
)
def test_fakes_are_pushed_up_to_the_margin_one_by_one(fakes: list[float], lacking: float) -> None:
    """0.2 and 0.9 lack 0.3 and nothing, though their mean lies beyond the margin of 0.5."""
    energy = torch.tensor(fakes, requires_grad=True)
    d = EnergyMargin(0.5).d(torch.tensor([-1.0, -3.0]), -energy)
    assert d.item() == pytest.approx(2 + lacking)
    d.backward()
    assert energy.grad is not None
    assert energy.grad.tolist() == [-0.5 if value < 0.5 else 0 for value in fakes]


def test_g_lowers_the_energy_of_its_fakes() -> None:
    assert EnergyMargin(0.5).g(None, torch.tensor([-1.0, -3.0])).item() == 2
    assert EnergyMargin(0.5).divergence(torch.zeros(1), torch.zeros(1)) is None


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="the margin between energies is above 0; got"):
        EnergyMargin(margin)


def test_the_pulling_away_term_by_hand() -> None:
    """Angles of 60, 90 and 30 degrees: cos^2 = 1/4, 0 and 3/4, each pair twice, over 6."""
    sixty = [0.5, math.sqrt(3) / 2]
    codes = torch.tensor([[1.0, 0.0], sixty, [0.0, 1.0]])
    lengths = torch.tensor([[5.0], [0.1], [2.0]])
    for scaled in (codes, lengths * codes, -codes):
        assert PullingAwayTerm(1.0)(scaled).item() == pytest.approx((0.25 + 0 + 0.75) * 2 / 6)
    assert PullingAwayTerm(0.1)(codes).item() == pytest.approx(0.1 / 3)
    assert PullingAwayTerm(1.0)(torch.eye(4)).item() == pytest.approx(0, abs=1e-7)
    assert PullingAwayTerm(1.0)(torch.ones(4, 3)).item() == pytest.approx(1)
    assert PullingAwayTerm(1.0)(torch.ones(1, 3)).item() == pytest.approx(0, abs=1e-7)


def test_following_the_pulling_away_term_spreads_the_codes() -> None:
    codes = (1 + 0.1 * Rng(0).normal(4, 4)).requires_grad_()
    for _ in range(200):
        (slope,) = torch.autograd.grad(PullingAwayTerm(1.0)(codes), codes)
        codes = (codes - slope).detach().requires_grad_()
    assert PullingAwayTerm(1.0)(codes).item() < 0.05


def test_examples_are_coupled_by_the_pull_alone() -> None:
    assert make(pull=0.1).batch_coupled
    assert not make(pull=0.0).batch_coupled


def test_the_terms_are_those_of_the_paper() -> None:
    game = make()
    x = batch(game)
    fake = game.G(x.z)
    real_energy, fake_energy = energies(game, x.real), energies(game, fake)
    assert 0 < (fake_energy < 0.3).sum() < len(x)  # the margin divides these fakes
    lacking = (0.3 - fake_energy).clamp(min=0)
    d_terms = game.d_loss(x)
    torch.testing.assert_close(d_terms["adv"], real_energy.mean() + lacking.mean())
    torch.testing.assert_close(x.notes["real"], real_energy.mean().detach())
    torch.testing.assert_close(x.notes["fake"], fake_energy.mean().detach())
    g_terms = game.g_loss(x)
    torch.testing.assert_close(g_terms["adv"], fake_energy.mean())
    torch.testing.assert_close(g_terms["pull_away"], PullingAwayTerm(0.1)(game.D.encoder(fake)))
    torch.testing.assert_close(game.d_pretrain_loss(x)["rec"], real_energy.mean())


def test_d_is_first_trained_alone_on_real_examples() -> None:
    game = make(d_pretrain_steps=3)
    alone, play = game.stages()
    assert alone.steps == 3
    assert [(phase.moves, phase.name) for phase in alone.phases] == [("D", "D_pretrain")]
    assert [(phase.moves, phase.name) for phase in play.phases] == [("D", "D"), ("G", "G")]
    (only,) = make().stages()
    assert only.steps is None
    x = batch(game)
    x.z = torch.full_like(x.z, math.nan)
    assert game.d_pretrain_loss(x)["rec"].isfinite()


def test_it_samples_walks_and_is_exported_as_any_gan() -> None:
    game = make()
    assert isinstance(game, Samples)
    assert isinstance(game, HasDecoder)
    assert isinstance(game, Exports)
    assert game.sample(4, Rng(1)).equal(game.G(Rng(1).normal(4, 3)))


def played(margin: float, seed: int, steps: int = 600) -> dict[str, float]:
    """Energies after a game on the ring, in which G is kept where it is."""
    data = open_data("ring")
    game = make(margin, pull=0.0, seed=seed)
    t = Trainer(
        game,
        open_source(data, 64, seed),
        optim={"D": adam(1e-3, 0.5), "G": adam(0.0)},
        seed=seed,
    )
    t.fit(steps)
    terms = t.global_means(t.train_step())
    return {name: terms[f"D/{name}"] for name in ("real", "fake", "adv")}


def test_without_a_margin_d_learns_to_spoil(seed: int, within: Callable[..., None]) -> None:
    """The energy of fakes stays near the margin; without one it grows and real copies are bad."""
    held, free = played(0.3, seed), played(1e6, seed)
    within(
        {
            "fake": held["fake"],
            "real": held["real"],
            "times the fake without": free["fake"] / held["fake"],
            "times the real without": free["real"] / held["real"],
        },
        {
            "fake": (0.2, 0.6),
            "real": (0, 0.1),
            "times the fake without": (100, math.inf),
            "times the real without": (3, math.inf),
        },
    )


def test_at_the_equilibrium_the_value_is_the_margin() -> None:
    """Theorem 1: when fakes are real examples, the best constant energy gamma gives V = m."""
    real = torch.tensor([0.1, 0.2])
    for gamma in (0.0, 0.1, 0.3):
        energy = torch.full_like(real, gamma)
        assert EnergyMargin(0.3).d(-energy, -energy).item() == pytest.approx(0.3)
