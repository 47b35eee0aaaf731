from __future__ import annotations

import pytest
import torch
from torch import nn

from gansmith.networks import DCGANDiscriminator, MLPCritic
from gansmith.networks.dropout_critic import DropoutCritic
from gansmith.penalties import Consistency
from gansmith.penalties.consistency import StochasticCritic


@pytest.mark.parametrize("kind", ["pictures", "points"])
def test_it_forgets_what_its_numbers_say_and_nothing_without(kind: str) -> None:
    torch.manual_seed(0)
    plain = DCGANDiscriminator(1, 28, 4, None) if kind == "pictures" else MLPCritic(2, 6, 2)
    x = torch.randn(5, 1, 28, 28) if kind == "pictures" else torch.randn(5, 2)
    D = DropoutCritic(plain, 0.25)
    assert isinstance(D, StochasticCritic)
    assert D.noise_size == 12  # 4 + 8 channels, 6 + 6 units
    kept = torch.ones(5, 12)
    assert D(x).equal(plain(x))
    assert D(x, kept).ne(plain(x)).all()  # what is kept is scaled up
    dropped = kept.clone()
    dropped[:, -1] = 0.0
    _, hidden = D.features(x, dropped)
    assert (hidden[:, -1] == 0).all()
    _, whole = D.features(x, kept)
    torch.testing.assert_close(hidden[:, :-1], whole[:, :-1])
    scale = 1 / 0.75
    first = torch.ones(5, 12)
    torch.testing.assert_close(D.drop(torch.ones(5, 12), first), torch.full((5, 12), scale))


def test_on_average_it_remembers() -> None:
    torch.manual_seed(0)
    x = torch.randn(20_000, 8)
    D = DropoutCritic(MLPCritic(8, 8, 1))
    kept = D.drop(torch.ones_like(x), torch.rand(20_000, 8))
    torch.testing.assert_close(kept.mean(), torch.tensor(1.0), rtol=0.02, atol=0)


def test_the_consistency_term_takes_it() -> None:
    torch.manual_seed(0)
    D = DropoutCritic(MLPCritic(2, 6, 2))
    term = Consistency(noise_size=D.noise_size)
    x = torch.randn(4, 2)
    same = torch.rand(4, 12).repeat(1, 2)
    assert term(D, x, x, same).item() == 0.0
    assert term(D, x, x, torch.rand(4, 24)).item() > 0.0


def test_bad_rates_and_critics_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1 is dropped; got rate=1"):
        DropoutCritic(MLPCritic(2, 4), 1.0)
    linear = MLPCritic(2, 4, activation=nn.Tanh)
    with pytest.raises(ValueError, match="without ReLUs"):
        DropoutCritic(linear)
    with pytest.raises(TypeError, match="a critic with .layers.*Linear has none"):
        DropoutCritic(nn.Linear(2, 1))
    nested = MLPCritic(2, 4)
    nested.layers[1] = nn.Sequential(nn.Linear(2, 4), nn.ReLU())
    with pytest.raises(ValueError, match="some of MLPCritic stand in an nn.Sequential inside"):
        DropoutCritic(nested)
