from __future__ import annotations

import pytest
import torch
from torch import nn

from gansmith.networks.dcgan import DCGANDiscriminator
from gansmith.networks.minibatch_stddev import MinibatchStd, stddev_head


def test_the_channel_is_the_mean_deviation_of_the_group() -> None:
    x = torch.randn(6, 2, 3, 5, dtype=torch.float64)
    out = MinibatchStd(3)(x)
    assert out.shape == (6, 3, 3, 5)
    assert torch.equal(out[:, :2], x)
    for group in (slice(0, 3), slice(3, 6)):
        expected = x[group].std(0, correction=0).mean()
        torch.testing.assert_close(out[group, 2], expected.expand(3, 3, 5))


def test_groups_are_neighbours() -> None:
    layer, x = MinibatchStd(4), torch.randn(8, 2, 3, 3)
    torch.testing.assert_close(layer(x), torch.cat([layer(x[:4]), layer(x[4:])]))


def test_a_small_batch_is_one_group() -> None:
    x = torch.randn(3, 2, 3, 3)
    torch.testing.assert_close(MinibatchStd(8)(x), MinibatchStd(3)(x))


def test_equal_samples_have_a_finite_gradient() -> None:
    x = torch.ones(4, 2, 3, 3, requires_grad=True)
    MinibatchStd(4)(x).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_gradient() -> None:
    x = torch.randn(4, 2, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(MinibatchStd(2), x)
    assert torch.autograd.gradgradcheck(MinibatchStd(2), x)


def test_it_says_that_it_couples() -> None:
    assert MinibatchStd.batch_coupled is True


def test_as_head_of_a_discriminator() -> None:
    torch.manual_seed(0)
    D = DCGANDiscriminator(3, 16, 4, None, stddev_head(2)).double()
    x = torch.randn(4, 3, 16, 16, dtype=torch.float64)
    assert [type(part) for part in D.layers][-3:] == [MinibatchStd, nn.Conv2d, nn.Flatten]
    assert D.layers[-2].in_channels == 9
    assert D(x).shape == (4,)
    other = torch.cat([x[:1], -x[1:]])
    assert (D(x)[0] - D(other)[0]).abs() > 1e-9


def test_bad_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="group of 2 or more; got 1"):
        MinibatchStd(1)
    with pytest.raises(ValueError, match=r"groups of 4 .* got 6 samples"):
        MinibatchStd(4)(torch.randn(6, 1, 2, 2))
