"""f-divergences as GAN objectives: f-GAN (arXiv:1606.00709, eq. 4 and 6, tables 2 and 6).

For convex f,  D_f(p, q) = int q f(p/q) dx >= E_p[T] - E_q[f*(T)],  with the conjugate
f*(t) = sup over u > 0 of (u t - f(u)); it is tight at T = f'(p/q). D returns a logit v, and
T = activation(v) stays inside the domain of f*. `F_DIVERGENCES` below is the table.

Departs from the paper in: an exponent x that could overflow becomes 30 + log(1 + x - 30) beyond
x = 30, so that exp(x) goes on along its tangent (C1). This is done in T itself (kl and jeffrey:
v > 30; reverse-kl and neyman: v < -30; squared-hellinger: both ends), so the bound still holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.precision import upcast

Fn = Callable[[Tensor], Tensor]
LIMIT = 30.0  # exponents above this follow the tangent
CUSTOM_LIMIT = 20.0  # the same for a user's f: with it even a cubic f stays within float32
SEARCH = 30.0  # conjugates are searched for log u in [-SEARCH, SEARCH]


def _cap(x: Tensor, limit: float = LIMIT) -> Tensor:
    """x up to the limit, then limit + log(1 + x - limit): exp of it is linear from there on."""
    return x.clamp(max=limit) + torch.log1p((x - limit).relu())


def _cap_low(x: Tensor, limit: float = LIMIT) -> Tensor:
    return -_cap(-x, limit)


def _expm1(x: Tensor) -> Tensor:
    """exp(x) - 1; torch's own derivative is value + 1, which rounds to 0 for x far below 0."""
    return torch.where(x > -1, torch.expm1(x), torch.exp(x) - 1)


def _half_tanh(v: Tensor) -> Tensor:
    """tanh(v) / 2; torch's own derivative is 1 - tanh^2, which rounds to 0 for abs(v) > 9."""
    return torch.where(v < 0, torch.sigmoid(2 * v) - 0.5, 0.5 - torch.sigmoid(-2 * v))


def _derivative(f: Fn, u: Tensor) -> Tensor:
    """f'(u), elementwise, with a graph where u has one; zero where f is locally constant."""
    tracked = u.requires_grad and torch.is_grad_enabled()
    with torch.enable_grad():
        u = u if tracked else u.detach().requires_grad_()
        total = f(u).sum()
        if not total.requires_grad:
            return torch.zeros_like(u)
        (derivative,) = torch.autograd.grad(total, u, create_graph=tracked, materialize_grads=True)
    return derivative


def _require_convex(f: Fn) -> None:
    """ValueError where f is not finite or its chords' slopes fall, on u from e^-10 to e^10."""
    u = torch.linspace(-10, 10, 2001, dtype=torch.float64).exp()
    value = f(u)
    if not isinstance(value, Tensor) or value.shape != u.shape:
        raise TypeError("f must map a tensor of u > 0 to a tensor of the same shape, elementwise")
    value = value.detach()
    if not value.isfinite().all():
        at = u[~value.isfinite()][0].item()
        raise ValueError(f"f must be finite for every u > 0; f({at:.4g}) is not")
    chord = value.diff() / u.diff()
    rounding = 1e-12 * (1 + value.abs() + u * (1 + u.log().abs()))[1:] / u.diff()
    falls = chord.diff() < -(rounding[1:] + rounding[:-1])
    if falls.any():
        at = u[1:-1][falls][0].item()
        raise ValueError(f"f must be convex on u > 0; its slope falls near u = {at:.4g}")


