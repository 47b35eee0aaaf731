"""Micro-batches and processes sum in another order; what a game makes of the last bits.

CycleGAN multiplies rounding tenfold a step: its absolute differences have gradients of plus or
minus one, which flip where two values are near each other, and Adam divides by their size.
"""

from __future__ import annotations

import torch
from small import tensors, trainer
from torch import Tensor

NAME, STEPS = "cyclegan-pictures", 8


def players(*, double: bool = False, micro: int = 1, nudge: bool = False) -> dict[str, Tensor]:
    """The players after STEPS steps; nudge: one weight of one player begins a last bit higher."""
    made = trainer(NAME, double=double, micro=micro)
    if nudge:
        weight = made.parameters["Gab"][0]
        weight.view(-1)[0] = torch.nextafter(weight.view(-1)[0], torch.tensor(torch.inf))
    made.fit(STEPS)
    return {k: v for k, v in tensors(made).items() if k.startswith("game.")}


def apart(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    return max(float((a[key] - b[key]).abs().max()) for key in a if a[key].is_floating_point())


def test_two_micro_batches_depart_from_one_no_further_than_a_last_bit_leads() -> None:
    one = players()
    departure, of_a_bit = apart(one, players(micro=2)), apart(one, players(nudge=True))
    assert 1e-6 < departure < 30 * of_a_bit
    # were it the game and not the rounding, float64 would depart as far
    assert apart(players(double=True), players(double=True, micro=2)) < 1e-8 * departure
