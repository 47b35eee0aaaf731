"""The state of an optimizer as named tensors, and back, in each parameter's memory format.

Fused kernels walk a parameter and its moments side by side in memory: a contiguous moment
beside a channels-last parameter trains silently wrong. So the state is copied into tensors with
the layout of the parameter.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def state_tensors(
    optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter]
) -> dict[str, Tensor]:
    """The state by "index.name", index being the parameter's place in the list.

    Raises TypeError for state that is neither a tensor nor absent.
    """
    named: dict[str, Tensor] = {}
    for place, parameter in enumerate(parameters):
        for name, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                named[f"{place}.{name}"] = value
            elif value is not None:
                raise TypeError(
                    f"{type(optimizer).__name__} keeps {name!r} as a {type(value).__name__}; only "
                    "optimizers that keep tensors can be resumed"
                )
    return named


def restore_state(
    optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter], named: dict[str, Tensor]
) -> None:
    """Restore the state; what is not named is discarded."""
    optimizer.state.clear()
    for key, saved in named.items():
        place, name = key.split(".", 1)
        parameter = parameters[int(place)]
        if saved.shape == parameter.shape:
            like = torch.empty_like(parameter, dtype=saved.dtype, requires_grad=False)
        else:
            like = torch.empty(saved.shape, dtype=saved.dtype, device=saved.device)
        optimizer.state[parameter][name] = like.copy_(saved)
