"""Labels: the losses on players that are known, and what a discriminator of whole sets is for."""

import torch
import torch.nn.functional as F
from torch import nn

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.games.bce import BinaryRelevance, smooth_f1
from gansmith.games.multi_label import MultiLabel
from gansmith.losses.objectives import OBJECTIVES
from gansmith.metrics import f1_per_label
from gansmith.networks.multi_label import LabelSetDiscriminator, MultiLabelClassifier, Thresholds


class Fixed(nn.Module):
    """A generator that answers with logits that are given."""

    def __init__(self, logits):
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, x):
        return self.logits


class Sums(nn.Module):
    """A judge that adds up labels, and what it saw."""

    def features(self, picture):
        return picture.mean((1, 2, 3))

    def logits(self, seen, labels):
        return seen + labels.sum(1)


def batch():
    real = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    return Batch(
        real=real, condition=torch.linspace(-1, 1, 3)[:, None, None, None].expand(3, 1, 8, 8)
    )


def test_the_losses_are_those_of_the_objective_and_cross_entropy():
    objective, logits, x = OBJECTIVES["non-saturating"], Rng(1).normal(3, 2), batch()
    game = MultiLabel(Fixed(logits), Sums(), objective=objective, bce_weight=3.0)
    seen = torch.linspace(-1, 1, 3)
    true, fake = seen + x.real.sum(1), seen + logits.sigmoid().sum(1)
    assert torch.allclose(game.d_loss(x)["adv"], objective.d(true, fake))
    terms = game.g_loss(x)
    assert torch.allclose(terms["adv"], objective.g(None, fake))
    entropy = F.binary_cross_entropy(logits.sigmoid(), x.real)
    assert torch.allclose(terms["bce"], 3 * entropy)


def test_an_objective_that_compares_sees_the_true_set():
    x = batch()
    game = MultiLabel(Fixed(Rng(1).normal(3, 2)), Sums(), objective=OBJECTIVES["relativistic"])
    assert game.g_loss(x)["adv"].isfinite()


def test_smooth_f1_is_f1_far_from_the_threshold():
    true = (Rng(2).uniform(4000, 3) < 0.5).float()
    made = (Rng(3).uniform(4000, 3) < 0.6).float()
    wanted = f1_per_label(made.bool(), true.bool()).mean()
    assert abs(float(smooth_f1(40 * made - 20, true)) - float(wanted)) < 1e-3


def test_thresholds_rise_and_fall_to_where_f1_is_best():
    p = Rng(4).uniform(4000, 2)
    true = (Rng(5).uniform(4000, 2) < p * torch.tensor([1.0, 0.3])).float()
    logits = torch.logit(p * torch.tensor([1.0, 0.3]), eps=1e-4)  # right probabilities
    game = BinaryRelevance(Fixed(logits), Thresholds(2))
    x = Batch(real=true, condition=torch.zeros(4000, 1, 8, 8))
    optim = torch.optim.Adam(game.T.parameters(), 0.05)
    for _ in range(200):
        optim.zero_grad()
        game.t_loss(x)["f1"].backward()
        optim.step()
    there = game.T(logits) > 0
    best = max(f1_per_label(logits > t, true.bool()).mean() for t in torch.linspace(-4, 2, 61))
    tuned = f1_per_label(there, true.bool())
    assert bool((game.T.threshold < 0).all())
    assert float(tuned.mean()) > float(f1_per_label(logits > 0, true.bool()).mean()) + 0.1
    each = [
        max(f1_per_label(logits > t, true.bool())[k] for t in torch.linspace(-4, 2, 61))
        for k in (0, 1)
    ]
    assert float(tuned.mean()) > float(sum(each) / 2) - 0.02 >= float(best) - 0.02


def test_the_answer_is_moved_so_that_a_half_is_the_threshold():
    logits = torch.tensor([[0.5, -0.5]])
    game = BinaryRelevance(Fixed(logits), Thresholds(2))
    with torch.no_grad():
        game.T.threshold.copy_(torch.tensor([1.0, -1.0]))
        answer = game.generate(torch.zeros(1, 1, 8, 8), Rng(0))
    assert (answer > 0.5).tolist() == [[False, True]]


def test_players_look_at_pictures_of_any_size_and_anywhere():
    tagger, judge = (
        MultiLabelClassifier(1, 16, 4, 3).eval(),
        LabelSetDiscriminator(1, 16, 4, 3).eval(),
    )
    x, y = Rng(6).normal(2, 1, 16, 16), Rng(7).uniform(2, 3)
    assert tagger(x).shape == (2, 3)
    assert tagger(F.pad(x, (8, 8, 8, 8))).shape == (2, 3)
    score = judge(y, x)
    assert score.shape == (2,)
    assert torch.equal(score, judge.logits(judge.features(x), y))
    assert not torch.equal(score, judge(1 - y, x))
    assert not torch.equal(score, judge(y, x.flip(0)))
