"""Exact optimal transport between two weighted point clouds (solved by POT).

W^p = min over plans P of sum_ij P_ij |x_i - y_j|^p, where P has row sums a and column sums b
(arXiv:1803.00567, section 2.3). Its dual is max sum a u + sum b v over u_i + v_j <= |x_i - y_j|^p;
for p = 1 the optimal u is what the critic of a Wasserstein GAN should learn, up to a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from gansmith.core.arrays import Array as Points
from gansmith.core.arrays import as_matrices
from gansmith.theory.integrands import Array

TOLERANCE = 1e-7  # of the sums of a plan


@dataclass(frozen=True)
class TransportPlan:
    """The optimal plan from one point cloud to another.

    x (n, d), y (m, d): the clouds. a (n,), b (m,): their weights, which sum to 1.
    matrix (n, m): the mass that goes from x_i to y_j. cost: sum_ij matrix_ij |x_i - y_j|^power;
    the Wasserstein distance is its power-th root. u (n,), v (m,): the Kantorovich potentials:
    sum a u + sum b v is the cost, and u_i + v_j <= |x_i - y_j|^power everywhere.
    """

    x: Tensor
    y: Tensor
    a: Array
    b: Array
    power: int
    matrix: Array
    cost: float
    u: Array
    v: Array

    @property
    def distance(self) -> float:
        """W_power, the root of the cost."""
        return max(self.cost, 0.0) ** (1 / self.power)

    def cost_of(self, matrix: Array) -> float:
        """The cost of any other plan (n, m), never below `cost`.

        Raises ValueError for a matrix that is no plan: other sums, or negative entries.
        """
        matrix = np.asarray(matrix, float)
        if matrix.shape != self.matrix.shape:
            raise ValueError(f"a plan here has shape {self.matrix.shape}; got {matrix.shape}")
        wrong = max(np.abs(matrix.sum(1) - self.a).max(), np.abs(matrix.sum(0) - self.b).max())
        if matrix.min() < -TOLERANCE or wrong > TOLERANCE:
            raise ValueError(
                "a plan has no negative entries, rows that sum to a and columns that sum to b; "
                f"got a smallest entry of {matrix.min():.3g} and sums that are off by {wrong:.3g}"
            )
        return float((matrix * _costs(self.x, self.y, self.power)).sum())

    def potential(self) -> Callable[[Tensor], Tensor]:
        """The optimal critic as a function, z (k, d) -> (k,): min_j |z - y_j|^power - v_j.

        It is u at the points of x. For power 1 it is 1-Lipschitz everywhere, and
        E_a[potential(x)] - E_b[potential(y)] = W1.
        """
        v = torch.from_numpy(self.v)

        def critic(z: Tensor) -> Tensor:
            distances = torch.cdist(z.double(), self.y, compute_mode=EXACT)
            return (distances**self.power - v).min(1).values

        return critic

    def plot(self) -> Figure:
        """In one dimension the matrix with its marginals; else lines from x to y, in two."""
        figure = Figure(figsize=(5, 5), layout="constrained")
        return _on_the_line(figure, self) if self.x.shape[1] == 1 else _arrows(figure, self)


EXACT = "donot_use_mm_for_euclid_dist"


def optimal_transport(
    x: Points, y: Points, a: Points | None = None, b: Points | None = None, *, power: int = 1
) -> TransportPlan:
    """The optimal plan from x (n, d) to y (m, d), exactly, by network simplex.

    a, b: weights, positive or 0, scaled to sum 1; uniform when None. power: of the distances.
    2,000 points a side take about a second. Raises ValueError for shapes that do not fit, for
    weights that are negative or all 0, and for a power below 1.
    """
    import ot

    first, second = as_matrices(x, y, "points")
    if power < 1:
        raise ValueError(f"distances are taken to a power of 1 or more; got {power}")
    weights = _weights(a, len(first), "a"), _weights(b, len(second), "b")
    costs = _costs(first, second, power)
    matrix, log = ot.emd(*weights, costs, numItermax=10_000_000, log=True)
    if log["warning"] is not None:
        raise RuntimeError(f"no optimal plan was found: {log['warning']}")
    u, v = np.asarray(log["u"]), np.asarray(log["v"])
    # the potential of a point without weight is free: lower it until it is feasible
    u = np.minimum(u, (costs - v).min(1))
    return TransportPlan(first, second, *weights, power, matrix, float(log["cost"]), u, v)


def _costs(x: Tensor, y: Tensor, power: int) -> Array:
    return np.asarray((torch.cdist(x, y, compute_mode=EXACT) ** power).numpy())


def _weights(given: Points | None, n: int, name: str) -> Array:
    if given is None:
        return np.full(n, 1 / n)
    weights = np.asarray(given, float)
    if weights.shape != (n,):
        raise ValueError(f"{name} has one weight for each of {n} points; got {weights.shape}")
    if not np.isfinite(weights).all() or weights.min() < 0 or weights.sum() == 0:
        raise ValueError(f"weights {name} are 0 or more, and not all 0")
    return weights / weights.sum()


def _on_the_line(figure: Figure, plan: TransportPlan) -> Figure:
    """P as a heat map over sorted points, with its row and column sums on two sides."""
    grid = figure.subplots(2, 2, width_ratios=[1, 3], height_ratios=[3, 1])
    rows, columns = plan.x[:, 0].argsort(), plan.y[:, 0].argsort()
    xs, ys = plan.x[rows, 0].numpy(), plan.y[columns, 0].numpy()
    grid[0, 1].imshow(plan.matrix[rows][:, columns], cmap="Blues", aspect="auto")
    grid[0, 1].set(xticks=[], yticks=[], title=f"cost {plan.cost:.4g}")
    grid[0, 0].barh(range(len(xs)), -plan.a[rows], color="C0")
    grid[0, 0].set(ylim=(len(xs) - 0.5, -0.5), xticks=[], yticks=[], ylabel="from")
    grid[1, 1].bar(range(len(ys)), -plan.b[columns], color="C1")
    grid[1, 1].set(xlim=(-0.5, len(ys) - 0.5), xticks=[], yticks=[], xlabel="to")
    grid[1, 0].axis("off")
    return figure


def _arrows(figure: Figure, plan: TransportPlan) -> Figure:
    axes = figure.subplots()
    x, y = plan.x.numpy(), plan.y.numpy()
    most = plan.matrix.max()
    for i, j in np.argwhere(plan.matrix > 1e-3 * most):
        strength = float(plan.matrix[i, j] / most)
        axes.plot(*zip(x[i, :2], y[j, :2], strict=True), color="0.6", lw=1.5 * strength, zorder=1)
    axes.scatter(x[:, 0], x[:, 1], s=300 * plan.a / plan.a.max() * min(1, 20 / len(x)) + 4)
    axes.scatter(y[:, 0], y[:, 1], s=300 * plan.b / plan.b.max() * min(1, 20 / len(y)) + 4)
    axes.set(title=f"cost {plan.cost:.4g}", aspect="equal")
    return figure
