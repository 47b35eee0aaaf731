"""The layers of `analytic_gradient_norm`: linear, or piecewise linear.

Around a sample each is y = A x + b. Its `LayerGradient` has `forward` (y from x), `vjp` (A' d),
`jvp` (A t) and, where A has parameters, the gradient of d.(A t) with respect to them. `save`
returns what `jvp` and `weight_gradient` need of the backward pass, in which d is the gradient at y.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize


class LayerGradient(Protocol):
    """One layer of a critic, created anew for each gradient norm."""

    @property
    def weight(self) -> Tensor | None: ...
    def forward(self, x: Tensor) -> Tensor: ...
    def vjp(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor: ...
    def save(self, d: Tensor, y: Tensor) -> Tensor | None: ...
    def jvp(self, t: Tensor, saved: Tensor) -> Tensor: ...
    def weight_gradient(self, t: Tensor, saved: Tensor) -> Tensor | None: ...


class LinearLayer:
    """y = x W' + b on the last axis."""

    def __init__(self, layer: nn.Linear) -> None:
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)

    def vjp(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return d @ self.weight

    def save(self, d: Tensor, y: Tensor) -> Tensor:
        return d

    def jvp(self, t: Tensor, saved: Tensor) -> Tensor:
        return F.linear(t, self.weight)

    def weight_gradient(self, t: Tensor, saved: Tensor) -> Tensor:
        return saved.reshape(-1, saved.shape[-1]).T @ t.reshape(-1, t.shape[-1])


class ConvolutionLayer:
    """A zero-padded convolution over one, two or three axes."""

    def __init__(self, layer: nn.Conv1d | nn.Conv2d | nn.Conv3d) -> None:
        if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
            raise ValueError(
                f"has padding {layer.padding!r} of mode {layer.padding_mode!r}; expected a "
                "number of zeros"
            )
        self.weight, self.bias = layer.weight, layer.bias
        no_output_padding = [0] * len(layer.kernel_size)
        self.options = (
            list(layer.stride), list(layer.padding), list(layer.dilation),
            False, no_output_padding, layer.groups,
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.convolution(x, self.weight, self.bias, *self.options)

    def vjp(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return self._back(d, x, [True, False, False])[0]

    def save(self, d: Tensor, y: Tensor) -> Tensor:
        return d

    def jvp(self, t: Tensor, saved: Tensor) -> Tensor:
        return torch.convolution(t, self.weight, None, *self.options)

    def weight_gradient(self, t: Tensor, saved: Tensor) -> Tensor:
        return self._back(saved, t, [False, True, False])[1]

    def _back(self, d: Tensor, x: Tensor, wanted: list[bool]) -> tuple[Tensor, Tensor, Tensor]:
        # torch.nn.grad has public functions, but they lose the memory format of x.
        back: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(
            d, x, self.weight, None, *self.options, wanted
        )
        return back


class PiecewiseLinear:
    """ReLU or LeakyReLU: derivative 1 above 0, `negative_slope` elsewhere, by the sign of y."""

    weight = None

    def __init__(self, negative_slope: float) -> None:
        if negative_slope < 0:
            raise ValueError(f"has negative_slope {negative_slope}; expected 0 or more")
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.negative_slope)

    def vjp(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return self.jvp(d, y)

    def save(self, d: Tensor, y: Tensor) -> Tensor:
        return y

    def jvp(self, t: Tensor, saved: Tensor) -> Tensor:
        out: Tensor = torch.ops.aten.leaky_relu_backward(t, saved, self.negative_slope, True)
        return out

    def weight_gradient(self, t: Tensor, saved: Tensor) -> None:
        return None


class WeightlessLayer:
    """A linear layer without parameters; autograd of this layer alone gives its transpose."""

    weight = None

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x)
        return y

    def vjp(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return torch.autograd.grad(self.layer(x), x, d)[0]

    def save(self, d: Tensor, y: Tensor) -> None:
        return None

    def jvp(self, t: Tensor, saved: Tensor) -> Tensor:
        return self.forward(t)

    def weight_gradient(self, t: Tensor, saved: Tensor) -> None:
        return None


LAYER_GRADIENTS: dict[type[nn.Module], Callable[..., LayerGradient]] = {
    nn.Linear: LinearLayer,
    nn.Conv1d: ConvolutionLayer,
    nn.Conv2d: ConvolutionLayer,
    nn.Conv3d: ConvolutionLayer,
    nn.ReLU: lambda layer: PiecewiseLinear(0.0),
    nn.LeakyReLU: lambda layer: PiecewiseLinear(layer.negative_slope),
    nn.Flatten: WeightlessLayer,
    nn.Unflatten: WeightlessLayer,
    nn.Identity: WeightlessLayer,
    nn.AvgPool2d: WeightlessLayer,
    nn.ZeroPad2d: WeightlessLayer,
}


def layer_gradient(path: str, layer: nn.Module) -> LayerGradient:
    """The `LayerGradient` of a layer; a parametrized weight is evaluated here, with its graph.

    Raises ValueError naming `path` for a layer of another kind.
    """
    # The exact type: a subclass may compute something else.
    kind = parametrize.type_before_parametrizations(layer)
    if kind not in LAYER_GRADIENTS:
        known = ", ".join(known.__name__ for known in LAYER_GRADIENTS)
        raise ValueError(
            f"layer {path!r} is {kind.__name__}; the analytic gradient norm supports {known}: "
            "use penalties.gradient_norm.gradient_norm"
        )
    if layer._forward_pre_hooks or layer._forward_hooks:
        raise ValueError(f"layer {path!r} has forward hooks, which would be skipped")
    try:
        return LAYER_GRADIENTS[kind](layer)
    except ValueError as error:
        raise ValueError(f"layer {path!r} {error}: use gradient_norm.gradient_norm") from error
