"""The consistency term of CT-GAN: dropout must change a critic's output little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.precision import eager_float32, to_float32
from gansmith.core.rng import Rng
from gansmith.penalties.gradient_norm import Critic, check_noise, refuse_batch_norm


@runtime_checkable
class StochasticCritic(Protocol):
    """A critic with dropout whose random numbers are passed in.

    noise_size: how many uniform numbers in [0, 1) one sample needs.
    critic(x, noise=u): logits; u is (B, noise_size). Without noise nothing is dropped.
    critic.features(x, noise=u): (logits, last hidden layer of shape (B, ...)).
    A unit is kept where its number is at least the dropout rate, and then scaled by
    1 / (1 - rate), as in ordinary dropout.
    """

    noise_size: int

    def __call__(self, x: Tensor, noise: Tensor | None = None) -> Tensor: ...
    def features(self, x: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]: ...


@dataclass(frozen=True)
class Consistency:
    """Two dropout masks give similar outputs: CT-GAN, arXiv:1803.01541, equations 4 and 5.

    weight * mean_i max(0, d(D(x'), D(x'')) + hidden * d(D_(x'), D_(x'')) - margin), x' and x''
    the same real sample under two dropout masks and D_ the last hidden layer. Here d is the mean
    over a sample of squared differences, so `margin` does not depend on the layer's width.

    noise_size: that of the critic, which `draw` does not get: Consistency(noise_size=D.noise_size).
    Raises TypeError for a critic that is no `StochasticCritic`, ValueError when the sizes differ,
    when the critic has batch norm, and when noise_size is below 1 as the term is used.
    """

    weight: float = 2.0
    hidden: float = 0.1
    margin: float = 0.0
    noise_size: int = 0
    batch_coupled: ClassVar[bool] = False

    def noise_width(self, real: Tensor) -> int:
        return 2 * self.noise_size

    def draw(self, real: Tensor, rng: Rng) -> Tensor:
        """Uniform numbers in [0, 1), (B, 2 noise_size): one half for each mask."""
        return rng.uniform(len(real), self.noise_width(real))

    def __call__(self, critic: Critic, real: Tensor, fake: Tensor, noise: Tensor | None) -> Tensor:
        critic = self._accepted(critic)
        real = to_float32(real)
        first, second = check_noise(noise, real, self.noise_width(real)).chunk(2, 1)
        with eager_float32(real):
            logit_1, hidden_1 = critic.features(real, noise=first)
            logit_2, hidden_2 = critic.features(real, noise=second)
        apart = _distance(logit_1, logit_2) + self.hidden * _distance(hidden_1, hidden_2)
        return self.weight * F.relu(apart - self.margin).mean()

    def _accepted(self, critic: Critic) -> StochasticCritic:
        if not isinstance(critic, StochasticCritic):
            raise TypeError(
                "the consistency term needs a critic with `noise_size` and "
                "`features(x, noise=u) -> (logit, last hidden layer)`; "
                f"{type(critic).__name__} lacks one"
            )
        if critic.noise_size != self.noise_size or self.noise_size < 1:
            raise ValueError(
                f"the critic uses {critic.noise_size} random numbers a sample and the term draws "
                f"{self.noise_size}: pass noise_size=critic.noise_size, which must be at least 1"
            )
        refuse_batch_norm(critic)
        return critic


def _distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean of squared differences over all axes but the first, (B, ...) -> (B,)."""
    return (a - b).square().reshape(len(a), -1).mean(1)
