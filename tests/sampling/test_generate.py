"""What a game makes for a data set: conditions in order, rows as players read them."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor

from gansmith.core.images import to_uint8
from gansmith.core.rng import Rng
from gansmith.data import Condition, DataError, Dataset, open_data
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.transforms.degrade import degrade
from gansmith.sampling.generate import (
    default_conditions,
    domain_pairs,
    generate,
    to_model_input,
    translate,
)


@cache
def images() -> Dataset:
    real = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 1, 8, 8)
    return image_dataset("toy", {"real": real[:4]}, {"real": real[4:]})


@cache
def attributes() -> Dataset:
    rows = Rng(1).normal(6, 2)
    return with_condition(images(), Condition("attributes", ("x", "y")), rows[:4], rows[4:])


class Echo(torch.nn.Module):
    """Generates its condition, samples noise, and translates to the negative."""

    condition_field = "condition"

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        return conditions.float()

    def translate(self, x: Tensor, source: str, target: str) -> Tensor:
        assert (source, target) == ("a", "b")
        return -x


class Noise(torch.nn.Module):
    def sample(self, n: int, rng: Rng) -> Tensor:
        return rng.normal(n, 2)


def test_classes_come_in_turn_and_held_out_conditions_in_their_order() -> None:
    assert default_conditions(open_data("digits"), 12).tolist() == [*range(10), 0, 1]
    held_out = attributes().held_out["condition"]
    assert default_conditions(attributes(), 3).equal(held_out[[0, 1, 0]])
    with pytest.raises(DataError, match="nothing to condition on"):
        default_conditions(images(), 1)


def test_conditions_are_those_of_the_split_that_is_named() -> None:
    for split in ("train", "held_out"):
        conditions = getattr(attributes(), split)["condition"]
        found = generate(Echo(), attributes(), 3, Rng(0), split)
        assert found.tolist() == conditions[torch.arange(3) % len(conditions)].tolist()


def test_an_unconditional_game_is_sampled() -> None:
    assert generate(Noise(), attributes(), 3, Rng(0)).equal(Rng(0).normal(3, 2))


def test_training_conditions_of_degraded_images_are_the_same_each_time() -> None:
    dataset = degrade("noise", images())
    one, other = (dataset.conditions(dataset.train, 3) for _ in range(2))
    assert one.equal(other)
    assert one.shape == (3, 1, 8, 8)


def test_rows_are_fed_as_players_read_them() -> None:
    bytes_ = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1)
    assert to_model_input(bytes_, Echo()).flatten().tolist() == [-1, 1]
    assert to_model_input(torch.ones(2, 3, dtype=torch.int16), Echo()).dtype == torch.int64
    floats = Rng(1).normal(2, 3)
    assert to_model_input(floats, Echo()).equal(floats)


def test_bytes_come_back_from_what_players_are_fed() -> None:
    every = torch.arange(256, dtype=torch.uint8).view(4, 1, 8, 8).expand(4, 3, 8, 8)
    fed = to_model_input(every, Echo())
    assert (fed.dtype, fed.min().item(), fed.max().item()) == (torch.float32, -1.0, 1.0)
    assert to_uint8(fed).equal(every)


def test_rows_are_translated_as_players_read_them() -> None:
    rows = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1)
    assert translate(Echo(), rows, "a", "b").flatten().tolist() == [1, -1]


def test_every_ordered_pair_of_domains_is_a_direction() -> None:
    assert list(domain_pairs(["a", "b"])) == [("a", "b"), ("b", "a")]
    assert len(list(domain_pairs("abcd"))) == 12
