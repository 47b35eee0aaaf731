from __future__ import annotations

from itertools import pairwise

import torch

from gansmith.core.rng import Rng
from gansmith.networks.multi_domain import DomainDiscriminator, DomainTranslator


def test_the_target_is_seen_by_the_translator() -> None:
    """Constant channels behind a reflected border would be removed by the first instance norm."""
    torch.manual_seed(0)
    G = DomainTranslator(3, 4, width=4, blocks=1)
    x = 2 * Rng(0).uniform(2, 3, 16, 16) - 1
    made = [G(x, torch.full((2,), target)) for target in range(4)]
    assert made[0].shape == x.shape
    assert float(made[0].detach().abs().max()) <= 1
    for one, other in pairwise(made):
        assert float((one - other).abs().max()) > 1e-2


def test_a_row_depends_on_its_own_target_alone() -> None:
    torch.manual_seed(0)
    G = DomainTranslator(1, 3, width=4, blocks=1)
    x = 2 * Rng(1).uniform(3, 1, 8, 8) - 1
    whole = G(x, torch.tensor([0, 2, 1]))
    torch.testing.assert_close(whole[1:2], G(x[1:2], torch.tensor([2])), rtol=1e-5, atol=1e-6)


def test_scores_are_a_map_and_a_row_of_domains() -> None:
    D = DomainDiscriminator(3, 16, 4, width=4)
    scores = D(torch.zeros(2, 3, 16, 16))
    assert scores.adv.shape[:2] == (2, 1)
    assert scores.domain.shape == (2, 4)
