"""Encoders of conditions: every kind to one vector, that says what was asked and nothing else."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.condition import Condition, ConditionError, ConditionKind
from gansmith.networks.conditions import ENCODERS, condition_encoder

WIDTH = 12
CONDITIONS: dict[str, tuple[Condition, Tensor]] = {
    "class": (Condition("class", ("a", "b", "c")), torch.tensor([0, 1, 2, 1])),
    "label-set": (
        Condition("label-set", ("a", "b")),
        torch.tensor([[0.0, 1], [1, 1], [0, 0], [1, 0]]),
    ),
    "attributes": (Condition("attributes", ("a", "b")), Rng(1).normal(4, 2)),
    "sentence": (
        Condition("sentence", vocab=9, length=5),
        torch.tensor([[1, 2, 3, 0, 0], [4, 0, 0, 0, 0], [1, 2, 3, 4, 5], [8, 7, 0, 0, 0]]),
    ),
    "embedding": (Condition("embedding", width=6), Rng(4).normal(4, 6)),
    "log-mel": (Condition("log-mel", channels=1, height=8, width=20), Rng(2).normal(4, 1, 8, 20)),
    "waveform": (Condition("waveform", length=1024), Rng(5).normal(4, 1024)),
    "image": (Condition("image", channels=3, height=16, width=16), Rng(3).normal(4, 3, 16, 16)),
    "clip": (
        Condition("clip", channels=6, height=16, width=16, frames=2),
        Rng(6).normal(4, 6, 16, 16),
    ),
}


def made(kind: str) -> tuple[torch.nn.Module, Tensor]:
    torch.manual_seed(0)
    condition, given = CONDITIONS[kind]
    return condition_encoder(condition, WIDTH).double().eval(), (
        given.double() if given.is_floating_point() else given
    )


def test_every_kind_has_an_encoder() -> None:
    likeness = {"references"}  # looked at by a player of its own
    assert set(ENCODERS) == set(get_args(ConditionKind)) - likeness == set(CONDITIONS)
    with pytest.raises(ConditionError, match="a condition is one of class, .*got 'smell'"):
        Condition("smell")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", CONDITIONS)
def test_a_vector_of_about_unit_size_for_each_example(kind: str) -> None:
    net, given = made(kind)
    code = net.train()(given)  # a norm over the batch, as sounds have, is itself in training
    assert code.shape == (4, WIDTH)
    assert 0.5 < float(code.detach().square().mean().sqrt()) < 2
    code = net.eval()(given)
    for row in range(4):  # an example says nothing about another
        torch.testing.assert_close(net(given[row : row + 1]), code[row : row + 1])
    differ = code.unsqueeze(0) - code.unsqueeze(1)
    same = (given.flatten(1) if given.dim() > 1 else given[:, None]).double()
    equal = torch.cdist(same, same) == 0
    assert ((differ.abs().amax(2) < 1e-9) == equal).all()


def sentence_code(tokens: list[int], length: int = 8) -> Tensor:
    torch.manual_seed(0)
    net = condition_encoder(Condition("sentence", vocab=9, length=8), WIDTH).double()
    row = torch.zeros(1, length, dtype=torch.int64)
    row[0, : len(tokens)] = torch.tensor(tokens)
    return net(row)


@pytest.mark.parametrize("tokens", [[3], [1, 2], [1, 2, 3, 4]])
def test_a_sentence_is_the_same_however_far_it_is_filled_up(tokens: list[int]) -> None:
    wanted = sentence_code(tokens, len(tokens))
    for length in (len(tokens) + 1, 8, 30):
        torch.testing.assert_close(sentence_code(tokens, length), wanted)


def test_the_order_of_words_is_seen() -> None:
    one, other = sentence_code([1, 2, 3, 4]), sentence_code([3, 2, 1, 4])  # red box on blue ball
    assert float((one - other).detach().abs().max()) > 1e-3


def test_a_sound_may_be_of_any_length_and_a_repetition_sounds_alike() -> None:
    torch.manual_seed(0)
    net = (
        condition_encoder(Condition("log-mel", channels=1, height=8, width=20), WIDTH)
        .double()
        .eval()
    )
    for frames in (1, 3, 20, 117):
        assert net(Rng(1).normal(2, 1, 8, frames).double()).shape == (2, WIDTH)
    steady = Rng(2).normal(1, 1, 8, 1).double()
    short, long = (net(steady.expand(1, 1, 8, frames)) for frames in (400, 800))
    torch.testing.assert_close(short, long, atol=0.05, rtol=0)


def test_loudness_is_heard() -> None:
    net, sound = made("log-mel")
    assert float((net(sound) - net(sound + 0.3)).detach().abs().max()) > 0.01
