"""Objective, penalty, spectral norm and networks are free choices of one preset."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from gansmith.core.constraints import SpectralNorm
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.losses.objectives import OBJECTIVES
from gansmith.penalties import PENALTIES, NearestGP
from gansmith.presets import PRESETS
from gansmith.presets.classic import COMPOSABLE

SMALL = dict(width=4, latent=4, batch=8, network="mlp")
BUILD = PRESETS["compose"].build


@pytest.mark.parametrize(("penalty", "norm"), list(product(COMPOSABLE, (False, True))))
def test_every_objective_goes_with_every_penalty_and_spectral_norm(
    penalty: str, norm: bool
) -> None:
    data = open_data("digits")
    for objective in OBJECTIVES:
        torch.manual_seed(0)
        keywords = dict(SMALL, objective=objective, penalty=penalty, spectral_norm=norm)
        recipe = BUILD(data.spec, **keywords)
        trainer = Trainer(recipe.game, open_source(data, 8, 0), optim=recipe.optim, steps=1)
        terms = trainer.train_step()
        assert all(bool(value.isfinite()) for value in terms.values()), (objective, terms)
        assert any(isinstance(part, SpectralNorm) for part in recipe.game.modules()) is norm


def test_wgan_with_spectral_norm_and_the_nearest_pair_penalty() -> None:
    spec = open_data("ring").spec
    keywords = dict(objective="wasserstein", penalty="nearest", penalty_weight=3.0)
    game = BUILD(spec, width=4, spectral_norm=True, **keywords).game
    assert isinstance(game.penalty, NearestGP)
    assert game.penalty.weight == 3.0


def test_what_there_is_not_is_refused_with_the_nearest_name() -> None:
    spec = open_data("ring").spec
    with pytest.raises(ValueError, match="hinge"):
        BUILD(spec, objective="hing")
    with pytest.raises(ValueError, match="nearest"):
        BUILD(spec, penalty="neares")
    with pytest.raises(ValueError, match="--penalty-weight needs a --penalty"):
        BUILD(spec, penalty_weight=1.0)
    assert set(PENALTIES) - set(COMPOSABLE) == {"consistency"}
