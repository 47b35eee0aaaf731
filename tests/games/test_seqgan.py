from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.core.protocols import Samples
from gansmith.core.rng import Rng
from gansmith.games.seqgan import SeqGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import RNNGenerator, TextCNN

VOCAB, LENGTH, ROLLOUTS = 4, 5, 3


def make(**options: int) -> SeqGAN:
    torch.manual_seed(0)
    return SeqGAN(
        RNNGenerator(VOCAB, LENGTH, 4, 6, ends=True, std=0.7),
        TextCNN(VOCAB, LENGTH, 4, {1: 3, 2: 3}),
        objective=OBJECTIVES["non-saturating"],
        **(dict(mle_steps=3, d_pretrain_steps=2, rollouts=ROLLOUTS) | options),
    )


def text(n: int = 6) -> Batch:
    lengths = 1 + Rng(1).integers(LENGTH, n)
    tokens = (1 + Rng(2).integers(VOCAB - 1, n, LENGTH)) * (torch.arange(LENGTH) < lengths[:, None])
    return Batch(tokens=tokens, lengths=lengths)


def test_g_is_pretrained_then_d_then_both_play() -> None:
    g_pretrain, d_pretrain, game = make(d_steps=4).stages()
    assert (g_pretrain.steps, d_pretrain.steps, game.steps) == (3, 2, None)
    assert [(p.moves, p.name) for p in g_pretrain.phases] == [("G", "G_pretrain")]
    assert [(p.moves, p.name) for p in d_pretrain.phases] == [("D", "D_pretrain")]
    assert [(p.moves, p.name, p.repeat) for p in game.phases] == [("G", "G", 1), ("D", "D", 4)]
    assert [p.name for p in make().phases()] == ["G", "D"]


def test_maximum_likelihood_is_the_mean_over_all_tokens_of_the_batch() -> None:
    game, x = make(), text()
    x = game.draw_pretrain(x, Rng(0))
    nll = game.G.nll(x.tokens)
    spoken = ~game.G.after_end(x.tokens)  # words and one end each
    assert int(spoken.sum()) == int((x.lengths + 1).clamp(max=LENGTH).sum())
    torch.testing.assert_close(game.g_pretrain_loss(x)["mle"], nll[spoken].mean())
    halves = [game.g_pretrain_loss(piece)["mle"] for piece in x.split(2)]
    torch.testing.assert_close(torch.stack(halves).mean(), game.g_pretrain_loss(x)["mle"])
    plain = [nll[rows][spoken[rows]].mean() for rows in (slice(3), slice(3, 6))]
    assert not torch.isclose(torch.stack(plain).mean(), game.g_pretrain_loss(x)["mle"])


def test_values_are_what_d_thinks_of_completions_and_of_the_sentence_itself() -> None:
    game = make()
    x = game.draw_policy(text(), Rng(3))
    y = game.G.sample(x.u)
    q = game.values(y, x.v)
    ends = game.G.rollout(y, x.v)
    assert q.shape == y.shape
    for t in range(LENGTH - 1):
        seen = torch.stack([game.D(ends[t, n]).sigmoid() for n in range(ROLLOUTS)]).mean(0)
        torch.testing.assert_close(q[:, t], seen)
    torch.testing.assert_close(q[:, -1], game.D(y).sigmoid())
    assert not q.requires_grad


def test_reinforce_is_reward_over_the_baseline_times_likelihood() -> None:
    game = make()
    x = game.draw_policy(text(), Rng(3))
    game.baseline.fill_(0.2)
    y = game.G.sample(x.u)
    q = game.values(y, x.v)
    terms = game.g_policy_loss(x)
    torch.testing.assert_close(terms["policy"], ((q - 0.2) * game.G.nll(y)).sum(1).mean())
    torch.testing.assert_close(x.notes["reward"], q.mean())
    terms["policy"].backward()
    assert all(p.grad is None for p in game.D.parameters())
    assert all(p.grad is not None for p in game.G.parameters())


def test_the_policy_gradient_is_that_of_the_expected_reward() -> None:
    """Sentences of one of two words: E q = sum p_i q_i has its gradient in closed form."""
    torch.manual_seed(0)
    game = SeqGAN(
        RNNGenerator(2, 1, 2, 2),
        TextCNN(2, 1, 2, {1: 3}),
        objective=OBJECTIVES["non-saturating"],
        mle_steps=0,
        d_pretrain_steps=0,
    )
    words = torch.tensor([[0], [1]])
    game.values = lambda y, v: torch.tensor([0.1, 0.9])[y]  # type: ignore[method-assign]
    expected = ((-game.G.nll(words)).exp().squeeze(1) * torch.tensor([0.1, 0.9])).sum()
    bias = game.G.head.bias
    (truth,) = torch.autograd.grad(expected, bias)
    u = (torch.arange(4096)[:, None] + 0.5) / 4096  # every quantile once
    for baseline in (0.0, 0.5):
        game.baseline.fill_(baseline)
        (slope,) = torch.autograd.grad(game.g_policy_loss(Batch(u=u, v=None))["policy"], bias)
        torch.testing.assert_close(-slope, truth, atol=1e-3, rtol=1e-2)


def test_the_baseline_follows_the_reward_and_is_saved() -> None:
    game = make()
    assert "baseline" in game.state_dict()
    g, d = game.phases()
    game.after_phase(g, {"reward": 0.9})
    assert float(game.baseline) == pytest.approx(0.5 + 0.1 * 0.4)
    game.after_phase(d, {})
    assert float(game.baseline) == pytest.approx(0.54)


def test_d_discriminates_real_sentences_from_sampled_ones() -> None:
    game = make()
    x = game.draw(text(), Rng(3))
    real, fake = game.D(x.tokens), game.D(game.G.sample(x.u))
    torch.testing.assert_close(game.d_loss(x)["adv"], game.objective.d(real, fake))
    game.d_loss(x)["adv"].backward()
    assert all(p.grad is None for p in game.G.parameters())


def test_uniforms_are_drawn_for_sentences_and_for_all_roll_outs() -> None:
    game = make()
    x = game.draw_policy(text(), Rng(3))
    assert x.u.shape == (6, LENGTH)
    assert x.v.shape == game.G.rollout_shape(6, LENGTH, ROLLOUTS)
    stream = Rng(3)
    assert x.u.equal(stream.uniform(6, LENGTH))
    assert x.v.equal(stream.uniform(*x.v.shape))


def test_samples_are_sentences_of_the_writer() -> None:
    game = make()
    assert isinstance(game, Samples)
    y: Tensor = game.sample(600, Rng(5))
    assert y.shape == (600, LENGTH)
    assert y.equal(game.G.sample(Rng(5).uniform(600, LENGTH)))
