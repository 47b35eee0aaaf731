"""Penalties: terms of D's loss that keep the critic smooth.

A penalty is used in two steps, so that a loss stays a deterministic function:
`noise = penalty.draw(real, rng)`, then `penalty(critic, real, fake, noise)`, a weighted scalar in
float32 (float64 for float64 samples). No gradient goes into `real` or `fake`, so none goes into G.
The gradient norm s_i = ||grad_x D(x_i)|| is that of one sample, over all axes but the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.precision import to_float32
from gansmith.core.rng import Rng
from gansmith.penalties.consistency import Consistency
from gansmith.penalties.gradient_norm import Critic, GradientNorm, check_noise, gradient_norm

Cost = Callable[[Tensor], Tensor]


class Penalty(Protocol):
    """A weighted term of D's loss, and its random numbers.

    batch_coupled: whether the term of one sample depends on the others in the batch.
    noise_width(real): how many random numbers a sample needs.
    draw(real, rng): those numbers, (B, noise_width), or None when none are needed.
    """

    @property
    def batch_coupled(self) -> bool: ...
    def noise_width(self, real: Tensor) -> int: ...
    def draw(self, real: Tensor, rng: Rng) -> Tensor | None: ...
    def __call__(
        self, critic: Critic, real: Tensor, fake: Tensor, noise: Tensor | None
    ) -> Tensor: ...


def two_sided(s: Tensor) -> Tensor:
    """(s - 1)^2: norms below 1 cost as much as norms above."""
    return (s - 1).square()


def one_sided(s: Tensor) -> Tensor:
    """max(0, s - 1)^2: only norms above 1 cost."""
    return F.relu(s - 1).square()


def half_square(s: Tensor) -> Tensor:
    """s^2 / 2: every norm above 0 costs."""
    return s.square() / 2


@dataclass(frozen=True)
class GradientPenalty:
    """weight * mean_i cost(s_i), with s_i the gradient norm of the critic at `points`.

    gradient_norm: the function that computes it; `gansmith.penalties.analytic` has a faster one for
    piecewise-linear critics. A subclass chooses the points.
    """

    weight: float = 10.0
    cost: Cost = two_sided
    gradient_norm: GradientNorm = gradient_norm
    batch_coupled: ClassVar[bool] = False

    def noise_width(self, real: Tensor) -> int:
        """How many random numbers a sample needs."""
        return 1

    def draw(self, real: Tensor, rng: Rng) -> Tensor | None:
        """Uniform numbers in [0, 1), (B, noise_width); None when none are needed."""
        width = self.noise_width(real)
        return rng.uniform(len(real), width) if width else None

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        """Where the gradient is taken, (B, ...), from full-precision samples without a graph."""
        raise NotImplementedError

    def __call__(self, critic: Critic, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        x = self.points(to_float32(real), to_float32(fake), noise)
        return self.weight * self.cost(self.gradient_norm(critic, x)).mean()


@dataclass(frozen=True)
class InterpolatedGP(GradientPenalty):
    """Gradient norm 1 between real and fake: WGAN-GP, arXiv:1704.00028, equation 3.

    weight * mean_i (s_i - 1)^2 at x_i = e_i real_i + (1 - e_i) fake_i, e_i uniform on [0, 1).
    With cost `one_sided`: WGAN-LP, arXiv:1709.08894, which ignores norms below 1.
    On a pure shift by W the best critic has gradient norm 1 + W / (2 weight), not 1.
    Raises ValueError when real and fake differ in shape.
    """

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        _same_shape(real, fake)
        return _between(real, fake, check_noise(noise, real, 1))


@dataclass(frozen=True)
class NearestGP(GradientPenalty):
    """Gradient norm 1 between each fake and the nearest real sample of the batch.

    weight * mean_i (s_i - 1)^2 at x_i = e_i real_j(i) + (1 - e_i) fake_i, with j(i) the real
    sample at the least Euclidean distance: the line to an arbitrary real sample crosses regions
    that no fake will reach. Not from a paper.
    Raises ValueError when real and fake differ in shape.
    """

    batch_coupled: ClassVar[bool] = True

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        _same_shape(real, fake)
        # The default uses a rounded matrix form for large batches, which can swap near ties.
        exact = "donot_use_mm_for_euclid_dist"
        flat = real.reshape(len(real), -1), fake.reshape(len(fake), -1)
        nearest = torch.cdist(flat[1], flat[0], compute_mode=exact).argmin(1)
        return _between(real[nearest], fake, check_noise(noise, real, 1))


@dataclass(frozen=True)
class DraganGP(GradientPenalty):
    """Gradient norm 1 around the data: DRAGAN, arXiv:1705.07215.

    weight * mean_i (s_i - 1)^2 at x_i = real_i + scale * n_i, n_i standard normal. `scale` is in
    the units of the samples; 0.25 suits images in [-1, 1]. A constant scale,
    where the paper uses the standard deviation of the batch, keeps its samples independent.
    """

    scale: float = 0.25

    def noise_width(self, real: Tensor) -> int:
        return real[0].numel()

    def draw(self, real: Tensor, rng: Rng) -> Tensor:
        """Standard normal numbers, (B, numbers in a sample)."""
        return rng.normal(len(real), self.noise_width(real))

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        return real + self.scale * check_noise(noise, real, self.noise_width(real)).reshape(
            real.shape
        )


@dataclass(frozen=True)
class R1(GradientPenalty):
    """Gradient norm 0 on real data: weight / 2 * mean_i s_i^2 (arXiv:1801.04406, Eq. 9)."""

    cost: Cost = half_square

    def noise_width(self, real: Tensor) -> int:
        return 0

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        return real


@dataclass(frozen=True)
class R2(R1):
    """Gradient norm 0 on fakes: weight / 2 * mean_i s_i^2 (arXiv:1801.04406, section 4.1)."""

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        return fake


@dataclass(frozen=True)
class NoPenalty:
    """No penalty: zero, without a pass through the critic."""

    batch_coupled: ClassVar[bool] = False

    def noise_width(self, real: Tensor) -> int:
        return 0

    def draw(self, real: Tensor, rng: Rng) -> None:
        return None

    def __call__(self, critic: Critic, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        return to_float32(real).new_zeros(())


@dataclass(frozen=True, init=False)
class PenaltySum:
    """The sum of several penalties; their random numbers are concatenated in `noise`.

    PenaltySum(R1(), R2()) is the penalty of R3GAN (arXiv:2501.05441),
    PenaltySum(InterpolatedGP(), Consistency(...)) that of CT-GAN (arXiv:1803.01541).
    """

    parts: tuple[Penalty, ...]

    def __init__(self, *parts: Penalty) -> None:
        object.__setattr__(self, "parts", parts)

    @property
    def batch_coupled(self) -> bool:
        return any(part.batch_coupled for part in self.parts)

    def noise_width(self, real: Tensor) -> int:
        return sum(part.noise_width(real) for part in self.parts)

    def draw(self, real: Tensor, rng: Rng) -> Tensor | None:
        draws = [noise for part in self.parts if (noise := part.draw(real, rng)) is not None]
        return torch.cat(draws, 1) if draws else None

    def __call__(self, critic: Critic, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        width = self.noise_width(real)
        numbers = check_noise(noise, real, width) if width else None
        total, start = to_float32(real).new_zeros(()), 0
        for part in self.parts:
            stop = start + part.noise_width(real)
            piece = None if numbers is None or stop == start else numbers[:, start:stop]
            total = total + part(critic, real, fake, piece)
            start = stop
        return total


PENALTIES: dict[str, Callable[..., Penalty]] = {
    "none": NoPenalty,
    "interpolated": InterpolatedGP,
    "interpolated-one-sided": partial(InterpolatedGP, cost=one_sided),
    "r1": R1,
    "r2": R2,
    "dragan": DraganGP,
    "consistency": Consistency,
    "nearest": NearestGP,
}


def _same_shape(real: Tensor, fake: Tensor) -> None:
    if real.shape != fake.shape:
        raise ValueError(
            "interpolation needs as many real samples as fakes, in one shape; "
            f"got {tuple(real.shape)} real and {tuple(fake.shape)} fake"
        )


def _between(real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    mix = mix.reshape(-1, *[1] * (real.ndim - 1))
    return mix * real + (1 - mix) * fake
