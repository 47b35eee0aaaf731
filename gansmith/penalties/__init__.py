"""What keeps a critic smooth: terms that are added to D's loss.

A penalty is used in two steps, so that a loss stays a deterministic function:
`noise = penalty.draw(real, rng)`, then `penalty(critic, real, fake, noise)`, a weighted scalar
in float32 (float64 for float64 samples). No gradient goes into `real` or `fake`, so none goes
into G. Slopes s_i = ||grad_x D(x_i)|| are taken per sample over all axes but the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.penalties.consistency import Consistency
from gansmith.penalties.gradient_norm import Critic, Slope, drawn, full, slope

Cost = Callable[[Tensor], Tensor]


class Penalty(Protocol):
    """A weighted term, and what is random in it.

    batch_coupled: does the term of one sample depend on the others in the batch?
    width(real): how many random numbers a sample needs.
    draw(real, rng): those numbers, (B, width), or None when the width is 0.
    """

    @property
    def batch_coupled(self) -> bool: ...
    def width(self, real: Tensor) -> int: ...
    def draw(self, real: Tensor, rng: Rng) -> Tensor | None: ...
    def __call__(
        self, critic: Critic, real: Tensor, fake: Tensor, noise: Tensor | None
    ) -> Tensor: ...


def two_sided(s: Tensor) -> Tensor:
    """(s - 1)^2: slopes below 1 cost as slopes above."""
    return (s - 1).square()


def one_sided(s: Tensor) -> Tensor:
    """max(0, s - 1)^2: only slopes above 1 cost."""
    return F.relu(s - 1).square()


def half_square(s: Tensor) -> Tensor:
    """s^2 / 2: every slope costs."""
    return s.square() / 2


@dataclass(frozen=True)
class Sloped:
    """weight * mean_i cost(s_i), with s_i the slope of the critic at `points`.

    slope: how it is computed; `gansmith.penalties.analytic.slope_by_hand` is a faster way for
    piecewise-linear critics. A child says where the points lie.
    """

    weight: float = 10.0
    cost: Cost = two_sided
    slope: Slope = slope
    batch_coupled: ClassVar[bool] = False

    def width(self, real: Tensor) -> int:
        """How many random numbers a sample needs."""
        return 1

    def draw(self, real: Tensor, rng: Rng) -> Tensor | None:
        """What is random, (B, width); uniform on [0, 1)."""
        width = self.width(real)
        return rng.uniform(len(real), width) if width else None

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        """Where the slope is taken, (B, ...), from full-precision samples without a graph."""
        raise NotImplementedError

    def __call__(self, critic: Critic, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        x = self.points(full(real), full(fake), noise)
        return self.weight * self.cost(self.slope(critic, x)).mean()


@dataclass(frozen=True)
class Interpolated(Sloped):
    """Slope 1 between real and fake: WGAN-GP, arXiv:1704.00028, equation 3.

    weight * mean_i (s_i - 1)^2 at x_i = e_i real_i + (1 - e_i) fake_i, e_i uniform on [0, 1).
    With cost `one_sided`: WGAN-LP, arXiv:1709.08894, which leaves slopes below 1 alone.
    On a pure shift by W the best critic has slope 1 + W / (2 weight), not 1.
    Raises ValueError when real and fake differ in shape.
    """

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        _same_shape(real, fake)
        return _between(real, fake, drawn(noise, real, 1))


@dataclass(frozen=True)
class Nearest(Sloped):
    """Slope 1 on the way a fake will go: between each fake and the nearest real of the batch.

    weight * mean_i (s_i - 1)^2 at x_i = e_i real_j(i) + (1 - e_i) fake_i, with j(i) the real
    sample at the least Euclidean distance. From the lecture notes, which argue that the line to
    an arbitrary real sample crosses regions where no fake will pass; no paper is claimed.
    Raises ValueError when real and fake differ in shape.
    """

    batch_coupled: ClassVar[bool] = True

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        _same_shape(real, fake)
        # The default takes a rounded matrix form for large batches, which can swap near ties.
        exact = "donot_use_mm_for_euclid_dist"
        flat = real.reshape(len(real), -1), fake.reshape(len(fake), -1)
        nearest = torch.cdist(flat[1], flat[0], compute_mode=exact).argmin(1)
        return _between(real[nearest], fake, drawn(noise, real, 1))


@dataclass(frozen=True)
class Dragan(Sloped):
    """Slope 1 around the data: DRAGAN, arXiv:1705.07215.

    weight * mean_i (s_i - 1)^2 at x_i = real_i + scale * n_i, n_i standard normal. `scale` is in
    the units of the samples; 0.25 suits pictures in [-1, 1]. A scale fixed beforehand, and not
    taken from the deviation of the batch, keeps the samples of a batch independent.
    """

    scale: float = 0.25

    def width(self, real: Tensor) -> int:
        return real[0].numel()

    def draw(self, real: Tensor, rng: Rng) -> Tensor:
        """Standard normal numbers, (B, numbers in a sample)."""
        return rng.normal(len(real), self.width(real))

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        return real + self.scale * drawn(noise, real, self.width(real)).reshape(real.shape)


@dataclass(frozen=True)
class R1(Sloped):
    """Slope 0 on the data: arXiv:1801.04406, equation 9: weight / 2 * mean_i s_i^2 at real_i."""

    cost: Cost = half_square

    def width(self, real: Tensor) -> int:
        return 0

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        return real


@dataclass(frozen=True)
class R2(R1):
    """Slope 0 on the fakes: arXiv:1801.04406, section 4.1: weight / 2 * mean_i s_i^2 at fake_i."""

    def points(self, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        return fake


@dataclass(frozen=True)
class Absent:
    """No penalty: zero, without a pass through the critic."""

    batch_coupled: ClassVar[bool] = False

    def width(self, real: Tensor) -> int:
        return 0

    def draw(self, real: Tensor, rng: Rng) -> None:
        return None

    def __call__(self, critic: Critic, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        return full(real).new_zeros(())


@dataclass(frozen=True, init=False)
class Sum:
    """Several penalties as one; their numbers lie side by side in `noise`.

    Sum(R1(), R2()) is the penalty of R3GAN (arXiv:2501.05441); Sum(Interpolated(), Consistency())
    that of CT-GAN (arXiv:1803.01541).
    """

    parts: tuple[Penalty, ...]

    def __init__(self, *parts: Penalty) -> None:
        object.__setattr__(self, "parts", parts)

    @property
    def batch_coupled(self) -> bool:
        return any(part.batch_coupled for part in self.parts)

    def width(self, real: Tensor) -> int:
        return sum(part.width(real) for part in self.parts)

    def draw(self, real: Tensor, rng: Rng) -> Tensor | None:
        draws = [noise for part in self.parts if (noise := part.draw(real, rng)) is not None]
        return torch.cat(draws, 1) if draws else None

    def __call__(self, critic: Critic, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        width = self.width(real)
        numbers = drawn(noise, real, width) if width else None
        total, start = full(real).new_zeros(()), 0
        for part in self.parts:
            stop = start + part.width(real)
            piece = None if numbers is None or stop == start else numbers[:, start:stop]
            total = total + part(critic, real, fake, piece)
            start = stop
        return total


PENALTIES: dict[str, Callable[..., Penalty]] = {
    "none": Absent,
    "interpolated": Interpolated,
    "interpolated-one-sided": partial(Interpolated, cost=one_sided),
    "r1": R1,
    "r2": R2,
    "dragan": Dragan,
    "consistency": Consistency,
    "nearest": Nearest,
}


def _same_shape(real: Tensor, fake: Tensor) -> None:
    if real.shape != fake.shape:
        raise ValueError(
            "points between real and fake need as many of one as of the other, in one shape; "
            f"got {tuple(real.shape)} real and {tuple(fake.shape)} fake"
        )


def _between(real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    mix = mix.reshape(-1, *[1] * (real.ndim - 1))
    return mix * real + (1 - mix) * fake
