"""Entropic optimal transport between batches, and the minibatch energy distance of OT-GAN."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.precision import upcast


@torch.no_grad()
def sinkhorn(cost: Tensor, epsilon: float, iterations: int) -> Tensor:
    """The plan that moves one uniform point cloud to another at least cost plus an entropy term.

    min over P of sum P c + epsilon sum P log P, with rows of P that sum to 1 / n and columns
    that sum to 1 / m (arXiv:1306.0895). P = exp(f + g - c / epsilon); f and g are found in turn,
    in logarithms, so that no epsilon under- or overflows. After a fixed number of iterations the
    column sums are exact, the row sums only as far as it has converged: the smaller epsilon is
    relative to the costs, the more iterations it takes.

    cost: (..., n, m), several problems at once. No gradient goes through the plan: at the optimal
    plan it is 0 (the envelope theorem).
    Returns plans (..., n, m) in float32, float64 stays. Raises ValueError when epsilon is not
    above 0 or there is no iteration.
    """
    if not epsilon > 0 or iterations < 1:
        raise ValueError(
            "transport takes an epsilon above 0 and at least one iteration; got "
            f"{epsilon} and {iterations}"
        )
    n, m = cost.shape[-2:]
    kernel = upcast(cost) / -epsilon
    g = kernel.new_zeros(())
    for _ in range(iterations):
        f = -math.log(n) - (kernel + g).logsumexp(-1, keepdim=True)
        g = -math.log(m) - (kernel + f).logsumexp(-2, keepdim=True)
    return (kernel + f + g).exp()


def cosine_cost(v: Tensor, w: Tensor) -> Tensor:
    """c(v_i, w_j) = 1 - v_i . w_j / (||v_i|| ||w_j||), from 0 to 2 (arXiv:1803.05573, section 3).

    v (..., n, F), w (..., m, F) -> (..., n, m), in full precision also under autocast.
    """
    with torch.autocast(v.device.type, enabled=False):
        v, w = F.normalize(upcast(v), dim=-1), F.normalize(upcast(w), dim=-1)
        return 1 - v @ w.transpose(-1, -2)


class MinibatchEnergy:
    """The energy distance of OT-GAN, from two independent halves of each batch.

    D^2 = W(X, Y) + W(X, Y') + W(X', Y) + W(X', Y') - 2 W(X, X') - 2 W(Y, Y')

    with W(X, Y) = sum P c the cost of the Sinkhorn plan P (arXiv:1803.05573, Algorithm 1). In
    expectation it is 0 where the distributions are the same; the value for one batch may be
    negative.

    epsilon, iterations: of `sinkhorn`.
    Call: embeddings real (2n, F), fake (2n, F) -> scalar. Raises ValueError for an odd number.
    """

    batch_coupled = True

    def __init__(self, epsilon: float, iterations: int) -> None:
        self.epsilon, self.iterations = epsilon, iterations

    def __call__(self, real: Tensor, fake: Tensor) -> Tensor:
        if len(real) != len(fake) or len(real) % 2:
            raise ValueError(
                "a minibatch energy distance takes as many fakes as real examples, an even "
                f"number of each; got {len(real)} real and {len(fake)} fake ones. Choose a batch "
                "that is a multiple of 2 micro-batches times processes"
            )
        (x, x_), (y, y_) = real.chunk(2), fake.chunk(2)
        pairs = ((x, y), (x, y_), (x_, y), (x_, y_), (x, x_), (y, y_))
        one, other = (torch.stack(side) for side in zip(*pairs, strict=True))
        cost = cosine_cost(one, other)  # (6, n, n)
        W = (sinkhorn(cost, self.epsilon, self.iterations) * cost).sum((1, 2))
        return W[:4].sum() - 2 * W[4:].sum()
