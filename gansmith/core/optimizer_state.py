"""An optimiser's state as named tensors, and back, in each parameter's memory format.

Fused kernels walk a parameter and its moments side by side in memory: a contiguous moment
beside a channels-last parameter trains silently wrong. So state is copied into tensors laid
out as the parameter is.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def tensors(optimiser: torch.optim.Optimizer, parameters: list[nn.Parameter]) -> dict[str, Tensor]:
    """The state by "index.name", index being the parameter's place in the list.

    Raises TypeError for state that is neither a tensor nor absent.
    """
    named: dict[str, Tensor] = {}
    for place, parameter in enumerate(parameters):
        for name, value in optimiser.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                named[f"{place}.{name}"] = value
            elif value is not None:
                raise TypeError(
                    f"{type(optimiser).__name__} keeps {name!r} as a {type(value).__name__}; only "
                    "optimisers that keep tensors can be resumed"
                )
    return named


def restore(
    optimiser: torch.optim.Optimizer, parameters: list[nn.Parameter], named: dict[str, Tensor]
) -> None:
    """Put the state back; what is not named is forgotten."""
    optimiser.state.clear()
    for key, saved in named.items():
        place, name = key.split(".", 1)
        parameter = parameters[int(place)]
        if saved.shape == parameter.shape:
            like = torch.empty_like(parameter, dtype=saved.dtype, requires_grad=False)
        else:
            like = torch.empty(saved.shape, dtype=saved.dtype, device=saved.device)
        optimiser.state[parameter][name] = like.copy_(saved)
