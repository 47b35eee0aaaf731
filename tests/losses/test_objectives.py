import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal

from gansmith.losses.objectives import OBJECTIVES, LeastSquares
from gansmith.theory import divergence

NAMES = [
    "minimax", "non-saturating", "least-squares", "wasserstein", "hinge", "relativistic",
    "relativistic-average", "total-variation", "kl", "reverse-kl", "pearson", "neyman",
    "squared-hellinger", "jeffrey", "jensen-shannon", "weighted-jensen-shannon", "gan-divergence",
]  # fmt: skip
COMPARING = {"relativistic", "relativistic-average"}
MONOTONE = [name for name in NAMES if name != "least-squares"]
SIZES = [0, 1e-3, 1, 10, 30, 100, 1e3, 1e4]
SWEEP = torch.tensor([-s for s in reversed(SIZES)] + SIZES[1:])
P, Q = (Normal(torch.tensor(m, dtype=torch.float64), 1.0) for m in (0.0, 1.0))


def slopes(loss, *logits):
    logits = [logit.clone().requires_grad_() for logit in logits]
    grads = torch.autograd.grad(loss(*logits), logits, materialize_grads=True)
    return grads[0] if len(grads) == 1 else grads


def test_the_dict_is_complete():
    assert list(OBJECTIVES) == NAMES
    assert {name for name, o in OBJECTIVES.items() if o.needs_real} == COMPARING
    assert {n for n, o in OBJECTIVES.items() if o.batch_coupled} == {"relativistic-average"}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("name", NAMES)
def test_scalar_losses_in_the_promised_precision(name, dtype):
    objective = OBJECTIVES[name]
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, 6, 1, 4, 4, generator=rng).to(dtype).unbind()
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    losses = objective.d(real, fake), objective.g(real, fake)
    for loss in (*losses, objective.divergence(real, fake)):
        if loss is not None:
            assert loss.dtype == wide
            assert loss.shape == ()
    # upcast first, then computed: the same numbers as from the widened logits
    torch.testing.assert_close(losses[0], objective.d(real.to(wide), fake.to(wide)))
    torch.testing.assert_close(losses[1], objective.g(real.to(wide), fake.to(wide)))


@pytest.mark.parametrize("name", NAMES)
def test_shape_does_not_matter(name):
    objective = OBJECTIVES[name]
    real, fake = torch.randn(2, 12, generator=torch.Generator().manual_seed(0)).unbind()
    maps = real.view(3, 1, 2, 2), fake.view(3, 1, 2, 2)
    torch.testing.assert_close(objective.d(real, fake), objective.d(*maps))
    torch.testing.assert_close(objective.g(real, fake), objective.g(*maps))


@pytest.mark.parametrize("name", sorted(set(NAMES) - COMPARING))
def test_g_without_reals(name):
    fake = torch.tensor([0.3, -1.0, 2.0])
    torch.testing.assert_close(
        OBJECTIVES[name].g(None, fake), OBJECTIVES[name].g(torch.zeros(5), fake)
    )


@pytest.mark.parametrize("name", sorted(COMPARING))
def test_g_that_needs_reals_says_so(name):
    with pytest.raises(ValueError, match="pass D's logits on real samples"):
        OBJECTIVES[name].g(None, torch.zeros(3))


def test_pairs_need_equal_sizes():
    with pytest.raises(ValueError, match=r"got \(4,\) and \(5,\)"):
        OBJECTIVES["relativistic"].d(torch.zeros(4), torch.zeros(5))
    with pytest.raises(ValueError, match=r"got \(4, 1\) and \(4,\)"):
        OBJECTIVES["relativistic"].g(torch.zeros(4, 1), torch.zeros(4))


def test_integer_logits_are_refused():
    with pytest.raises(TypeError, match=r"got torch\.int64"):
        OBJECTIVES["minimax"].d(torch.ones(3, dtype=torch.int64), torch.zeros(3))


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_right(name):
    objective = OBJECTIVES[name]
    real, fake = 1.5 * torch.randn(
        2, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(3)
    )
    real, fake = real.requires_grad_(), fake.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(objective.d, (real, fake))
    assert torch.autograd.gradcheck(objective.g, (real, fake))


