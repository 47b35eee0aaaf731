from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gansmith.core import optimizer_state
from gansmith.core.recipe import adam, rmsprop, sgd

FORMATS = (torch.contiguous_format, torch.channels_last)


def kernel(memory_format: torch.memory_format) -> nn.Parameter:
    generator = torch.Generator().manual_seed(0)
    value = torch.randn(4, 3, 5, 5, generator=generator)
    return nn.Parameter(value.contiguous(memory_format=memory_format))


def pull(optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for p in parameters:
        gradient = torch.randn(p.shape, generator=generator)
        p.grad = torch.empty_like(p).copy_(gradient)
    optimizer.step()


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("make", [adam(0.1, 0.5), rmsprop(0.1), sgd(0.1, 0.9), sgd(0.1)])
def test_a_restored_optimiser_goes_on_bit_for_bit(
    make: object, memory_format: torch.memory_format
) -> None:
    """The state comes back contiguous, as a file gives it, whatever the parameter's layout is."""
    parameters = [kernel(memory_format), nn.Parameter(torch.ones(3))]
    optimizer = make(parameters)  # type: ignore[operator]
    for seed in range(3):
        pull(optimizer, parameters, seed)
    stored = {
        k: v.clone().contiguous()
        for k, v in optimizer_state.state_tensors(optimizer, parameters).items()
    }
    again = [nn.Parameter(p.detach().clone()) for p in parameters]
    assert again[0].is_contiguous(memory_format=memory_format)
    other = make(again)  # type: ignore[operator]
    pull(other, [nn.Parameter(p.detach().clone()) for p in again], 9)
    optimizer_state.restore_state(other, again, stored)
    for seed in range(3, 6):
        pull(optimizer, parameters, seed)
        pull(other, again, seed)
    assert all(a.equal(b) for a, b in zip(parameters, again, strict=True))


@pytest.mark.parametrize("memory_format", FORMATS)
def test_moments_lie_in_memory_as_their_parameter_does(memory_format: torch.memory_format) -> None:
    p = kernel(memory_format)
    stored = {"0.step": torch.tensor(3.0), "0.exp_avg": torch.arange(300.0).view(4, 3, 5, 5)}
    optimizer = adam(0.1)([p])
    optimizer_state.restore_state(optimizer, [p], stored)
    moment = optimizer.state[p]["exp_avg"]
    assert moment.stride() == p.stride()
    assert moment.equal(stored["0.exp_avg"])
    assert moment.data_ptr() != stored["0.exp_avg"].data_ptr()
    assert optimizer.state[p]["step"].equal(torch.tensor(3.0))
    assert not moment.requires_grad


def test_a_contiguous_moment_beside_a_channels_last_parameter_would_be_wrong() -> None:
    """The trap that `restore` is there for: fused Adam pairs the two in memory order."""
    ends = []
    for like in (torch.channels_last, torch.contiguous_format):
        p = kernel(torch.channels_last)
        optimizer = adam(0.1, 0.5)([p])
        pull(optimizer, [p], 0)
        moment = optimizer.state[p]["exp_avg"]
        optimizer.state[p]["exp_avg"] = moment.clone(memory_format=like)
        pull(optimizer, [p], 1)
        ends.append(p.detach().clone())
    assert float((ends[0] - ends[1]).abs().max()) > 0.01


def test_untouched_parameters_have_no_state() -> None:
    parameters = [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))]
    optimizer = adam(0.1)(parameters)
    parameters[1].grad = torch.ones(2)
    optimizer.step()
    names = set(optimizer_state.state_tensors(optimizer, parameters))
    assert names == {"1.step", "1.exp_avg", "1.exp_avg_sq"}


def test_what_is_not_named_is_forgotten() -> None:
    p = nn.Parameter(torch.ones(2))
    optimizer = adam(0.1)([p])
    pull(optimizer, [p], 0)
    optimizer_state.restore_state(optimizer, [p], {})
    assert optimizer_state.state_tensors(optimizer, [p]) == {}


def test_state_that_is_no_tensor_is_refused_by_name() -> None:
    class Counting(torch.optim.SGD):
        def step(self, closure: object = None) -> Tensor | None:  # type: ignore[override]
            for p in self.param_groups[0]["params"]:
                self.state[p]["count"] = 1
            return None

    p = nn.Parameter(torch.ones(2))
    optimizer = Counting([p], 0.1)
    optimizer.step()
    with pytest.raises(TypeError, match="Counting keeps 'count' as a int"):
        optimizer_state.state_tensors(optimizer, [p])
