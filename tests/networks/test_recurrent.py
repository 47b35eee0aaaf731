from __future__ import annotations

import itertools

import pytest
import torch
from scipy.stats import chi2
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.networks import recurrent
from gansmith.networks.recurrent import RNNGenerator, inverse_cdf

V, T = 4, 3
SENTENCES = torch.tensor(list(itertools.product(range(V), repeat=T)))


def writer(ends: bool = False, dtype: torch.dtype = torch.float64) -> RNNGenerator:
    torch.manual_seed(0)
    return RNNGenerator(V, T, 5, 6, ends=ends, std=1.0).to(dtype)


def probabilities(G: RNNGenerator) -> Tensor:
    """Of all V^T sentences."""
    return (-G.nll(SENTENCES).sum(1)).exp().detach()


def codes(tokens: Tensor) -> Tensor:
    """Each sentence's row in SENTENCES."""
    return (tokens * torch.tensor([V * V, V, 1])).sum(-1)


def follows(drawn: Tensor, expected: Tensor) -> bool:
    """Pearson's test at level 0.001: counts of drawn codes against probabilities."""
    counts = torch.bincount(drawn.flatten(), minlength=len(expected)).double()
    possible = expected > 0
    assert (counts[~possible] == 0).all()
    mean = expected[possible] * counts.sum()
    assert mean.min() > 4
    distance = ((counts[possible] - mean) ** 2 / mean).sum()
    return bool(distance < chi2.ppf(0.999, max(1, int(possible.sum()) - 1)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("ends", [False, True])
def test_likelihood_is_normalised(ends: bool, dtype: torch.dtype) -> None:
    p = probabilities(writer(ends, dtype))
    assert p.dtype == dtype
    torch.testing.assert_close(p.sum(), torch.ones((), dtype=dtype), rtol=1e-5, atol=0)
    assert p.max() < 0.5


def test_likelihood_against_a_plain_loop() -> None:
    G = writer()
    nll = G.nll(SENTENCES)
    state, loss = G.initial_state(len(SENTENCES)), []
    for t in range(T):
        logp = G.head(state[0]).log_softmax(1)
        loss.append(-logp.gather(1, SENTENCES[:, t : t + 1])[:, 0])
        state = G.step(SENTENCES[:, t], state)
    torch.testing.assert_close(nll, torch.stack(loss, 1))


@pytest.mark.parametrize("dtype", [torch.int16, torch.int32, torch.int64])
def test_tokens_of_any_width(dtype: torch.dtype) -> None:
    G = writer(ends=True)
    torch.testing.assert_close(G.nll(SENTENCES.to(dtype)), G.nll(SENTENCES))


def test_what_follows_an_end() -> None:
    nll = writer(ends=True).nll(torch.tensor([[2, 0, 0], [0, 0, 0], [0, 1, 0], [1, 0, 3]]))
    assert nll[[0, 1, 1], [2, 1, 2]].tolist() == [0, 0, 0]
    assert nll[[2, 3], [1, 2]].tolist() == [torch.inf, torch.inf]
    assert (nll[:, 0] > 0).all()
    assert (nll[0, :2] > 0).all()
    free = writer(ends=False).nll(torch.tensor([[2, 0, 0]]))
    torch.testing.assert_close(free[0, :2], nll[0, :2])
    assert free[0, 2] > 0


def test_gradient_reaches_every_parameter_and_stays_finite() -> None:
    G = writer(ends=True)
    G.nll(SENTENCES[probabilities(G) > 0]).sum().backward()
    for path, parameter in G.named_parameters():
        assert parameter.grad is not None, path
        assert parameter.grad.isfinite().all(), path
        assert parameter.grad.abs().max() > 1e-9, path


@pytest.mark.parametrize("n", [1, 2, 3, 7, 16, 50, 101])
def test_inverse_cdf_is_exact(n: int) -> None:
    """On a regular grid of M uniforms, counts are M p to within the two ends of an interval."""
    weights = Rng(n).uniform(n).double() + 0.1
    weights[n // 2 + 1 :: 3] = 0
    p = weights / weights.sum()
    grid = (torch.arange(20000, dtype=torch.float64) + 0.5) / 20000
    index = inverse_cdf(weights.expand(20000, n), grid)
    counts = torch.bincount(index, minlength=n).double()
    assert len(counts) == n
    assert (counts - 20000 * p).abs().max() <= 1.001
    assert (counts[weights == 0] == 0).all()
    assert (index.diff() >= 0).all()


@pytest.mark.parametrize("n", [2, 5, 99, 5000])
def test_inverse_cdf_never_leaves_the_range(n: int) -> None:
    """The largest float32 below 1, and zeros where rounding might carry it."""
    last = torch.tensor([0.0, 1 - 2**-24]).repeat(300)
    weights = Rng(1).uniform(600, n).pow(8)
    weights[:, n // 2 + 1 :] = 0
    weights[:, 0] = 0
    weights[:, n // 2] += 1e-7
    index = inverse_cdf(weights, last)
    assert ((index > 0) & (index <= n // 2)).all()
    assert (weights.gather(1, index[:, None]) > 0).all()


def test_inverse_cdf_of_one_certain_symbol() -> None:
    weights = torch.zeros(4, 30)
    weights[torch.arange(4), torch.tensor([0, 7, 28, 29])] = 1e-30
    u = torch.tensor([0.0, 1 - 2**-24, 0.5, 1 - 2**-24])
    assert inverse_cdf(weights, u).tolist() == [0, 7, 28, 29]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("ends", [False, True])
def test_samples_follow_the_likelihood(ends: bool, dtype: torch.dtype) -> None:
    G = writer(ends, dtype)
    p = probabilities(G).double()
    tokens = G.sample(Rng(3).uniform(40000, T))
    assert tokens.dtype == torch.int64
    assert tokens.shape == (40000, T)
    assert follows(codes(tokens), p)
    assert not follows(codes(tokens.flip(1)), p + 1e-3)


def test_each_draw_is_decided_by_its_uniform_alone() -> None:
    G, u = writer(), Rng(0).uniform(50, T)
    tokens = G.sample(u)
    assert torch.equal(tokens, G.sample(u))
    assert torch.equal(tokens[20:30], G.sample(u[20:30]))
    assert torch.equal(tokens[:, :2], G.sample(u[:, :2]))


def test_slices_of_the_draw_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    G, u = writer(), Rng(0).uniform(50, T)
    tokens = G.sample(u)
    monkeypatch.setattr(recurrent, "ROWS", 7)
    assert torch.equal(tokens, G.sample(u))


@pytest.mark.parametrize("ends", [False, True])
def test_rollouts_keep_their_prefix(ends: bool) -> None:
    torch.manual_seed(0)
    G = RNNGenerator(5, 6, ends=ends, std=1.0).double()
    tokens = G.sample(Rng(0).uniform(8, 6))
    shape = RNNGenerator.rollout_shape(8, 6, 7)
    assert shape == (8, 7, 15)
    out = G.rollout(tokens.short(), Rng(1).uniform(*shape))
    assert out.shape == (5, 7, 8, 6)
    assert out.dtype == torch.int64
    assert ((out >= 0) & (out < 5)).all()
    for i in range(5):
        expected = tokens[None, :, : i + 1].expand(7, -1, -1)
        assert torch.equal(out[i, :, :, : i + 1], expected)
        assert (out[i, :, :, i + 1 :] != tokens[:, i + 1 :]).any() or i == 4
    if ends:
        assert G.nll(out.reshape(-1, 6)).isfinite().all()
        assert (tokens == 0).any()


@pytest.mark.parametrize("ends", [False, True])
def test_rollouts_follow_the_policy(ends: bool) -> None:
    G = writer(ends)
    p = probabilities(G)
    tokens = torch.tensor([[1, 2, 3], [3, 0, 0]])
    out = G.rollout(tokens, Rng(5).uniform(*G.rollout_shape(2, T, 20000)))
    for i, b in itertools.product(range(T - 1), range(2)):
        fits = (SENTENCES[:, : i + 1] == tokens[b, : i + 1]).all(1)
        conditional = torch.where(fits, p, 0) / p[fits].sum()
        assert follows(codes(out[i, :, b]), conditional)


def test_a_rollout_is_a_sample_that_was_held_at_first() -> None:
    """With the uniforms that wrote the sentence, every completion is the sentence itself."""
    torch.manual_seed(0)
    G = RNNGenerator(7, 6, std=1.0).double()
    u = Rng(2).uniform(9, 6)
    tokens = G.sample(u)
    places = torch.tensor([s for s in range(1, 6) for _ in range(s)])
    out = G.rollout(tokens, u[:, None, places].expand(-1, 3, -1))
    assert torch.equal(out, tokens.expand(5, 3, 9, 6))


def test_sentences_are_rolled_out_apart() -> None:
    G, u = writer(), Rng(0).uniform(6, 4, 3)
    tokens = SENTENCES[10:16]
    out = G.rollout(tokens, u)
    assert torch.equal(out[:, :, 2:4], G.rollout(tokens[2:4], u[2:4]))


def test_writing_leaves_no_graph() -> None:
    G = writer()
    tokens = G.sample(Rng(0).uniform(4, T))
    assert not tokens.requires_grad
    assert not G.rollout(tokens, Rng(0).uniform(4, 2, 3)).requires_grad


def test_start_is_the_authors() -> None:
    torch.manual_seed(0)
    flat = torch.cat([p.flatten() for p in RNNGenerator(5000, 20).parameters()])
    torch.testing.assert_close(flat.std(), torch.tensor(0.1), rtol=0.01, atol=0)
    assert RNNGenerator(5000, 20).embedding.weight.shape == (5001, 32)
    assert (RNNGenerator(5000, 20).lstm.get_parameter("bias_hh_l0") == 0).all()
    expected = 5001 * 32 + 4 * 32 * (32 + 32 + 2) + 33 * 5000
    assert sum(p.numel() for p in RNNGenerator(5000, 20).parameters()) == expected


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(6, 4, 3\); got \(6, 4, 2\)"):
        writer().rollout(SENTENCES[:6], torch.rand(6, 4, 2))
    with pytest.raises(ValueError, match="vocab=1, length=3"):
        RNNGenerator(1, 3)
    with pytest.raises(ValueError, match="vocab=4, length=0"):
        RNNGenerator(4, 0)
