"""The table of f-divergences as data, and its plot (arXiv:1606.00709, tables 1, 6).

A convex f is the upper envelope of its tangents: f(u) = sup_t (t u - f*(t)), where the tangent of
slope t meets the axis u = 0 at -f*(t). So D_f(p, q) = int q f(p/q) = sup over T of
E_p[T] - E_q[f*(T)], and a discriminator is a choice of one tangent at every x.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure

from gansmith.losses.fdivergence import F_DIVERGENCES
from gansmith.theory.integrands import Array


class Conjugate(NamedTuple):
    """A row of the table.

    f, conjugate, activation: formulas. low, high: the domain of f*, open at infinite values.
    threshold: f'(1), the T that means "as likely real as fake". offset: f(1).
    """

    f: str
    conjugate: str
    activation: str
    low: float
    high: float
    threshold: float = 0.0
    offset: float = 0.0


PI = 0.3
CONJUGATES: dict[str, Conjugate] = {
    "total-variation": Conjugate("|u - 1| / 2", "t", "tanh(v) / 2", -0.5, 0.5),
    "kl": Conjugate("u log u", "exp(t - 1)", "v", -math.inf, math.inf, 1.0),
    "reverse-kl": Conjugate("-log u", "-1 - log(-t)", "-exp(-v)", -math.inf, 0.0, -1.0),
    "pearson": Conjugate("(u - 1)^2", "t^2 / 4 + t for t >= -2, else -1", "v", -math.inf, math.inf),
    "neyman": Conjugate("(1 - u)^2 / u", "2 - 2 sqrt(1 - t)", "1 - exp(-v)", -math.inf, 1.0),
    "squared-hellinger": Conjugate("(sqrt u - 1)^2", "t / (1 - t)", "1 - exp(-v)", -math.inf, 1.0),
    "jeffrey": Conjugate(
        "(u - 1) log u", "w + 1/w + t - 2, w = W(exp(1 - t))", "v", -math.inf, math.inf
    ),
    "jensen-shannon": Conjugate(
        "u log u - (u + 1) log((u + 1) / 2)",
        "-log(2 - exp t)",
        "log 2 - log(1 + exp(-v))",
        -math.inf,
        math.log(2),
    ),
    "weighted-jensen-shannon": Conjugate(
        "pi u log u - (1 - pi + pi u) log(1 - pi + pi u)",
        "(1 - pi) log((1 - pi) / (1 - pi exp(t / pi)))",
        "-pi log pi - log(1 + exp(-v))",
        -math.inf,
        -PI * math.log(PI),
    ),
    "gan-divergence": Conjugate(
        "u log u - (u + 1) log(u + 1)",
        "-log(1 - exp t)",
        "-log(1 + exp(-v))",
        -math.inf,
        0.0,
        -math.log(2),
        -math.log(4),
    ),
}


def f_of(name: str, u: Array) -> Array:
    """f(u) of a row, u > 0. KeyError for an unknown name."""
    return F_DIVERGENCES[name].f(torch.from_numpy(np.asarray(u, float))).numpy()


def conjugate_of(name: str, t: Array) -> Array:
    """f*(t) of a row, t inside its domain."""
    return F_DIVERGENCES[name].conjugate(torch.from_numpy(np.asarray(t, float))).numpy()


def supporting_lines(name: str) -> Figure:
    """Left f and tangents t u - f*(t); right f* and the lines u t - f(u) whose envelope it is."""
    row = CONJUGATES[name]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    u = np.linspace(0.02, 4, 400)
    points = torch.tensor([0.15, 0.4, 1.0, 2.0, 3.2], dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(F_DIVERGENCES[name].f(points).sum(), points)
    for t, at in zip(slopes.tolist(), points.tolist(), strict=True):
        meets = float(conjugate_of(name, np.array(t)))
        left.plot(u, t * u - meets, color="0.7", lw=1)
        left.plot(0, -meets, "o", ms=3, color="C1", clip_on=False)
        left.plot(at, float(f_of(name, np.array(at))), "o", ms=3, color="C0")
    left.plot(u, f_of(name, u), color="C0")
    left.set(title=f"f(u) = {row.f}", xlabel="u = p/q", xlim=(0, 4))
    low, high = max(row.low, -3.0), min(row.high, 3.0)
    t = np.linspace(low + 1e-6, high - 1e-6, 400)
    for at in (0.05, 0.3, 1.0, 2.0, 4.0):
        right.plot(t, at * t - float(f_of(name, np.array(at))), color="0.7", lw=1)
    right.plot(t, conjugate_of(name, t), color="C1")
    right.set(title=f"f*(t) = {row.conjugate}", xlabel="t", xlim=(low, high))
    for axes, values in ((left, f_of(name, u[u > 0.1])), (right, conjugate_of(name, t[5:-5]))):
        room = 0.3 * float(np.ptp(values)) + 0.1
        axes.set_ylim(float(values.min()) - room, min(float(values.max()), 8.0) + room)
    return figure
