"""What D's logits are turned into: pairs of losses, and the divergence each one estimates.

An objective has two losses to minimise, d(real, fake) for D and g(real, fake) for G, of D's
logits on real and on fake samples. D high = real. Logits have any shape (a map counts as many
samples), half precision is taken to float32 and float64 stays; every answer is a scalar.

divergence(real, fake) is what D's present loss says about the distance between data p and fakes
q: a lower bound up to sampling noise, reached by the best D. It is None where there is none.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch.nn.functional as F
from torch import Tensor

from gansmith.losses.fdivergence import F_DIVERGENCES, upcast
from gansmith.losses.fdivergence import FDivergence as FDivergence


class Objective(Protocol):
    """What a game needs of an objective; write your own with these five members."""

    needs_real: bool  # does g look at D(real)?
    batch_coupled: bool  # does a sample's loss depend on the others of its batch?

    def d(self, real: Tensor, fake: Tensor) -> Tensor: ...

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor: ...

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor | None: ...


class Minimax:
    """The original zero-sum game (arXiv:1406.2661, eq. 1), with D(x) = sigmoid(logit).

    V = E_p[log D] + E_q[log(1 - D)];  d = -V,  g = E_q[log(1 - D)].  Best D: p / (p + q).
    """

    needs_real = False
    batch_coupled = False

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """Binary cross-entropy with label 1 for real, 0 for fake (the sum of the two means)."""
        return F.softplus(-upcast(real)).mean() + F.softplus(upcast(fake)).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """E_q[log(1 - D)]; its slope in a logit is -D, which vanishes when D is sure."""
        return -F.softplus(upcast(fake)).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """JSD(p, q), from 0 to log 2, as max V = -2 log 2 + 2 JSD."""
        return math.log(2) - self.d(real, fake) / 2


class NonSaturating(Minimax):
    """The heuristic of arXiv:1406.2661, section 3: D as in Minimax, g = -E_q[log D]."""

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """-E_q[log D], cross-entropy with flipped labels; its slope in a logit is -(1 - D)."""
        return F.softplus(-upcast(fake)).mean()


class LeastSquares:
    """LSGAN (arXiv:1611.04076, eq. 2): regression to codes a for fake, b for real; G aims at c.

    d = E_p[(D - b)^2] / 2 + E_q[(D - a)^2] / 2,  g = E_q[(D - c)^2] / 2.
    Best D: (b p + a q) / (p + q). With b - c = 1 and b - a = 2, G descends the Pearson
    divergence of p + q and 2 q (eq. 7). The losses turn round at their codes: a real logit
    above b is pulled down. a and b must differ, else ValueError.
    """

    needs_real = False
    batch_coupled = False

    def __init__(self, a: float = 0.0, b: float = 1.0, c: float = 1.0) -> None:
        if a == b:
            raise ValueError(f"codes a (fake) and b (real) must differ; both are {a}")
        self.a, self.b, self.c = a, b, c

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """Half the squared distance to the codes b (real) and a (fake)."""
        return ((upcast(real) - self.b) ** 2).mean() / 2 + ((upcast(fake) - self.a) ** 2).mean() / 2

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Half the squared distance of fakes to the code c."""
        return ((upcast(fake) - self.c) ** 2).mean() / 2

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """int (p - q)^2 / (p + q) (triangular discrimination, 0 to 2), for any codes a and b.

        min d = (b - a)^2 / 2 int p q / (p + q), hence 2 - 8 d / (b - a)^2. It is the same
        number as the Pearson divergence of p + q and 2 q, int (2 q - (p + q))^2 / (p + q).
        """
        return 2 - 8 * self.d(real, fake) / (self.b - self.a) ** 2


class Wasserstein:
    """WGAN (arXiv:1701.07875, eq. 2-3): d = E_q[D] - E_p[D],  g = -E_q[D].

    Says something only under a constraint that makes D 1-Lipschitz.
    """

    needs_real = False
    batch_coupled = False

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """Mean critic value of fakes minus that of reals."""
        return upcast(fake).mean() - upcast(real).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Minus the mean critic value of fakes."""
        return -upcast(fake).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """W1(p, q) if D is 1-Lipschitz: E_p[D] - E_q[D].

        A gradient penalty of weight lambda lets the slope pass 1: on a pure shift W the value
        is W (1 + W / (2 lambda)), so it over-reads.
        """
        return -self.d(real, fake)


class Hinge:
    """Hinge loss (arXiv:1705.02894; arXiv:1802.05957, eq. 16-17).

    d = E_p[max(0, 1 - D)] + E_q[max(0, 1 + D)],  g = -E_q[D].  Best D: sign(p - q).
    """

    needs_real = False
    batch_coupled = False

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """Margin loss: reals should pass +1, fakes -1."""
        return F.relu(1 - upcast(real)).mean() + F.relu(1 + upcast(fake)).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Minus the mean logit of fakes."""
        return -upcast(fake).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """TV(p, q) = 1/2 int |p - q|, from 0 to 1, as min d = 2 int min(p, q) = 2 (1 - TV)."""
        return 1 - self.d(real, fake) / 2


class Relativistic:
    """RSGAN (arXiv:1807.00734, eq. 7-8): is this real more realistic than this fake?

    d = -E[log sigmoid(D(x) - D(y))],  g = -E[log sigmoid(D(y) - D(x))],  x real, y fake, in
    pairs. ValueError where their shapes differ or, for g, where real is None.
    """

    needs_real = True
    batch_coupled = False

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """Cross-entropy of "the real one scores higher", pair by pair."""
        return F.softplus(_paired(real, fake)).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Cross-entropy of "the fake one scores higher", pair by pair."""
        return F.softplus(-_paired(_given(real), fake)).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> None:
        """None: its supremum over D is a divergence without a closed form in p and q."""


class RelativisticAverage:
    """RaSGAN (arXiv:1807.00734, section 4): each sample against the mean of the other kind.

    r = D(x) - E_q[D],  s = D(y) - E_p[D];  d = -E_p[log sigmoid(r)] - E_q[log(1 - sigmoid(s))],
    g the same with p and q swapped. The mean couples the batch; of a map it is taken over all
    positions. The two batches may differ in size. ValueError for g where real is None.
    """

    needs_real = True
    batch_coupled = True

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """Reals should beat the average fake, fakes lose to the average real."""
        real, fake = upcast(real), upcast(fake)
        return F.softplus(fake.mean() - real).mean() + F.softplus(fake - real.mean()).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Fakes should beat the average real, reals lose to the average fake."""
        return self.d(fake, _given(real))

    def divergence(self, real: Tensor, fake: Tensor) -> None:
        """None: no closed form in p and q, and a batch's mean makes it biased besides."""


def _given(real: Tensor | None) -> Tensor:
    if real is None:
        raise ValueError(
            "this g compares fakes with reals (needs_real is True) but real is None; "
            "pass D's logits on real samples as the first argument"
        )
    return real


def _paired(real: Tensor, fake: Tensor) -> Tensor:
    if real.shape != fake.shape:
        raise ValueError(
            f"reals and fakes are compared in pairs and need one shape; got {tuple(real.shape)} "
            f"and {tuple(fake.shape)}: draw as many of each, or use 'relativistic-average'"
        )
    return upcast(fake) - upcast(real)


OBJECTIVES: dict[str, Objective] = {
    "minimax": Minimax(),
    "non-saturating": NonSaturating(),
    "least-squares": LeastSquares(),
    "wasserstein": Wasserstein(),
    "hinge": Hinge(),
    "relativistic": Relativistic(),
    "relativistic-average": RelativisticAverage(),
    **F_DIVERGENCES,
}