@pytest.mark.parametrize("name", NAMES)
def test_extreme_logits_give_finite_losses_and_slopes(name):
    objective, others = OBJECTIVES[name], torch.linspace(-1, 1, len(SWEEP))
    cases = [(SWEEP, others), (others, SWEEP), (SWEEP, SWEEP.flip(0)), (SWEEP, SWEEP)]
    for real, fake in cases:
        assert objective.d(real, fake).isfinite()
        assert objective.g(real, fake).isfinite()
        for grad in (*slopes(objective.d, real, fake), *slopes(objective.g, real, fake)):
            assert grad.dtype == torch.float32
            assert grad.isfinite().all()


@pytest.mark.parametrize("name", MONOTONE)
def test_slopes_have_the_right_sign(name):
    """D's loss falls with a real logit and rises with a fake one; G's falls with a fake one."""
    objective, others = OBJECTIVES[name], torch.linspace(-1, 1, len(SWEEP))
    for real, fake in [(SWEEP, others), (others, SWEEP), (SWEEP, SWEEP)]:
        of_real, of_fake = slopes(objective.d, real, fake)
        assert (of_real <= 0).all()
        assert (of_fake >= 0).all()
        _, of_fake = slopes(objective.g, real, fake)
        assert (of_fake <= 0).all()
    near = torch.tensor([-0.5, 0.0, 0.5])
    of_real, of_fake = slopes(objective.d, near, near)
    assert (of_real < 0).all()
    assert (of_fake > 0).all()
    assert (slopes(objective.g, near, near)[1] < 0).all()


@pytest.mark.parametrize("name", MONOTONE)
def test_losses_are_monotone(name):
    objective, zero = OBJECTIVES[name], torch.zeros(1)
    by_real = torch.stack([objective.d(v.view(1), zero) for v in SWEEP])
    by_fake = torch.stack([objective.d(zero, v.view(1)) for v in SWEEP])
    fooled = torch.stack([objective.g(zero, v.view(1)) for v in SWEEP])
    assert (by_real.diff() <= 0).all()
    assert (by_fake.diff() >= 0).all()
    assert (fooled.diff() <= 0).all()
    assert by_real[0] > by_real[-1]
    assert by_fake[0] < by_fake[-1]
    assert fooled[0] > fooled[-1]


def test_least_squares_slopes_turn_at_the_codes():
    of_real, of_fake = slopes(OBJECTIVES["least-squares"].d, SWEEP, SWEEP)
    torch.testing.assert_close(of_real, (SWEEP - 1) / len(SWEEP))
    torch.testing.assert_close(of_fake, SWEEP / len(SWEEP))
    torch.testing.assert_close(
        slopes(lambda fake: OBJECTIVES["least-squares"].g(None, fake), SWEEP),
        (SWEEP - 1) / len(SWEEP),
    )


# --- the formulas -------------------------------------------------------------------------------


def test_logit_gradients_of_the_first_gan():
    v = torch.linspace(-15, 15, 61, dtype=torch.float64)
    d = torch.sigmoid(v)
    minimax = slopes(lambda fake: OBJECTIVES["minimax"].g(None, fake), v) * len(v)
    flipped = slopes(lambda fake: OBJECTIVES["non-saturating"].g(None, fake), v) * len(v)
    torch.testing.assert_close(minimax, -d, rtol=1e-9, atol=0)
    torch.testing.assert_close(flipped, -(1 - d), rtol=1e-9, atol=1e-12)
    at = torch.tensor([math.log(0.01 / 0.99)], dtype=torch.float64)  # D = .01
    ratio = slopes(lambda f: OBJECTIVES["non-saturating"].g(None, f), at) / slopes(
        lambda f: OBJECTIVES["minimax"].g(None, f), at
    )
    assert ratio.item() == pytest.approx(99)


def test_minimax_is_cross_entropy_and_flipped_labels_are_non_saturating():
    real, fake = torch.randn(2, 50, generator=torch.Generator().manual_seed(0)).unbind()
    bce, one, zero = F.binary_cross_entropy_with_logits, torch.ones(50), torch.zeros(50)
    for name in ("minimax", "non-saturating", "gan-divergence"):
        want = bce(real, one) + bce(fake, zero)
        torch.testing.assert_close(OBJECTIVES[name].d(real, fake), want, rtol=0, atol=1e-6)
    flipped = OBJECTIVES["non-saturating"].g(None, fake)
    torch.testing.assert_close(flipped, bce(fake, one), rtol=0, atol=1e-6)
    for name in ("minimax", "gan-divergence"):
        want = -bce(fake, zero)
        torch.testing.assert_close(OBJECTIVES[name].g(None, fake), want, rtol=0, atol=1e-6)


