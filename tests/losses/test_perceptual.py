"""A distance as a network sees it: by hand, fixed for good, and blind to what the network is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gansmith.api import train
from gansmith.cli import main
from gansmith.core.rng import Rng
from gansmith.losses.perceptual import (
    PerceptualDistance,
    VGGPerceptual,
    freeze,
    judge_distance,
    zero_distance,
)
from gansmith.metrics import load_judge
from gansmith.pretrained.vgg import LPIPS, VGG16, load_weights
from gansmith.runs.run import Run


def test_the_distance_is_the_sum_over_layers_of_mean_differences() -> None:
    torch.manual_seed(0)
    one, two = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 3, 3)

    def layers(x: Tensor) -> list[Tensor]:
        return [one(x), two(one(x))]

    sight = PerceptualDistance(nn.Sequential(one, two), layers)
    a, b = Rng(1).normal(2, 4, 1, 8, 8)
    wanted = (one(a) - one(b)).abs().mean() + (two(one(a)) - two(one(b))).abs().mean()
    torch.testing.assert_close(sight(a, b), wanted)
    assert sight(a, a) == 0


def test_its_network_never_learns_and_is_saved() -> None:
    sight = judge_distance(load_judge("fashion"))
    assert not list(sight.parameters())
    assert any(key.startswith("net.three") for key in sight.state_dict())
    sight.train()
    assert not any(part.training for part in sight.net.modules())
    a = Rng(1).normal(2, 1, 28, 28).requires_grad_()
    before = {k: v.clone() for k, v in sight.state_dict().items()}
    sight(a, torch.zeros_like(a)).backward()
    assert a.grad is not None
    assert float(a.grad.abs().max()) > 0
    assert all(v.equal(before[k]) for k, v in sight.state_dict().items())


def test_the_judge_it_came_from_stays_as_it_was() -> None:
    judge = load_judge("fashion")
    names = {name for name, _ in judge.named_parameters()}
    judge_distance(judge)
    assert {name for name, _ in judge.named_parameters()} == names


def test_pictures_of_another_size_and_colour_are_brought_to_the_judge_s() -> None:
    sight = judge_distance(load_judge("fashion"))
    a, b = Rng(1).normal(2, 3, 3, 40, 40)
    assert float(sight(a, b)) > 0
    assert sight(a.half(), b.half()).dtype == torch.float32


def test_what_is_in_its_place_is_nearer_than_what_is_moved_as_much() -> None:
    """A faint shift of all pixels is seen less than the same shift in a pattern of parts."""
    sight = judge_distance(load_judge("fashion"))
    x = torch.zeros(1, 1, 28, 28)
    x[:, :, 8:20, 8:20] = 0.8
    stripes = torch.ones(28, 28)
    stripes[:, ::2] = -1
    even, pattern = x + 0.1, x + 0.1 * stripes
    assert (even - x).abs().mean() == (pattern - x).abs().mean()
    assert float(sight(even, x)) < float(sight(pattern, x))


def test_fixed_makes_buffers_in_place() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    state = {k: v.clone() for k, v in net.state_dict().items()}
    assert freeze(net) is net
    assert not net.training
    assert not list(net.parameters())
    assert all(v.equal(state[k]) for k, v in net.state_dict().items())


def test_without_a_distance_nothing_is_seen() -> None:
    assert zero_distance(torch.ones(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)) == 0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Random weights in the formats of the published files."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    torch.save(VGG16().state_dict(), folder / "vgg16.pth")
    torch.save({k: v.abs() for k, v in LPIPS().state_dict().items()}, folder / "heads.pth")
    return folder / "vgg16.pth", folder / "heads.pth"


@pytest.mark.parametrize("channels", [1, 3])
def test_the_distance_of_vgg_with_and_without_heads(
    files: tuple[Path, Path], channels: int
) -> None:
    weights, heads = files
    net = load_weights(VGG16(), weights, "")
    a, b = Rng(1).uniform(2, 2, channels, 20, 20) * 2 - 1
    one, other = (net(x.expand(2, 3, 20, 20)) for x in (a, b))
    wanted = sum((x - y).abs().mean() for x, y in zip(one, other, strict=True))
    torch.testing.assert_close(VGGPerceptual(weights)(a, b), torch.as_tensor(wanted))
    weighed = load_weights(LPIPS(), heads, "")(one, other)
    torch.testing.assert_close(VGGPerceptual(weights, heads)(a, b), weighed)
    assert VGGPerceptual(weights, heads)(a, a) == 0
    a.requires_grad_()
    VGGPerceptual(weights, heads)(a, b).backward()
    assert a.grad is not None
    assert float(a.grad.abs().max()) > 0


def test_a_run_needs_the_files_to_be_trained_not_to_be_used(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    own = tmp_path / "own.pth"
    own.write_bytes(files[0].read_bytes())
    run = train(
        "super-resolution", data="down2:digits", size=16, width=4, batch=4, steps=10,
        vgg_weights=str(own), lpips_weights=str(files[1]), out=tmp_path / "run",
    )  # fmt: skip
    log = [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()]
    assert [line["G/perceptual"] > 0 for line in log] == [True]
    assert sum(path.stat().st_size for path in run.checkpoints.iterdir()) < 5e6  # VGG16 has 59 MB
    own.unlink()
    assert Run.open(tmp_path / "run").sample(3).shape == (3, 1, 16, 16)


def test_files_that_do_not_fit_are_said_before_anything_is_written(
    tmp_path: Path, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"nothing")
    words = ["train", "super-resolution", "--data", "down2:digits", "--size", "16", "--width", "4"]
    for more, why in (
        (["--vgg-weights", str(tmp_path / "none.pth")], "no weights at "),
        (["--vgg-weights", str(broken)], "cannot be read as weights"),
        (["--vgg-weights", str(files[1])], "does not hold the weights of torchvision's vgg16"),
        (
            ["--vgg-weights", str(files[0]), "--perceptual-weight", "0"],
            "need a --perceptual-weight above 0",
        ),
        (["--lpips-weights", str(files[1])], "needs the weights of VGG16"),
    ):
        with pytest.raises(SystemExit):
            main([*words, "--steps", "2", "--out", str(tmp_path / "run"), *more])
        assert why in capsys.readouterr().err
        assert not (tmp_path / "run").exists()
