"""Regression answers with the conditional mean, or the median."""

from __future__ import annotations

import pytest
import torch
from asked_players import Teller
from torch import Tensor, nn

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.games.regression import DISTANCES, Regression


class Table(nn.Module):
    """An answer for each class, whatever the noise."""

    def __init__(self) -> None:
        super().__init__()
        self.latent = Latent(1)
        self.answers = nn.Embedding(2, 1)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return self.answers(c)


def test_the_loss_by_hand() -> None:
    G = Teller()
    x = Batch(real=Rng(1).normal(6, 2), label=Rng(2).integers(3, 6))
    for name, by_hand in (("l1", Tensor.abs), ("l2", Tensor.square)):
        game = Regression(G, distance=DISTANCES[name])
        drawn = game.draw(x, Rng(3))
        error = G(drawn.z, x.label) - x.real
        torch.testing.assert_close(game.g_loss(drawn)["rec"], by_hand(error).mean())


@pytest.mark.parametrize(("distance", "wanted"), [("l2", (4.0, -1.0)), ("l1", (1.0, -2.0))])
def test_the_best_answer_is_the_mean_or_the_median_of_what_goes_with_the_condition(
    distance: str, wanted: tuple[float, float]
) -> None:
    # class 0: 0, 1, 11; class 1: -2, -2, 1
    real = torch.tensor([0.0, 1, 11, -2, -2, 1])[:, None]
    x = Batch(real=real, label=torch.tensor([0, 0, 0, 1, 1, 1]))
    game = Regression(Table(), distance=DISTANCES[distance])
    optimizer = torch.optim.Adam(game.parameters(), 0.05)
    for step in range(1500):
        for group in optimizer.param_groups:
            group["lr"] = 0.05 if step < 1200 else 0.002
        optimizer.zero_grad()
        game.g_loss(game.draw(x, Rng(step)))["rec"].backward()
        optimizer.step()
    found = game.generate(torch.tensor([0, 1]), Rng(0)).flatten().tolist()
    assert found == pytest.approx(wanted, abs=0.05)
    assert 4.0 not in real  # such an answer is none of the answers
