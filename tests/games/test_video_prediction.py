"""The game of the next frame: its terms by hand, and who sees what."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.data import DataError, open_data
from gansmith.data.transforms.windows import clip_dataset
from gansmith.games.video_prediction import VideoPredictionGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.losses.pixel import gradient_difference, lp_distance
from gansmith.presets import PRESETS


class Last(nn.Module):
    """Shows the last frame again, brighter by a parameter and the code."""

    def __init__(self) -> None:
        super().__init__()
        self.more = nn.Parameter(torch.tensor(0.1))
        self.latent = Latent(1)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return c[:, -1:] + self.more + 0 * z[:, :, None, None]


class Jump(nn.Module):
    """High where the frame is far from the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.scale * (x - c[:, -1:]).mean((1, 2, 3))


def game(**keywords: Any) -> VideoPredictionGAN:
    chosen = dict(p=2, lp_weight=3.0, gdl_weight=5.0) | keywords
    made = VideoPredictionGAN(Last(), Jump(), objective=OBJECTIVES["non-saturating"], **chosen)
    return made.requires_grad_(False)


@pytest.fixture
def x() -> Batch:
    given = torch.zeros(2, 3, 4, 4)
    real = torch.zeros(2, 1, 4, 4)
    real[:, :, :2] = 0.5
    return Batch(real=real, condition=given)


def test_the_terms_are_those_of_the_formula(x: Batch) -> None:
    played = game()
    terms = played.g_loss(played.draw(x, Rng(1)))
    softplus = nn.functional.softplus
    # made: 0.1 everywhere; true: 0.5 above, 0 below; D says 2 * 0.1
    assert float(terms["adv"]) == pytest.approx(float(softplus(torch.tensor(-0.2))))
    assert float(terms["lp"]) == pytest.approx(3 * (0.4**2 + 0.1**2) / 2)
    assert float(terms["gdl"]) == pytest.approx(5 * 0.5 / 3)  # one of three rows of steps
    judged = played.d_loss(x)
    real, fake = softplus(torch.tensor(-2 * 0.25)), softplus(torch.tensor(0.2))
    assert float(judged["adv"]) == pytest.approx(float(real + fake))


def test_p_1_is_the_absolute_difference_and_a_weight_of_0_leaves_the_term_out(x: Batch) -> None:
    played = game(p=1, gdl_weight=0.0)
    terms = played.g_loss(played.draw(x, Rng(1)))
    assert set(terms) == {"adv", "lp"}
    assert float(terms["lp"]) == pytest.approx(3 * (0.4 + 0.1) / 2)


def test_the_gradient_difference_by_hand() -> None:
    made = torch.tensor([[0.0, 1.0], [0.0, 0.0]]).view(1, 1, 2, 2)
    meant = torch.tensor([[0.0, -1.0], [0.5, 0.5]]).view(1, 1, 2, 2)
    # below: | 0 - .5 | = .5 and | 1 - 1.5 | = .5; beside: | 1 - 1 | = 0 and | 0 - 0 | = 0
    assert float(gradient_difference(made, meant)) == pytest.approx(0.5)
    assert float(gradient_difference(made, made)) == 0
    assert float(gradient_difference(made + 0.3, made)) == pytest.approx(0, abs=1e-6)


def test_the_mean_is_best_for_p_2_and_all_between_are_alike_for_p_1() -> None:
    futures = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1)
    error = [
        {v: float(lp_distance(torch.full((2, 1, 1, 1), v), futures, p)) for v in (-1.0, 0.0, 1.0)}
        for p in (2, 1)
    ]
    assert error == [{-1.0: 2.0, 0.0: 1.0, 1.0: 2.0}, {-1.0: 1.0, 0.0: 1.0, 1.0: 1.0}]


def test_the_preset_wants_clips_and_a_p_that_it_knows() -> None:
    with pytest.raises(DataError, match="trained on clips; emoji-lines has none"):
        PRESETS["next-frame"].build(open_data("emoji-lines").spec)
    spec = clip_dataset("toy", list(torch.zeros(4, 6, 1, 16, 16).byte()), [
        torch.zeros(6, 1, 16, 16).byte()
    ], 2).spec  # fmt: skip
    with pytest.raises(ValueError, match="p is 1 or 2; got 3"):
        PRESETS["next-frame"].build(spec, p=3)


def test_past_frames_of_one_more_channel_are_no_mask() -> None:
    """Two grey frames are two channels, as a picture and its mask are."""
    clips = list(Rng(1).integers(256, 4, 6, 1, 16, 16).byte())
    spec = clip_dataset("toy", clips[:3], clips[3:], 2).spec
    from gansmith.networks.video import NextFrameNet

    assert isinstance(PRESETS["regression"].build(spec).game.G, NextFrameNet)
