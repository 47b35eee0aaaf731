from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.networks.augment import POLICIES, DiffAugment, no_augmentation, uniform_integers

FULL = ("color", "translation", "cutout")


def pictures(rows: int = 3, channels: int = 3, side: int = 8) -> Tensor:
    return Rng(rows, side).normal(rows, channels, side, side).double()


def test_policy_is_laid_out() -> None:
    assert DiffAugment(FULL).policy == tuple(POLICIES)
    assert DiffAugment(FULL).uniforms == 7
    assert DiffAugment("cutout").policy == ("cutout",)
    assert DiffAugment(["cutout", "brightness"]).policy == ("cutout", "brightness")


@pytest.mark.parametrize("policy", [[], ["rotation"], ["color", "flip"]])
def test_unknown_policies_are_refused(policy: list[str]) -> None:
    with pytest.raises(ValueError, match=r"one or more of color, brightness.*got \["):
        DiffAugment(policy)


def test_noise_is_drawn_for_each_picture() -> None:
    noise = DiffAugment(FULL).draw(pictures(5), Rng(1))
    assert noise.shape == (5, 7)
    assert torch.equal(noise, DiffAugment(FULL).draw(pictures(5), Rng(1)))
    assert not torch.equal(noise, DiffAugment(FULL).draw(pictures(5), Rng(2)))
    assert ((noise >= 0) & (noise < 1)).all()


@pytest.mark.parametrize("policy", [(name,) for name in POLICIES] + [FULL])
def test_gradient(policy: tuple[str, ...]) -> None:
    augment, x = DiffAugment(policy), pictures(2, 2, 8).requires_grad_()
    noise = augment.draw(x, Rng(0)).double()
    assert torch.autograd.gradcheck(lambda y: augment(y, noise), x)
    assert torch.autograd.gradgradcheck(lambda y: augment(y, noise).square(), x)


@pytest.mark.parametrize("name", POLICIES)
def test_same_noise_same_transformation_sample_by_sample(name: str) -> None:
    augment, x = DiffAugment([name]), pictures(6)
    noise = augment.draw(x, Rng(0))
    out = augment(x, noise)
    assert out.shape == x.shape
    assert out.dtype == torch.float64
    assert torch.equal(out, augment(x, noise))
    torch.testing.assert_close(out[2:4], augment(x[2:4], noise[2:4]), rtol=0, atol=0)
    assert not torch.equal(out, x)


@pytest.mark.parametrize("name", ["brightness", "saturation", "contrast", "translation"])
def test_the_middle_of_the_range_leaves_pictures_alone(name: str) -> None:
    augment, x = DiffAugment([name]), pictures()
    torch.testing.assert_close(augment(x, torch.full((3, augment.uniforms), 0.5)), x)


def test_brightness_adds() -> None:
    x = pictures(2)
    out = DiffAugment(["brightness"])(x, torch.tensor([[0.0], [0.75]]))
    torch.testing.assert_close(out, torch.stack([x[0] - 0.5, x[1] + 0.25]))


def test_saturation_moves_to_and_from_grey() -> None:
    x = pictures(2)
    out = DiffAugment(["saturation"])(x, torch.tensor([[0.0], [0.75]]))
    torch.testing.assert_close(out[0], x[0].mean(0, keepdim=True).expand(3, -1, -1))
    torch.testing.assert_close(out[1], 1.5 * x[1] - 0.5 * x[1].mean(0, keepdim=True))
    single = pictures(2, 1)
    torch.testing.assert_close(DiffAugment(["saturation"])(single, torch.zeros(2, 1)), single)


def test_contrast_moves_to_and_from_the_mean() -> None:
    x = pictures(2)
    out = DiffAugment(["contrast"])(x, torch.tensor([[0.0], [0.75]]))
    torch.testing.assert_close(out[0], 0.5 * x[0] + 0.5 * x[0].mean())
    torch.testing.assert_close(out[1], 1.25 * x[1] - 0.25 * x[1].mean())


def test_translation_shifts_by_whole_pixels() -> None:
    x = pictures(3, 2, 16)
    noise = torch.tensor([[0.0, 0.5], [0.5, 0.999], [0.3, 0.5]])  # -2, 0; 0, +2; -1, 0
    out = DiffAugment(["translation"])(x, noise)
    assert torch.equal(out[0, :, :-2], x[0, :, 2:])
    assert (out[0, :, -2:] == 0).all()
    assert torch.equal(out[1, :, :, 2:], x[1, :, :, :-2])
    assert (out[1, :, :, :2] == 0).all()
    assert torch.equal(out[2, :, :-1], x[2, :, 1:])


def test_translation_is_uniform_over_shifts() -> None:
    x = torch.zeros(5000, 1, 16, 16)
    x[:, :, 8, 8] = 1
    out = DiffAugment(["translation"])(x, Rng(0).uniform(5000, 2))
    counts = out.sum((0, 1))
    assert counts.sum() == 5000
    assert (counts > 0).sum() == 25
    torch.testing.assert_close(counts[6:11, 6:11], torch.full((5, 5), 200.0), rtol=0.25, atol=0)


def test_cutout_clears_a_square() -> None:
    x = torch.ones(3, 2, 8, 8)
    out = DiffAugment(["cutout"])(x, torch.tensor([[0.5, 0.5], [0.0, 0.0], [0.999, 0.5]]))
    expected = torch.ones(3, 8, 8)
    expected[0, 2:6, 2:6] = 0  # centre at 4
    expected[1, :2, :2] = 0
    expected[2, 6:, 2:6] = 0  # centre at 8
    assert torch.equal(out, expected[:, None].expand(-1, 2, -1, -1))


def test_wrong_noise_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(3, 7\); got \(3, 6\)"):
        DiffAugment(FULL)(pictures(), torch.rand(3, 6))
    with pytest.raises(ValueError, match="got None"):
        DiffAugment(FULL)(pictures(), None)


def test_as_is() -> None:
    x = pictures()
    assert no_augmentation.draw(x, Rng(0)) is None
    assert no_augmentation(x, None) is x


@pytest.mark.parametrize("count", [1, 3, 9, 33, 257])
def test_uniform_integers_are_exact_without_float64(count: int) -> None:
    u = torch.cat([Rng(1).uniform(1000), torch.tensor([0.0, 1 - 2**-24])])
    found = uniform_integers(u, count)
    assert found.equal((u.double() * count).long())
    assert int(found.max()) == count - 1  # u * count in float32 may round up to count