class FDivergence:
    """The f-GAN objective of one convex f (arXiv:1606.00709, eq. 6), your own or from the table.

    d = -(E_p[T] - E_q[f*(T)]),  g = -E_q[f*(T)];  real and fake are logits of any shape.

    f: elementwise on tensors of u > 0, made of differentiable torch operations.
    conjugate: f*(t) inside its domain. Not given: sup_u (u t - f(u)) by bisection on f'(u) = t
        for u in [e^-30, e^30]; its gradient is the maximiser u (first derivatives only).
    activation: T of a logit, rising. Not given: T = f'(u), f*(T) = u f'(u) - f(u) with u = e^v in
        float64, so that D's logit is log p/q; capped beyond |v| = 20 as LIMIT does beyond 30.
        The two terms cancel: past |v| = 20 values are good to about 1e-4, derivatives to 1e-6.
    composite: f*(activation(v)) as one stable expression, with `activation`.
    multiple: D_f is this many times the quantity `divergence` reports.
    quantity: that quantity, in words.

    offset = f(1), the value of D_f at p = q; threshold = f'(1), the T that says "undecided".
    Raises ValueError for an f that is not convex (saying where), not finite or, without an
    activation, piecewise linear or with an f'' that is not finite, as that of |u - 1|^1.5 at 1;
    TypeError for one that is not elementwise.
    """

    needs_real = False
    batch_coupled = False

    def __init__(
        self,
        f: Fn,
        conjugate: Fn | None = None,
        activation: Fn | None = None,
        composite: Fn | None = None,
        *,
        multiple: float = 1.0,
        quantity: str = "D_f(p, q) - f(1)",
    ) -> None:
        if composite is not None and activation is None:
            raise ValueError("composite is f*(activation(v)): give the activation it belongs to")
        if multiple <= 0:
            raise ValueError(f"multiple must be positive; got {multiple}")
        _require_convex(f)
        self.f, self.multiple, self.quantity = f, multiple, quantity
        self._conjugate, self._activation, self._composite = conjugate, activation, composite
        one = torch.ones((), dtype=torch.float64)
        self.offset, self.threshold = f(one).item(), _derivative(f, one).item()
        if activation is None:
            self._require_curved()

    def conjugate(self, t: Tensor) -> Tensor:
        """f*(t), elementwise; t inside the domain of f*."""
        if self._conjugate is not None:
            return self._conjugate(t)
        exact = t.double()
        low, high = torch.full_like(exact, -SEARCH), torch.full_like(exact, SEARCH)
        for _ in range(64):
            middle = ((low + high) / 2).detach()
            rising = _derivative(self.f, middle.exp()).detach() < exact
            low, high = torch.where(rising, middle, low), torch.where(rising, high, middle)
        u = ((low + high) / 2).exp().detach()
        return (u * exact - self.f(u)).to(t.dtype)

    def activation(self, logit: Tensor) -> Tensor:
        """T of a logit, elementwise, in the domain of f*."""
        if self._activation is not None:
            return self._activation(logit)
        return _derivative(self.f, self._ratio(logit)).to(logit.dtype)

    def composite(self, logit: Tensor) -> Tensor:
        """f*(activation(logit)), elementwise."""
        if self._composite is not None:
            return self._composite(logit)
        if self._activation is not None:
            return self.conjugate(self._activation(logit))
        u = self._ratio(logit)
        return (u * _derivative(self.f, u) - self.f(u)).to(logit.dtype)

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """Minus the bound on D_f; scalar."""
        return self.real_loss(real) + self.fake_loss(fake)

    def real_loss(self, real: Tensor) -> Tensor:
        """-E_p[T]; scalar."""
        return -self.activation(upcast(real)).mean()

    def fake_loss(self, fake: Tensor) -> Tensor:
        """E_q[f*(T)]; scalar."""
        return self.composite(upcast(fake)).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """The part of the bound that depends on G: -E_q[f*(T)]; scalar."""
        return -self.composite(upcast(fake)).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """A lower bound on `quantity`, reached by the best D: (-d - offset) / multiple; scalar."""
        return (-self.d(real, fake) - self.offset) / self.multiple

    def _ratio(self, logit: Tensor) -> Tensor:
        return _cap_low(_cap(logit.double(), CUSTOM_LIMIT), CUSTOM_LIMIT).exp()

    def _require_curved(self) -> None:
        v = (torch.arange(-100, 101, dtype=torch.float64) / 10).requires_grad_()  # 0 is one of them
        t = self.activation(v)
        if (t.diff().abs() > 0).sum() < 100:
            raise ValueError(
                "f is piecewise linear, so T = f'(e^v) has no gradient; give activation=, a rising "
                "function whose range is the domain of f*"
            )
        (slope,) = torch.autograd.grad(t.sum(), v)
        if not slope.isfinite().all():
            raise ValueError(
                f"f'' is not finite, so T = f'(e^v) has no gradient at the logit "
                f"v = {v[~slope.isfinite()][0]:.4g}; give activation=, a rising function whose "
                "range is the domain of f*, for example lambda v: v"
            )


def _jeffrey_conjugate(t: Tensor) -> Tensor:
    """u - 1 + log u at the root of f'(u) = log u + 1 - 1/u = t; with w = W(e^(1-t)), u = 1/w.

    Newton on y = log u from its left, where it climbs without overshooting. The last two steps
    are recorded, which makes first and second derivatives exact.
    """
    with torch.no_grad():
        y = torch.where(t > 1, t - 1, -torch.log(2 - t.clamp(max=1)))
    for left in reversed(range(8)):
        with torch.set_grad_enabled(torch.is_grad_enabled() and left < 2):
            y = y - (y - torch.expm1(-y) - t) / (1 + torch.exp(-y))
    return torch.expm1(y) + y