def test_values_by_hand():
    real, fake = torch.tensor([0.5, 2.0]), torch.tensor([-3.0, 1.0])

    def check(name, d, g):
        assert OBJECTIVES[name].d(real, fake).item() == pytest.approx(d, rel=1e-5)
        assert OBJECTIVES[name].g(real, fake).item() == pytest.approx(g, rel=1e-5)

    def soft(x):
        return math.log1p(math.exp(x))

    check("least-squares", (0.25 + 1) / 4 + (9 + 1) / 4, (16 + 0) / 4)
    check("wasserstein", -1 - 1.25, 1)
    check("hinge", 0.25 + 1, 1)
    check("relativistic", (soft(-3.5) + soft(-1)) / 2, (soft(3.5) + soft(1)) / 2)
    # means: real 1.25, fake -1
    check(
        "relativistic-average",
        (soft(-1.5) + soft(-3)) / 2 + (soft(-4.25) + soft(-0.25)) / 2,
        (soft(4.25) + soft(0.25)) / 2 + (soft(1.5) + soft(3)) / 2,
    )
    codes = LeastSquares(a=-1, b=1, c=0)
    assert codes.d(real, fake).item() == pytest.approx((0.25 + 1) / 4 + (4 + 4) / 4)
    assert codes.g(real, fake).item() == pytest.approx((9 + 1) / 4)


def test_relativistic_average_takes_batches_of_two_sizes():
    objective = OBJECTIVES["relativistic-average"]
    got = objective.d(torch.tensor([1.0]), torch.tensor([0.0, 2.0]))
    soft = F.softplus(torch.tensor([0.0, -1.0, 1.0]))
    torch.testing.assert_close(got, soft[0] + (soft[1] + soft[2]) / 2)


def test_equal_codes_are_refused():
    with pytest.raises(ValueError, match="must differ; both are 1"):
        LeastSquares(a=1, b=1)


@pytest.mark.parametrize("codes", [(0, 1, 1), (-1, 1, 0), (2, -1, 0.5)])
def test_best_least_squares_discriminator(codes):
    """Under weights p and q the loss is least at (b p + a q) / (p + q)."""
    a, b, _ = codes
    objective = LeastSquares(*codes)
    p, q = torch.tensor([0.2, 0.5, 0.9]), torch.tensor([0.7, 0.5, 0.1])

    def slope_at(v):  # of p d(real part) + q d(fake part), point by point
        of_real, of_fake = slopes(objective.d, v, v)
        return p * of_real + q * of_fake

    torch.testing.assert_close(slope_at((b * p + a * q) / (p + q)), torch.zeros(3))


def test_least_squares_g_is_pearson_for_its_codes():
    """b - c = 1, b - a = 2: twice (E_p + E_q of (D* - c)^2 / 2) is Pearson(p + q, 2 q)."""
    p, q = torch.tensor([0.2, 0.7, 0.1]).double(), torch.tensor([0.5, 0.2, 0.3]).double()
    a, b, c = -1.0, 1.0, 0.0
    best = (b * p + a * q) / (p + q)
    left = ((p + q) * (best - c) ** 2).sum()
    pearson = ((2 * q - (p + q)) ** 2 / (p + q)).sum()
    torch.testing.assert_close(left, pearson)
    # and the number D reports is that Pearson divergence, whatever the codes
    loss = (p * (best - b) ** 2 + q * (best - a) ** 2).sum() / 2
    torch.testing.assert_close(2 - 8 * loss / (b - a) ** 2, pearson)


# --- the divergence each one reports ------------------------------------------------------------

READS = {
    "minimax": "jensen-shannon",
    "non-saturating": "jensen-shannon",
    "least-squares": "triangular",
    "hinge": "total-variation",
}


def spread(n, rng):
    """n standard normal numbers, one in each n-th part of the mass: little sampling noise."""
    share = (torch.arange(n) + torch.rand(n, generator=rng, dtype=torch.float64)) / n
    return torch.special.ndtri(share).float()


def best_logit(name, x):
    r = 0.5 - x  # log p/q of N(0, 1) and N(1, 1)
    return {"least-squares": torch.sigmoid(r), "hinge": r.sign()}.get(name, r)


