"""What pictures are described by: judges, published networks, one's own functions."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from gansmith.data import open_data
from gansmith.metrics import CustomFeatures, evaluate_images, find_features, image_metrics

PICTURES = open_data("digits").held_out["real"][:60]


class Net(nn.Module):
    """A network as torch-fidelity has it: uint8 colour in, a tuple of what was asked for out."""

    def __init__(self, name: str, wanted: list[str], feature_extractor_weights_path: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.body, self.fc = nn.Linear(3, 5), nn.Linear(5, 4)
        self.load_state_dict(torch.load(feature_extractor_weights_path, weights_only=True))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        assert x.dtype == torch.uint8
        assert x.shape[1] == 3
        seen = self.body(x.float().mean((2, 3)))
        found = {"2048": seen, "logits_unbiased": self.fc(seen)}
        return tuple(found[name] for name in self.wanted)


class Plain(nn.Module):
    """A network as timm has it: normalised pictures of one size in, rows out."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(3, 6)

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[1:] == (3, 224, 224)
        return self.body(x.mean((2, 3)))


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    for part in (name.partition(".")[0], name):
        monkeypatch.setitem(sys.modules, part, ModuleType(part))
    for key, value in members.items():
        setattr(sys.modules[name], key, value)


@pytest.fixture
def inception(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    stand_in(
        monkeypatch,
        "torch_fidelity.feature_extractor_inceptionv3",
        FeatureExtractorInceptionV3=Net,
    )
    torch.manual_seed(0)
    weights = tmp_path / "inception.pth"
    made = nn.ModuleDict({"body": nn.Linear(3, 5), "fc": nn.Linear(5, 4)})
    torch.save(made.state_dict(), weights)
    return weights


def test_inception_names_its_numbers_as_papers_do(inception: Path) -> None:
    features = find_features("inception", "digits", 1, inception)
    found = evaluate_images(
        generated=PICTURES[:30], held_out=PICTURES[30:], train=PICTURES[:30], features=features
    )
    assert {"fid", "kid", "is"} <= set(found)
    assert found["fid"].name == "FID"
    assert "Inception v3 of 2015" in found["fid"].protocol.features
    assert "8x8 -> 299x299" in found["fid"].protocol.resize
    rows, said = features.extract(PICTURES)
    assert rows.shape == (60, 5)
    assert said is not None
    torch.testing.assert_close(said.sum(1), torch.ones(60, dtype=torch.float64))


def test_weights_come_from_torchs_cache(
    inception: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(FileNotFoundError, match="get pt_inception-2015.* --weights"):
        find_features("inception", "digits", 1)
    (tmp_path / "checkpoints").mkdir()
    inception.rename(tmp_path / "checkpoints" / "pt_inception-2015-12-05-6726825d.pth")
    assert find_features("inception", "digits", 1).extract(PICTURES)[0].shape == (60, 5)


def test_a_file_of_another_network_is_refused(inception: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pth"
    torch.save({"a": torch.zeros(1)}, other)
    with pytest.raises(ValueError, match="other.pth does not hold the weights"):
        find_features("inception", "digits", 1, other)


def test_dinov2_by_timm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    weights = tmp_path / "dino.pth"
    torch.save(Plain().state_dict(), weights)

    def create_model(net: str, *, pretrained: bool, pretrained_cfg_overlay: dict[str, str],
                     img_size: int, num_classes: int) -> nn.Module:  # fmt: skip
        assert (pretrained, img_size, num_classes) == (True, 224, 0)
        model = Plain()
        model.load_state_dict(torch.load(pretrained_cfg_overlay["file"], weights_only=True))
        return model

    stand_in(monkeypatch, "timm", create_model=create_model)
    features = find_features("dinov2", "digits", 1, weights)
    rows, said = features.extract(PICTURES[:3])
    assert rows.shape == (3, 6)
    assert said is None
    assert "dis" not in evaluate_images(
        generated=PICTURES[:8], held_out=PICTURES[8:16], train=PICTURES[:8], features=features
    )


def test_without_the_package_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    weights = tmp_path / "w.pth"
    weights.write_bytes(b"")
    with pytest.raises(ImportError, match=r"pip install -e \S+\[dinov2\]"):
        find_features("dinov2", "digits", 1, weights)


def test_features_of_ones_own() -> None:
    own = CustomFeatures(lambda x: x.flatten(1), "pixels")
    found = evaluate_images(
        generated=PICTURES[:30], held_out=PICTURES[30:], train=PICTURES[:30], features=own
    )
    assert found["custom fid"].name == "custom FID"
    assert found["custom fid"].protocol.features == "pixels"
    assert "custom is" not in found
    layer = nn.Sequential(nn.Flatten(), nn.Linear(64, 3), nn.Dropout())
    seen = CustomFeatures(layer, "a layer")
    torch.testing.assert_close(seen.extract(PICTURES)[0], seen.extract(PICTURES)[0])  # no dropout
    with pytest.raises(ValueError, match="features are"):
        CustomFeatures(lambda x: x, "no rows").extract(PICTURES)
    with pytest.raises(ValueError, match="need a name"):
        CustomFeatures(lambda x: x, "")


def test_unknown_features_and_a_judge_with_weights(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no features 'vgg'; choose judge, inception, dinov2"):
        find_features("vgg", "digits", 1)
    with pytest.raises(ValueError, match="leave out --weights"):
        find_features("judge", "digits", 1, tmp_path)
    assert "cfid" in image_metrics(find_features("judge", "digits", 1))
