from __future__ import annotations

import pytest
import torch
from scipy import stats

from gansmith.core.rng import Rng, RowRng


def test_the_same_key_gives_the_same_stream() -> None:
    a, b = Rng(3, 14), Rng(3, 14)
    for draw in ("normal", "uniform"):
        assert getattr(a, draw)(5, 2).equal(getattr(b, draw)(5, 2))
    assert a.integers(9, 20).equal(b.integers(9, 20))
    assert a.permutation(20).equal(b.permutation(20))


def test_every_part_of_the_key_counts_and_so_does_its_place() -> None:
    keys = [(0, 0), (0, 1), (1, 0), (1, 1), (7, 1), (7, 2), (0, 0, 1), (0, 2**31), (2**40, 0)]
    streams = {tuple(Rng(*key).uniform(4).tolist()) for key in keys}
    assert len(streams) == len(keys)


def test_streams_of_neighbouring_draws_are_uncorrelated() -> None:
    x = torch.stack([Rng(0, n).normal(4000) for n in range(20)]).double()
    correlation = torch.corrcoef(x) - torch.eye(20)
    assert float(correlation.abs().max()) < 5 / 4000**0.5


def test_the_global_random_state_neither_matters_nor_moves() -> None:
    torch.manual_seed(1)
    first, before = Rng(5).normal(3), torch.random.get_rng_state()
    torch.manual_seed(2)
    assert Rng(5).normal(3).equal(first)
    torch.manual_seed(1)
    Rng(5).normal(3)
    assert torch.random.get_rng_state().equal(before)


def test_what_a_stream_gave_before_matters() -> None:
    a = Rng(5)
    assert not a.normal(3).equal(a.normal(3))


def test_normal_numbers_are_standard_normal_float32() -> None:
    x = Rng(1).normal(100, 200)
    assert (x.dtype, x.shape, x.device.type) == (torch.float32, (100, 200), "cpu")
    assert stats.kstest(x.flatten().numpy(), "norm").pvalue > 0.01


def test_uniform_numbers_lie_in_zero_to_one_without_one() -> None:
    x = Rng(2).uniform(20_000)
    assert x.dtype == torch.float32
    assert float(x.min()) >= 0
    assert float(x.max()) < 1
    assert stats.kstest(x.numpy(), "uniform").pvalue > 0.01


def test_integers_are_uniform_below_their_bound() -> None:
    x = Rng(3).integers(7, 70, 100)
    assert (x.dtype, x.shape) == (torch.int64, (70, 100))
    counts = x.flatten().bincount()
    assert len(counts) == 7
    assert stats.chisquare(counts.numpy()).pvalue > 0.01


def test_permutations_hold_every_number_once() -> None:
    x = Rng(4).permutation(1000)
    assert x.dtype == torch.int64
    assert x.sort().values.equal(torch.arange(1000))
    assert not x.equal(torch.arange(1000))


@pytest.mark.parametrize("key", [(-1,), (0, -5)])
def test_a_negative_key_is_refused(key: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="integers >= 0; got"):
        Rng(*key)


def test_a_row_s_numbers_do_not_depend_on_how_many_there_are() -> None:
    for draw in ("normal", "uniform"):
        few, many, later = (
            RowRng(3, 1, rows=rows) for rows in (range(5), range(64), range(60, 64))
        )
        for _ in range(2):  # also what is drawn after it
            x, y, z = (getattr(rng, draw)(len(rng.rows), 3, 2) for rng in (few, many, later))
            assert x.equal(y[:5])
            assert z.equal(y[60:])
            assert len(y.flatten().unique()) > 380  # no two rows alike


def test_what_has_no_rows_is_drawn_from_the_common_stream() -> None:
    assert RowRng(3, rows=range(4)).normal(7).equal(Rng(3).normal(7))
    assert RowRng(3, rows=range(4)).uniform(2, 4).equal(Rng(3).uniform(2, 4))