@pytest.mark.parametrize("name", READS)
def test_best_logits_read_the_exact_divergence(name):
    z = spread(100_000, torch.Generator().manual_seed(0))
    exact = divergence(READS[name], P, Q)
    got = OBJECTIVES[name].divergence(best_logit(name, z), best_logit(name, z + 1))
    assert got.item() == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("codes", [(-1, 1, 0), (2, -1, 0.5)])
def test_least_squares_reads_the_same_with_other_codes(codes):
    a, b, _ = codes
    z = spread(100_000, torch.Generator().manual_seed(0))
    real, fake = (a + (b - a) * torch.sigmoid(0.5 - x) for x in (z, z + 1))
    exact = divergence("triangular", P, Q)
    assert LeastSquares(*codes).divergence(real, fake).item() == pytest.approx(exact, abs=1e-3)


class Critic(nn.Module):
    """A small smooth net on the line."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh())
        self.out = nn.Linear(24, 1)

    def forward(self, x):
        return self.out(self.body(x.unsqueeze(-1))).squeeze(-1)


@pytest.mark.parametrize("name", READS)
def test_trained_critic_reads_the_divergence(name, seed, within):
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    objective, critic = OBJECTIVES[name], Critic()
    adam = torch.optim.Adam(critic.parameters(), lr=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(adam, 0.02, total_steps=500)
    for _ in range(500):
        adam.zero_grad()
        objective.d(critic(spread(1024, rng)), critic(1 + spread(1024, rng))).backward()
        adam.step()
        plan.step()
    with torch.no_grad():
        real, fake = critic(spread(100_000, rng)), critic(1 + spread(100_000, rng))
    got = objective.divergence(real, fake).item()
    exact = divergence(READS[name], P, Q)
    within({"of the exact": got / exact}, {"of the exact": (0.95, 1.01)})


@pytest.mark.parametrize(
    ("d", "jsd"), [(0.5, 0.03031), (1, 0.11142), (2, 0.33683), (4, 0.63272), (6, 0.68930)]
)
@pytest.mark.parametrize("name", ["minimax", "non-saturating", "jensen-shannon"])
def test_jensen_shannon_of_a_shift(name, d, jsd):
    z = spread(100_000, torch.Generator().manual_seed(0))
    real, fake = d * (d / 2 - z), d * (d / 2 - (z + d))  # logit log p/q
    got = OBJECTIVES[name].divergence(real, fake).item()
    assert got == pytest.approx(jsd, abs=1e-3)


def test_wasserstein_reads_the_shift_and_a_steeper_critic_reads_more():
    """With penalty weight lambda the best slope on a shift W is 1 + W / (2 lambda)."""
    z = spread(100_000, torch.Generator().manual_seed(0))
    objective, shift, weight = OBJECTIVES["wasserstein"], 3.0, 10.0
    assert objective.divergence(-z, -(z + shift)).item() == pytest.approx(shift, rel=1e-4)
    slope = torch.linspace(0, 2, 2001)
    penalised = slope * shift - weight * (slope - 1) ** 2
    best = slope[penalised.argmax()].item()
    assert best == pytest.approx(1 + shift / (2 * weight), abs=1e-3)
    got = objective.divergence(-best * z, -best * (z + shift)).item()
    assert got == pytest.approx(shift * (1 + shift / (2 * weight)), rel=1e-3)


@pytest.mark.parametrize("name", sorted(COMPARING))
def test_relativistic_objectives_claim_no_divergence(name):
    assert OBJECTIVES[name].divergence(torch.zeros(4), torch.ones(4)) is None


@pytest.mark.parametrize("name", sorted(set(NAMES) - COMPARING - {"least-squares"}))
def test_an_undecided_critic_reads_nothing(name):
    """At its threshold everywhere D tells nothing apart: the reading is 0, offsets taken off."""
    undecided = {"kl": 1.0}.get(name, 0.0)
    v = torch.full((5,), undecided)
    weighted = name == "weighted-jensen-shannon"
    if weighted:  # the logit of T = 0
        v = torch.full((5,), -math.log(math.expm1(-0.3 * math.log(0.3))))
    torch.testing.assert_close(
        OBJECTIVES[name].divergence(v, v), torch.tensor(0.0), atol=2e-7, rtol=0
    )
