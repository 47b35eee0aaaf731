"""Paths between codes."""

import torch

from gansmith.core.latent import JointLatent, Latent, slerp
from gansmith.core.rng import Rng
from gansmith.sampling.interpolate import interpolations


def test_a_great_circle_joins_its_ends_and_stays_at_their_distance_from_zero() -> None:
    a, b = Rng(0).normal(5, 1, 16), Rng(1).normal(5, 1, 16)
    b *= a.norm(dim=-1, keepdim=True) / b.norm(dim=-1, keepdim=True)
    t = torch.linspace(0, 1, 9)[None, :, None]
    path = slerp(a, b, t)
    assert path.shape == (5, 9, 16)
    torch.testing.assert_close(path[:, :1], a)
    torch.testing.assert_close(path[:, -1:], b)
    torch.testing.assert_close(path.norm(dim=-1), a.norm(dim=-1).expand(5, 9))
    steps = torch.cosine_similarity(path[:, 1:], path[:, :-1], dim=-1)
    torch.testing.assert_close(steps, steps[:, :1].expand(5, 8))  # at an even pace


def test_parallel_codes_are_joined_without_a_division_by_zero() -> None:
    a = Rng(0).normal(3, 1, 8)
    path = slerp(a, a, torch.tensor([0.0, 0.5, 1.0])[None, :, None])
    torch.testing.assert_close(path, a.expand(3, 3, 8), atol=1e-3, rtol=1e-3)


def test_codes_of_a_normal_prior_go_along_circles_and_others_along_lines() -> None:
    for prior in ("normal", "uniform"):
        latent = Latent(6, prior)
        ends = latent.sample(4, Rng(3)).view(2, 2, 6)
        codes = interpolations(latent, 2, 5, Rng(3)).view(2, 5, 6)
        torch.testing.assert_close(codes[:, 0], ends[:, 0])
        torch.testing.assert_close(codes[:, -1], ends[:, 1])
        middle = codes[:, 2]
        straight = ends.mean(1)
        assert torch.allclose(middle, straight, atol=1e-5) is (prior == "uniform")


def test_each_part_of_a_joint_latent_goes_its_own_way() -> None:
    latent = JointLatent(Latent(6), Latent(3, "one-hot"), Latent(2, "uniform"))
    ends = latent.sample(4, Rng(3)).view(2, 2, 11)
    codes = interpolations(latent, 2, 5, Rng(3)).view(2, 5, 11)
    t = torch.linspace(0, 1, 5)[None, :, None]
    gaussian = slerp(ends[:, :1, :6], ends[:, 1:, :6], t)
    torch.testing.assert_close(codes[..., :6], gaussian)
    assert codes[..., 6:9].equal(ends[:, :1, 6:9].expand(2, 5, 3))
    torch.testing.assert_close(codes[:, 2, 9:], ends[..., 9:].mean(1))
