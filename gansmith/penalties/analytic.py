"""The gradient norm of a piecewise-linear critic, with its analytic parameter gradient.

Without biases let D(x) = sum(W_n K_{n-1} W_{n-1} ... K_1 W_1 x), K_k the diagonal matrix of an
activation's derivatives, which is constant around x. Then g = grad_x D = W_1' K_1 ... W_n' 1, and
for a direction v the derivative of v.g with respect to W_k is d_k (outer) t_k: d_k is the gradient
at the output of W_k, t_k the tangent v pushed forward to the input of W_k. With v = g / ||g|| this
is the derivative of the norm. The cost is a forward pass, a backward pass, a second forward pass
and the weight gradients; double backpropagation also propagates zeros through the first pass,
since it cannot know that K has no derivative.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable
from weakref import WeakSet

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from gansmith.core.precision import eager_float32, to_float32
from gansmith.penalties.gradient_norm import Critic, GradientNorm, gradient_norm, per_sample_norm
from gansmith.penalties.layer_gradients import LayerGradient, layer_gradient

# Critics that were compared with autograd once. Nothing is drawn for it, so that a resumed run,
# which compares anew, is still the same run.
COMPARED: WeakSet[Critic] = WeakSet()


@runtime_checkable
class LayeredCritic(Protocol):
    """A critic that applies its `layers` in order; after them only the shape may change."""

    @property
    def layers(self) -> nn.Sequential: ...


def analytic_gradient_norm(critic: Critic, x: Tensor) -> Tensor:
    """||grad_x D(x_i)|| for each sample, as `gradient_norm.gradient_norm`, (B, ...) -> (B,).

    For a penalty: InterpolatedGP(10.0, gradient_norm=analytic_gradient_norm). The critic consists
    of the layers in `layer_gradients.LAYER_GRADIENTS`; weights may be parametrized (spectral
    norm). Biases get no gradient, where autograd may give zeros. It can be differentiated once.
    The first two samples that a critic is given are compared with autograd.

    Raises TypeError for a critic without `layers: nn.Sequential`, ValueError naming the first
    layer of another kind, and for a critic that computes something else than its layers in order.
    """
    x = to_float32(x)
    with eager_float32(x):
        layers = _layers(critic)
        if critic not in COMPARED:
            _compare(critic, layers, x[:2])
            COMPARED.add(critic)
        norm: Tensor = _AnalyticNorm.apply(x, layers, *(layer.weight for layer in layers))
    return norm


def fastest_gradient_norm(critic: Critic) -> GradientNorm:
    """`analytic_gradient_norm` if it supports each layer of the critic, else `gradient_norm`.

    The choice is made once, here: InterpolatedGP(10.0, gradient_norm=fastest_gradient_norm(D)). A
    critic that gets other layers later is refused by `analytic_gradient_norm`.
    """
    try:
        _layers(critic)
    except (TypeError, ValueError):
        return gradient_norm
    return analytic_gradient_norm


def _compare(critic: Critic, layers: list[LayerGradient], x: Tensor) -> None:
    by_layers: Tensor = _AnalyticNorm.apply(x, layers, *(layer.weight for layer in layers))
    by_autograd = gradient_norm(critic, x)
    if not torch.allclose(by_layers, by_autograd, rtol=1e-3, atol=1e-30, equal_nan=True):
        raise ValueError(
            f"the layers of this {type(critic).__name__}, applied in order, have gradient norms of "
            f"{by_layers.tolist()}; the critic itself of {by_autograd.tolist()}: it computes "
            "something else, so use gansmith.penalties.gradient_norm.gradient_norm"
        )


def _layers(critic: Critic) -> list[LayerGradient]:
    """The layers in order; raises TypeError or ValueError as `analytic_gradient_norm`."""
    layers = critic.layers if isinstance(critic, LayeredCritic) else None
    if not isinstance(layers, nn.Sequential):
        raise TypeError(
            "the analytic gradient norm needs a critic with `layers: nn.Sequential`; "
            f"{type(critic).__name__} has none: use gansmith.penalties.gradient_norm.gradient_norm"
        )
    return [layer_gradient(path, layer) for path, layer in _flat(layers, "layers")]


def _flat(layers: nn.Sequential, path: str) -> Iterator[tuple[str, nn.Module]]:
    for name, layer in enumerate(layers):  # named_children() leaves out a layer's second call
        if type(layer) is nn.Sequential:
            yield from _flat(layer, f"{path}.{name}")
        else:
            yield f"{path}.{name}", layer


class _AnalyticNorm(torch.autograd.Function):
    """(x, layers, their weights or None) -> gradient norms (B,); x gets no gradient."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, layers: list[LayerGradient], *weights: Tensor | None
    ) -> Tensor:
        values = [x]
        for layer in layers:
            values.append(layer.forward(values[-1]))
        d = torch.ones_like(values[-1])
        saved: list[Tensor | None] = []
        while layers_left := len(values) - 1:
            layer, y = layers[layers_left - 1], values.pop()  # to free memory
            saved.append(layer.save(d, y))
            d = layer.vjp(d, values[-1], y)
        norm = per_sample_norm(d)
        ctx.layers = layers
        # Weights are saved only so that a change before backward is noticed.
        ctx.save_for_backward(d, norm, *weights, *reversed(saved))
        return norm

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        layers: list[LayerGradient] = ctx.layers
        gradient, norm, *rest = ctx.saved_tensors
        saved = rest[len(layers) :]
        # v = upstream * g / ||g||, and 0 where g is 0, as in autograd
        scale = torch.where(norm > 0, upstream / norm, 0)
        t = gradient * scale.reshape(-1, *[1] * (gradient.ndim - 1))
        gradients: list[Tensor | None] = []
        with torch.autocast(t.device.type, enabled=False):
            for index, layer in enumerate(layers):
                wanted = ctx.needs_input_grad[index + 2]
                gradients.append(layer.weight_gradient(t, saved[index]) if wanted else None)
                t = layer.jvp(t, saved[index])
        return None, None, *gradients
