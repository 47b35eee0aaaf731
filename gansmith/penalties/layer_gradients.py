"""The layers through which a slope can be computed by hand: linear, or linear in pieces.

Around a sample each is y = A x + b. A step knows `run` (y from x), `pull` (A' d), `push` (A t)
and, where A is made of weights, the gradient of d.(A t) with respect to them. `keep` chooses
what `push` and `weight_gradient` will need of the way back: d arrives at the output y.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize


class Step(Protocol):
    """One layer of a chain, made anew for each slope."""

    @property
    def weight(self) -> Tensor | None: ...
    def run(self, x: Tensor) -> Tensor: ...
    def pull(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor: ...
    def keep(self, d: Tensor, y: Tensor) -> Tensor | None: ...
    def push(self, t: Tensor, kept: Tensor) -> Tensor: ...
    def weight_gradient(self, t: Tensor, kept: Tensor) -> Tensor | None: ...


class Matrix:
    """y = x W' + b on the last axis."""

    def __init__(self, layer: nn.Linear) -> None:
        self.weight, self.bias = layer.weight, layer.bias

    def run(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)

    def pull(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return d @ self.weight

    def keep(self, d: Tensor, y: Tensor) -> Tensor:
        return d

    def push(self, t: Tensor, kept: Tensor) -> Tensor:
        return F.linear(t, self.weight)

    def weight_gradient(self, t: Tensor, kept: Tensor) -> Tensor:
        return kept.reshape(-1, kept.shape[-1]).T @ t.reshape(-1, t.shape[-1])


class Convolution:
    """A zero-padded convolution over one, two or three axes."""

    def __init__(self, layer: nn.Conv1d | nn.Conv2d | nn.Conv3d) -> None:
        if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
            raise ValueError(
                f"has padding {layer.padding!r} of mode {layer.padding_mode!r}; by hand it must be "
                "a number of zeros"
            )
        self.weight, self.bias = layer.weight, layer.bias
        no_output_padding = [0] * len(layer.kernel_size)
        self.form = (
            list(layer.stride), list(layer.padding), list(layer.dilation),
            False, no_output_padding, layer.groups,
        )  # fmt: skip

    def run(self, x: Tensor) -> Tensor:
        return torch.convolution(x, self.weight, self.bias, *self.form)

    def pull(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return self._back(d, x, [True, False, False])[0]

    def keep(self, d: Tensor, y: Tensor) -> Tensor:
        return d

    def push(self, t: Tensor, kept: Tensor) -> Tensor:
        return torch.convolution(t, self.weight, None, *self.form)

    def weight_gradient(self, t: Tensor, kept: Tensor) -> Tensor:
        return self._back(kept, t, [False, True, False])[1]

    def _back(self, d: Tensor, x: Tensor, wanted: list[bool]) -> tuple[Tensor, Tensor, Tensor]:
        # torch.nn.grad has public forms, but they forget the memory format of x.
        back: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(
            d, x, self.weight, None, *self.form, wanted
        )
        return back


class Kink:
    """ReLU or LeakyReLU: slope 1 above 0 and `below` elsewhere, told from the sign of y."""

    weight = None

    def __init__(self, below: float) -> None:
        if below < 0:
            raise ValueError(f"has negative_slope {below}; by hand it must be at least 0")
        self.below = below

    def run(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.below)

    def pull(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return self.push(d, y)

    def keep(self, d: Tensor, y: Tensor) -> Tensor:
        return y

    def push(self, t: Tensor, kept: Tensor) -> Tensor:
        pushed: Tensor = torch.ops.aten.leaky_relu_backward(t, kept, self.below, True)
        return pushed

    def weight_gradient(self, t: Tensor, kept: Tensor) -> None:
        return None


class Fixed:
    """A linear layer without weights; autograd on this layer alone gives its transpose."""

    weight = None

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer

    def run(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x)
        return y

    def pull(self, d: Tensor, x: Tensor, y: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return torch.autograd.grad(self.layer(x), x, d)[0]

    def keep(self, d: Tensor, y: Tensor) -> None:
        return None

    def push(self, t: Tensor, kept: Tensor) -> Tensor:
        return self.run(t)

    def weight_gradient(self, t: Tensor, kept: Tensor) -> None:
        return None


STEPS: dict[type[nn.Module], Callable[..., Step]] = {
    nn.Linear: Matrix,
    nn.Conv1d: Convolution,
    nn.Conv2d: Convolution,
    nn.Conv3d: Convolution,
    nn.ReLU: lambda layer: Kink(0.0),
    nn.LeakyReLU: lambda layer: Kink(layer.negative_slope),
    nn.Flatten: Fixed,
    nn.Unflatten: Fixed,
    nn.Identity: Fixed,
    nn.AvgPool2d: Fixed,
    nn.ZeroPad2d: Fixed,
}


def step(path: str, layer: nn.Module) -> Step:
    """The step of a layer; a parametrised weight is evaluated here, with its graph.

    Raises ValueError naming `path` when the layer cannot be done by hand.
    """
    # The exact type: a child class may compute something else.
    kind = parametrize.type_before_parametrizations(layer)
    if kind not in STEPS:
        known = ", ".join(known.__name__ for known in STEPS)
        raise ValueError(
            f"layer {path!r} is {kind.__name__}; the slope by hand knows {known}: "
            "use penalties.gradient_norm.slope"
        )
    if layer._forward_pre_hooks or layer._forward_hooks:
        raise ValueError(f"layer {path!r} has forward hooks, which the slope by hand would skip")
    try:
        return STEPS[kind](layer)
    except ValueError as error:
        raise ValueError(f"layer {path!r} {error}: use penalties.gradient_norm.slope") from error
