"""The slope of a piecewise-linear critic, with its parameter gradient derived by hand.

Leave biases out and let D(x) = sum(W_n K_{n-1} W_{n-1} ... K_1 W_1 x), K_k the diagonal of the
slopes of an activation, which does not change around x. Then g = grad_x D = W_1' K_1 ... W_n' 1,
and for a direction v the derivative of v.g with respect to W_k is d_k (outer) t_k: d_k is what
arrives at the output of W_k on the way back, t_k is v pushed forward to the input of W_k. With
v = g / ||g|| this is the derivative of the slope. So it costs a pass forward, one back, one
forward again and the weight gradients; the general way also sends zeros back through the first
pass, because it cannot know that K has no derivative.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from gansmith.penalties.gradient_norm import Critic, Slope, full, norms, plainly, slope
from gansmith.penalties.layer_gradients import Step, step


@runtime_checkable
class Chain(Protocol):
    """A critic that is its `layers` in a row; after them only the shape may change."""

    @property
    def layers(self) -> nn.Sequential: ...


def slope_by_hand(critic: Critic, x: Tensor) -> Tensor:
    """||grad_x D(x_i)|| for each sample, as `gradient_norm.slope`, (B, ...) -> (B,).

    To be handed to a penalty: Interpolated(10.0, slope=slope_by_hand). For critics that are a
    chain of the layers in `linear_steps.STEPS`; weights may be parametrised (spectral
    norm). Biases get no gradient, where autograd may give zeros. It can be differentiated once.

    Raises TypeError for a critic without `layers: nn.Sequential`, ValueError naming the first
    layer that is not of a kind that can be done by hand.
    """
    x = full(x)
    with plainly(x):
        steps = _steps(critic)
        norm: Tensor = _Slope.apply(x, steps, *(s.weight for s in steps))
    return norm


def fastest(critic: Critic) -> Slope:
    """`slope_by_hand` if each layer that the critic has now can be done by hand, else `slope`.

    The choice is made once, here: Interpolated(10.0, slope=fastest(D)). A critic that is given
    other layers later is refused by `slope_by_hand` by name, not computed in another way.
    """
    try:
        _steps(critic)
    except (TypeError, ValueError):
        return slope
    return slope_by_hand


def _steps(critic: Critic) -> list[Step]:
    """The steps of a chain; raises TypeError or ValueError as `slope_by_hand` says."""
    layers = critic.layers if isinstance(critic, Chain) else None
    if not isinstance(layers, nn.Sequential):
        raise TypeError(
            "the slope by hand needs a critic with `layers: nn.Sequential`; "
            f"{type(critic).__name__} has none: use gansmith.penalties.gradient_norm.slope"
        )
    return [step(path, layer) for path, layer in _flat(layers, "layers")]


def _flat(layers: nn.Sequential, path: str) -> Iterator[tuple[str, nn.Module]]:
    for name, layer in layers.named_children():
        if type(layer) is nn.Sequential:
            yield from _flat(layer, f"{path}.{name}")
        else:
            yield f"{path}.{name}", layer


class _Slope(torch.autograd.Function):
    """(x, steps, their weights or None) -> slopes (B,); x gets no gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, steps: list[Step], *weights: Tensor | None) -> Tensor:
        values = [x]
        for s in steps:
            values.append(s.run(values[-1]))
        d = torch.ones_like(values[-1])
        kept: list[Tensor | None] = []
        while steps_left := len(values) - 1:
            s, y = steps[steps_left - 1], values.pop()  # dropped on the way, to free memory
            kept.append(s.keep(d, y))
            d = s.pull(d, values[-1], y)
        norm = norms(d)
        ctx.steps = steps
        # Weights are saved only so that a change before backward is noticed.
        ctx.save_for_backward(d, norm, *weights, *reversed(kept))
        return norm

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        steps: list[Step] = ctx.steps
        gradient, norm, *rest = ctx.saved_tensors
        kept = rest[len(steps) :]
        # v = upstream * g / ||g||, and 0 where g is: the choice that autograd makes too.
        scale = torch.where(norm > 0, upstream / norm, 0)
        t = gradient * scale.reshape(-1, *[1] * (gradient.ndim - 1))
        gradients: list[Tensor | None] = []
        with torch.autocast(t.device.type, enabled=False):
            for index, s in enumerate(steps):
                wanted = ctx.needs_input_grad[index + 2]
                gradients.append(s.weight_gradient(t, kept[index]) if wanted else None)
                t = s.push(t, kept[index])
        return None, None, *gradients
