"""The norm of a critic's input gradient, one number per sample.

A `GradientNorm` is a function (critic, x) -> (B,) norms that can be differentiated with respect to
the critic's parameters. `gradient_norm` works for any critic; `gansmith.penalties.analytic` has a
faster one for piecewise-linear critics. Penalties take either.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gansmith.core.precision import eager_float32, to_float32

Critic = Callable[..., Tensor]
GradientNorm = Callable[[Critic, Tensor], Tensor]


def refuse_batch_norm(critic: Critic) -> None:
    """Raise ValueError naming the first layer of a critic that uses batch statistics.

    With them D(x_i) depends on the other samples of the batch, and the gradient of the sum of
    logits with respect to x_i is not that of D(x_i). A batch norm that uses its stored statistics
    (eval mode) is one function per sample and is accepted.
    """
    if not isinstance(critic, nn.Module):
        return
    for path, module in critic.named_modules():
        if isinstance(module, _BatchNorm) and (module.training or not module.track_running_stats):
            raise ValueError(
                f"layer {path!r} of the critic is {type(module).__name__}: a penalty per sample "
                "needs a critic whose samples are independent; use instance, layer or no norm"
            )


def per_sample_norm(gradient: Tensor) -> Tensor:
    """The Euclidean norm over all axes but the first, (B, ...) -> (B,).

    At a zero gradient its derivative is 0, never NaN.
    """
    if gradient.ndim == 1:
        return gradient.abs()
    norm: Tensor = torch.linalg.vector_norm(gradient, dim=tuple(range(1, gradient.ndim)))
    return norm


def gradient_norm(critic: Critic, x: Tensor) -> Tensor:
    """||grad_x D(x_i)|| for each sample, with the graph to D's parameters, (B, ...) -> (B,).

    A map (B, 1, h, w) is summed over its positions first. No gradient goes into x. Computed in
    float32 (float64 stays), eagerly, whatever the autocast and compilation around it.
    Raises ValueError for a critic with batch norm or one that does not keep the batch axis.
    """
    refuse_batch_norm(critic)
    x = to_float32(x).requires_grad_()
    with eager_float32(x):
        logit = critic(x)
        if logit.ndim == 0 or len(logit) != len(x):
            raise ValueError(
                f"a critic gives (B,) logits or a map (B, 1, h, w) for B = {len(x)} samples; "
                f"got shape {tuple(logit.shape)}"
            )
        (gradient,) = torch.autograd.grad(logit.sum(), x, create_graph=True)
        return per_sample_norm(gradient)


def check_noise(noise: Tensor | None, real: Tensor, width: int) -> Tensor:
    """The random numbers of a penalty, (B, width), in full precision on the samples' device.

    Raises ValueError when they are missing or have another shape.
    """
    if noise is None or noise.shape != (len(real), width):
        got = "None" if noise is None else tuple(noise.shape)
        raise ValueError(
            f"this penalty needs noise of shape {(len(real), width)}; got {got}: "
            "draw it with penalty.draw(real, rng)"
        )
    return noise.to(real.device, torch.promote_types(real.dtype, torch.float32))
