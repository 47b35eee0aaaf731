"""Players that hear: shapes, phases, and how far they hear."""

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.networks.audio import (
    SpectralDistance,
    SpectralMaskUNet,
    SpectrogramDiscriminator,
    WaveDiscriminator,
    WaveUNet,
    preemphasis,
    preemphasis_distance,
)
from gansmith.networks.patch import PatchDiscriminator

NETS = {"masker": lambda: SpectralMaskUNet(8000, 4), "wave": lambda: WaveUNet(4)}
every_net = pytest.mark.parametrize("name", NETS)


def made(name: str):
    torch.manual_seed(0)
    return NETS[name]().eval().requires_grad_(False)


def sounds(count: int, length: int, seed: int = 1) -> torch.Tensor:
    return (0.2 * Rng(seed).normal(count, length)).clamp(-1, 1)


@every_net
@pytest.mark.parametrize("length", [1, 100, 1024, 5000, 8193])
def test_sounds_of_any_length_are_answered(name, length):
    net = made(name)
    z = net.latent.sample(3, Rng(1))
    x = net(z, sounds(3, length))
    assert x.shape == (3, length)
    assert x.abs().max() <= 1
    assert x[0].allclose(net(z[:1], sounds(3, length)[:1])[0], atol=1e-5)


def test_a_mask_of_one_is_the_sound_itself():
    net = made("masker")
    torch.nn.init.constant_(net.net.up[-1][0].bias, 100.0)
    c = sounds(2, 3000)
    assert (net(None, c) - c).abs().max() < 1e-5
    torch.nn.init.constant_(net.net.up[-1][0].bias, -100.0)
    assert net(None, c).abs().max() < 1e-5


def test_a_mask_adds_nothing_where_there_is_nothing():
    c = sounds(1, 8192)
    c[:, 3000:] = 0
    assert made("masker")(None, c)[:, 3000 + 256 :].abs().max() == 0


@pytest.mark.parametrize("width", [4])
@every_net
def test_no_sample_hears_further_than_is_said(name, width):
    """The slope of one sample of the answer with respect to what was given is 0 beyond `reach`."""
    net = made(name)
    middle = (net.reach // net.block + 1) * net.block + 500
    c = sounds(1, 2 * middle).requires_grad_()
    net(net.latent.sample(1, Rng(1)), c)[0, middle].backward()
    heard = c.grad[0].nonzero().squeeze(1) - middle
    assert -net.reach <= heard.min() < -net.reach / 10
    assert net.reach / 10 < heard.max() <= net.reach


def test_judges_see_both_sounds():
    torch.manual_seed(0)
    judges = [
        SpectrogramDiscriminator(PatchDiscriminator(2, 4, 1, None), 8000),
        WaveDiscriminator(2048, 4),
    ]
    x, c = sounds(4, 2048), sounds(4, 2048, 2)
    for judge in judges:
        judge.eval()
        logits = judge(x, c)
        assert len(logits) == 4
        assert logits.isfinite().all()
        assert not logits.equal(judge(x, c.flip(0)))
        assert not logits.equal(judge(x.flip(0), c))
    assert judges[1](x, c).shape == (4,)


def test_the_distance_of_a_louder_copy():
    """35 decibels count as one, whatever the sound."""
    far = SpectralDistance(8000)
    c = sounds(2, 4096)
    assert far(c, c) == 0
    assert far(10 ** (-7 / 20) * c, c).item() == pytest.approx(0.2, abs=0.01)


def test_the_code_of_the_time_domain_is_heard_everywhere():
    net = made("wave")
    c = torch.zeros(1, 8192)
    one, two = (net(net.latent.sample(1, Rng(seed)), c) for seed in (1, 2))
    assert ((one - two).abs().view(8, 1024).amax(1) > 0).all()


def test_emphasis_by_hand():
    x = torch.tensor([[1.0, 1.0, -2.0]])
    assert preemphasis(x).allclose(torch.tensor([[1.0, 0.05, -2.95]]))
    assert preemphasis_distance(x, torch.zeros(1, 3)).item() == pytest.approx(4 / 3)


def test_an_untrained_net_of_samples_nearly_copies():
    """What it says is added, and small; so it starts from the noisy sound, not from silence."""
    net, c = made("wave"), sounds(2, 4096)
    far = (net(net.latent.sample(2, Rng(1)), c) - c).abs().max()
    assert 0 < far < 0.01


def test_samples_are_bound_only_in_use():
    """A bound has no slope beyond it: a net that trains could not come back."""
    net, c = made("wave"), torch.full((1, 1024), 0.9)
    torch.nn.init.constant_(net.up[-1].bias, 16.0)
    z = net.latent.sample(1, Rng(1))
    assert net(z, c).max() == 1
    assert net.train()(z, c).max() > 1.5
