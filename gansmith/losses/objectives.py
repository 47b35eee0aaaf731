"""Adversarial objectives: pairs of losses of D's logits, and the divergence each one estimates.

An objective has two losses to minimise, d(real, fake) for D and g(real, fake) for G, of D's
logits on real and on fake samples; a high logit means real. Logits have any shape (a map counts as
many samples), half precision becomes float32 and float64 stays; each loss is a scalar.

divergence(real, fake) is the estimate of the divergence between data p and fakes q by D's present
loss: a lower bound up to sampling noise, reached by the best D. It is None where there is none.
"""

from __future__ import annotations

import math
from typing import Protocol, runtime_checkable

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.precision import upcast
from gansmith.losses.fdivergence import F_DIVERGENCES
from gansmith.losses.fdivergence import FDivergence as FDivergence


class Objective(Protocol):
    """The five members of an objective; write your own with these."""

    needs_real: bool  # whether g uses D(real)
    batch_coupled: bool  # whether a sample's loss depends on the others of its batch

    def d(self, real: Tensor, fake: Tensor) -> Tensor: ...

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor: ...

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor | None: ...


@runtime_checkable
class Separable(Protocol):
    """An objective whose d is a sum over real and fake logits: d = real_loss + fake_loss.

    So several kinds of negatives can be weighed against the real examples.
    """

    def real_loss(self, real: Tensor) -> Tensor: ...

    def fake_loss(self, fake: Tensor) -> Tensor: ...


class _Sum:
    """d = real_loss + fake_loss."""

    def d(self: Separable, real: Tensor, fake: Tensor) -> Tensor:
        """The mean loss of real logits plus that of fake ones."""
        return self.real_loss(real) + self.fake_loss(fake)


class Minimax(_Sum):
    """The original zero-sum game (arXiv:1406.2661, eq. 1), with D(x) = sigmoid(logit).

    V = E_p[log D] + E_q[log(1 - D)];  d = -V,  g = E_q[log(1 - D)].  Best D: p / (p + q).
    """

    needs_real = False
    batch_coupled = False

    def real_loss(self, real: Tensor) -> Tensor:
        """Binary cross-entropy with label 1."""
        return F.softplus(-upcast(real)).mean()

    def fake_loss(self, fake: Tensor) -> Tensor:
        """Binary cross-entropy with label 0."""
        return F.softplus(upcast(fake)).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """E_q[log(1 - D)]; its derivative in a logit is -D, which vanishes when D is sure."""
        return -F.softplus(upcast(fake)).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """JSD(p, q), from 0 to log 2, as max V = -2 log 2 + 2 JSD."""
        return math.log(2) - self.d(real, fake) / 2


class NonSaturating(Minimax):
    """The heuristic of arXiv:1406.2661, section 3: D as in Minimax, g = -E_q[log D]."""

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """-E_q[log D], cross-entropy with flipped labels; its derivative is -(1 - D)."""
        return F.softplus(-upcast(fake)).mean()


class LeastSquares(_Sum):
    """LSGAN (arXiv:1611.04076, eq. 2): regression to codes a for fake, b for real; G aims at c.

    d = E_p[(D - b)^2] / 2 + E_q[(D - a)^2] / 2,  g = E_q[(D - c)^2] / 2.
    Best D: (b p + a q) / (p + q). With b - c = 1 and b - a = 2, G descends the Pearson
    divergence of p + q and 2 q (eq. 7). The losses rise again beyond their codes: a real
    logit above b is pulled down. a and b must differ, else ValueError.
    """

    needs_real = False
    batch_coupled = False

    def __init__(self, a: float = 0.0, b: float = 1.0, c: float = 1.0) -> None:
        if a == b:
            raise ValueError(f"codes a (fake) and b (real) must differ; both are {a}")
        self.a, self.b, self.c = a, b, c

    def real_loss(self, real: Tensor) -> Tensor:
        """Half the squared distance to the code b."""
        return ((upcast(real) - self.b) ** 2).mean() / 2

    def fake_loss(self, fake: Tensor) -> Tensor:
        """Half the squared distance to the code a."""
        return ((upcast(fake) - self.a) ** 2).mean() / 2

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Half the squared distance of fakes to the code c."""
        return ((upcast(fake) - self.c) ** 2).mean() / 2

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """int (p - q)^2 / (p + q) (triangular discrimination, 0 to 2), for any codes a and b.

        min d = (b - a)^2 / 2 int p q / (p + q), hence 2 - 8 d / (b - a)^2. It is the same
        number as the Pearson divergence of p + q and 2 q, int (2 q - (p + q))^2 / (p + q).
        """
        return 2 - 8 * self.d(real, fake) / (self.b - self.a) ** 2


class Wasserstein(_Sum):
    """WGAN (arXiv:1701.07875, eq. 2-3): d = E_q[D] - E_p[D],  g = -E_q[D].

    Meaningful only under a constraint that makes D 1-Lipschitz.
    """

    needs_real = False
    batch_coupled = False

    def real_loss(self, real: Tensor) -> Tensor:
        """Minus the mean critic value of reals."""
        return -upcast(real).mean()

    def fake_loss(self, fake: Tensor) -> Tensor:
        """The mean critic value of fakes."""
        return upcast(fake).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Minus the mean critic value of fakes."""
        return -upcast(fake).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """W1(p, q) if D is 1-Lipschitz: E_p[D] - E_q[D].

        A gradient penalty of weight lambda lets the gradient norm exceed 1: on a pure shift W the
        value is W (1 + W / (2 lambda)), too high.
        """
        return -self.d(real, fake)


class Hinge(_Sum):
    """Hinge loss (arXiv:1705.02894; arXiv:1802.05957, eq. 16-17).

    d = E_p[max(0, 1 - D)] + E_q[max(0, 1 + D)],  g = -E_q[D].  Best D: sign(p - q).
    """

    needs_real = False
    batch_coupled = False

    def real_loss(self, real: Tensor) -> Tensor:
        """Margin loss: reals should pass +1."""
        return F.relu(1 - upcast(real)).mean()

    def fake_loss(self, fake: Tensor) -> Tensor:
        """Margin loss: fakes should stay below -1."""
        return F.relu(1 + upcast(fake)).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Minus the mean logit of fakes."""
        return -upcast(fake).mean()

    def divergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """TV(p, q) = 1/2 int |p - q|, from 0 to 1, as min d = 2 int min(p, q) = 2 (1 - TV)."""
        return 1 - self.d(real, fake) / 2


class Relativistic:
    """RSGAN (arXiv:1807.00734, eq. 7-8): is this real sample more realistic than this fake one?

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
        return F.softplus(-_paired(_require_real(real), fake)).mean()

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
        """Real samples should score above the average fake, fakes below the average real."""
        real, fake = upcast(real), upcast(fake)
        return F.softplus(fake.mean() - real).mean() + F.softplus(fake - real.mean()).mean()

    def g(self, real: Tensor | None, fake: Tensor) -> Tensor:
        """Fakes should score above the average real, real samples below the average fake."""
        return self.d(fake, _require_real(real))

    def divergence(self, real: Tensor, fake: Tensor) -> None:
        """None: no closed form in p and q, and the mean over a batch biases it."""


def _require_real(real: Tensor | None) -> Tensor:
    if real is None:
        raise ValueError(
            "this g compares fakes with real samples (needs_real is True) but real is None; "
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
