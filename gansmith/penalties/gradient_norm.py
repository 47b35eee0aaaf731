"""How steep a critic is: the norm of its input gradient, one number per sample.

A slope is a function (critic, x) -> (B,) norms that can be differentiated with respect to
the critic's parameters. `slope` here works for any critic; `gansmith.penalties.analytic` holds a
faster one for piecewise-linear critics. Penalties take either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

Critic = Callable[..., Tensor]
Slope = Callable[[Critic, Tensor], Tensor]


@contextmanager
def plainly(x: Tensor) -> Iterator[None]:
    """Run without autocast and without compiled code, with gradients recorded.

    In bfloat16 a penalty's parameter gradient is off by 4e-3, and compiled code cannot be
    differentiated twice. Players that were compiled in place run eagerly inside.
    """
    eager = torch.compiler.set_stance("force_eager")
    with eager, torch.autocast(x.device.type, enabled=False), torch.enable_grad():
        yield


def full(x: Tensor) -> Tensor:
    """x cut from its graph, in float32; float64 stays float64.

    Raises TypeError when x is not of a floating type: nothing can be differentiated there.
    """
    if not x.is_floating_point():
        raise TypeError(
            f"a slope is taken at floating-point samples; got {x.dtype}: convert uint8 pictures "
            "to float32 in [-1, 1] first"
        )
    return x.detach().to(torch.promote_types(x.dtype, torch.float32))


def refuse_batch_norm(critic: Critic) -> None:
    """Raise ValueError naming the first layer of a critic that mixes the samples of a batch.

    The gradient of D(x_i) with respect to x_i alone is no longer what is computed when the
    other samples of the batch enter D(x_i) through batch statistics. A batch norm that runs
    on its stored statistics (eval mode) is one function per sample and passes.
    """
    if not isinstance(critic, nn.Module):
        return
    for path, module in critic.named_modules():
        if isinstance(module, _BatchNorm) and (module.training or not module.track_running_stats):
            raise ValueError(
                f"layer {path!r} of the critic is {type(module).__name__}: a penalty per sample "
                "needs a critic that treats samples apart; use instance, layer or no norm"
            )


def norms(gradient: Tensor) -> Tensor:
    """The Euclidean norm over all axes but the first, (B, ...) -> (B,).

    At a zero gradient the derivative taken is 0, never NaN.
    """
    if gradient.ndim == 1:
        return gradient.abs()
    norm: Tensor = torch.linalg.vector_norm(gradient, dim=tuple(range(1, gradient.ndim)))
    return norm


def slope(critic: Critic, x: Tensor) -> Tensor:
    """||grad_x D(x_i)|| for each sample, with the graph to D's parameters, (B, ...) -> (B,).

    A map (B, 1, h, w) is summed over its places first. x is a leaf: no gradient leaves
    through it. Computed in float32 (float64 stays), eagerly, whatever runs outside.
    Raises ValueError for a critic with batch norm or one that does not keep the batch axis.
    """
    refuse_batch_norm(critic)
    x = full(x).requires_grad_()
    with plainly(x):
        logit = critic(x)
        if logit.ndim == 0 or len(logit) != len(x):
            raise ValueError(
                f"a critic gives (B,) logits or a map (B, 1, h, w) for B = {len(x)} samples; "
                f"got shape {tuple(logit.shape)}"
            )
        (gradient,) = torch.autograd.grad(logit.sum(), x, create_graph=True)
        return norms(gradient)


def drawn(noise: Tensor | None, real: Tensor, width: int) -> Tensor:
    """The random numbers of a penalty, (B, width), in full precision, where the samples are.

    Raises ValueError when they are missing or of another shape.
    """
    if noise is None or noise.shape != (len(real), width):
        got = "None" if noise is None else tuple(noise.shape)
        raise ValueError(
            f"this penalty needs noise of shape {(len(real), width)}; got {got}: "
            "make it with penalty.draw(real, rng)"
        )
    return noise.to(real.device, torch.promote_types(real.dtype, torch.float32))