def weighted_jensen_shannon(pi: float = 0.3) -> FDivergence:
    """pi KL(p, m) + (1 - pi) KL(q, m), m = pi p + (1 - pi) q (arXiv:1606.00709, table 6).

    f*(t) = (1-pi) log((1-pi) / (1 - pi e^(t/pi))), t < -pi log pi. With T = -pi log pi -
    softplus(-v), pi e^(T/pi) is sigmoid(v)^(1/pi). pi in (0, 1), else ValueError.
    """
    if not 0 < pi < 1:
        raise ValueError(f"pi is the weight of p, strictly between 0 and 1; got {pi}")
    rest = 1 - pi

    def f(u: Tensor) -> Tensor:
        return pi * u * u.log() - (rest + pi * u) * torch.log(rest + pi * u)

    def conjugate(t: Tensor) -> Tensor:
        return rest * (math.log(rest) - torch.log1p(-pi * torch.exp(t / pi)))

    def activation(v: Tensor) -> Tensor:
        return -pi * math.log(pi) - F.softplus(-v)

    def composite(v: Tensor) -> Tensor:
        near = torch.log(-_expm1(-F.softplus(-v.clamp(max=LIMIT)) / pi))
        # past the limit 1 - sigmoid(v)^(1/pi) is e^-v / pi to the last digit
        return rest * (math.log(rest) - torch.where(v <= LIMIT, near, -v - math.log(pi)))

    return FDivergence(f, conjugate, activation, composite, quantity=f"JSD weighted by pi={pi}")


# Each row: f(u); f*(t); T of a logit v; f*(T of v).
F_DIVERGENCES: dict[str, FDivergence] = {
    "total-variation": FDivergence(  # f* = t for abs(t) <= 1/2
        lambda u: (u - 1).abs() / 2,
        lambda t: t.clamp(min=-0.5),
        _half_tanh,
        _half_tanh,
        quantity="TV(p, q) = 1/2 int |p - q|",
    ),
    "kl": FDivergence(
        lambda u: u * u.log(),
        lambda t: torch.exp(t - 1),
        _cap,
        lambda v: torch.exp(_cap(v) - 1),
        quantity="KL(p, q) = int p log p/q",
    ),
    "reverse-kl": FDivergence(  # t < 0
        lambda u: -u.log(),
        lambda t: -1 - torch.log(-t),
        lambda v: -torch.exp(-_cap_low(v)),
        lambda v: -1 + _cap_low(v),
        quantity="KL(q, p) = int q log q/p",
    ),
    # T < -2 would claim p/q < 0: f* is flat there, so such a fake teaches nothing (gradient 0),
    # while such a real is still pushed up by E_p[T].
    "pearson": FDivergence(
        lambda u: (u - 1) ** 2,
        lambda t: t.clamp(min=-2) ** 2 / 4 + t.clamp(min=-2),
        lambda v: v,
        lambda v: v.clamp(min=-2) ** 2 / 4 + v.clamp(min=-2),
        quantity="int (p - q)^2 / q",
    ),
    "neyman": FDivergence(  # t < 1
        lambda u: (1 - u) ** 2 / u,
        lambda t: 2 - 2 * torch.sqrt(1 - t),
        lambda v: -_expm1(-_cap_low(v)),
        lambda v: -2 * _expm1(-_cap_low(v) / 2),
        quantity="int (p - q)^2 / p",
    ),
    "squared-hellinger": FDivergence(  # t < 1
        lambda u: (u.sqrt() - 1) ** 2,
        lambda t: t / (1 - t),
        lambda v: -_expm1(-_cap_low(_cap(v))),
        lambda v: _expm1(_cap_low(_cap(v))),
        quantity="int (sqrt p - sqrt q)^2",
    ),
    "jeffrey": FDivergence(  # f* = w + 1/w + t - 2 with w = W(e^(1-t)), W Lambert's
        lambda u: (u - 1) * u.log(),
        _jeffrey_conjugate,
        _cap,
        lambda v: _jeffrey_conjugate(_cap(v)),
        quantity="KL(p, q) + KL(q, p)",
    ),
    "jensen-shannon": FDivergence(  # t < log 2; D_f = 2 JSD
        lambda u: u * u.log() - (u + 1) * torch.log((u + 1) / 2),
        lambda t: -torch.log(2 - torch.exp(t)),
        lambda v: math.log(2) - F.softplus(-v),
        lambda v: F.softplus(v) - math.log(2),
        multiple=2.0,
        quantity="JSD(p, q), at most log 2; the table's f gives twice that",
    ),
    "weighted-jensen-shannon": weighted_jensen_shannon(),
    "gan-divergence": FDivergence(  # t < 0; D_f = 2 JSD - log 4
        lambda u: u * u.log() - (u + 1) * torch.log(u + 1),
        lambda t: -torch.log(-torch.expm1(t)),
        lambda v: -F.softplus(-v),
        F.softplus,
        quantity="2 JSD(p, q); the table's f gives that - log 4 (its offset)",
    ),
}
