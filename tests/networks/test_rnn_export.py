import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.networks import RNNGenerator
from gansmith.networks.rnn_export import ExportableRNN


def writer(ends: bool) -> RNNGenerator:
    torch.manual_seed(0)
    return RNNGenerator(9, 6, 5, 7, ends=ends, std=1.0).requires_grad_(False)


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("rows", [1, 700])
def test_it_writes_what_the_writer_writes(ends: bool, rows: int) -> None:
    known = writer(ends)
    u = Rng(1).uniform(rows, 6)
    tokens = ExportableRNN(known)(u)
    assert tokens.dtype == torch.int64
    assert torch.equal(tokens, known.sample(u))


def test_an_end_fills_the_sentence_up() -> None:
    tokens = ExportableRNN(writer(ends=True))(Rng(2).uniform(300, 6))
    after = (tokens == 0).cumsum(1).roll(1, 1)[:, 1:] > 0
    assert after.any()
    assert not tokens[:, 1:][after].any()


def test_the_largest_uniform_draws_a_symbol_that_there_is() -> None:
    largest = torch.full((50, 6), 1 - 2**-24)
    tokens = ExportableRNN(writer(ends=False))(largest)
    assert int(tokens.max()) <= 8


def test_its_weights_are_the_writer_s() -> None:
    known = writer(ends=True)
    own = ExportableRNN(known).state_dict()
    assert own.keys() == known.state_dict().keys()
    for name, tensor in known.state_dict().items():
        assert own[name].data_ptr() == tensor.data_ptr()
