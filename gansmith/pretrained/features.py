"""Feature extractors: the shipped judges, Inception, DINOv2, or any module or function.

Inception and DINOv2 are neither shipped nor downloaded: their weights are read from a given file or
from torch's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from gansmith.core.extras import install
from gansmith.core.files import user_path
from gansmith.core.images import check_images, resize, to_channels, to_float
from gansmith.pretrained.judges import judge_for

CHUNK = 100


class Features(Protocol):
    """Anything that extracts a row of numbers from each image.

    description: for protocols. prefix: of the names of numbers that depend on it (cFID).
    classifies: whether `extract` returns class probabilities too.
    """

    description: str
    prefix: str
    classifies: bool

    def preprocessing(self, x: Tensor) -> str:
        """What is done to images (N, C, H, W) of this shape before the network, in words."""
        ...

    def extract(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """uint8 images (N, C, H, W) -> features (N, d) and, where the network classifies, class
        probabilities (N, K); float64. In chunks: only the result grows with N."""
        ...


class CustomFeatures:
    """Your own features: any module or function of images in [-1, 1], (B, C, H, W) -> (B, d).

    A module is put into evaluation mode. description: for protocols. Raises ValueError
    where that is empty.
    """

    prefix = "custom "
    classifies = False

    def __init__(self, call: Callable[[Tensor], Tensor], description: str) -> None:
        if not description:
            raise ValueError("custom features need a name, which their numbers carry")
        self.call, self.description = call, description
        if isinstance(call, nn.Module):
            call.eval()

    def preprocessing(self, x: Tensor) -> str:
        """None outside the module or function."""
        return "none"

    @torch.no_grad()
    def extract(self, images: Tensor) -> tuple[Tensor, None]:
        """uint8 (N, C, H, W) -> features (N, d), float64.

        Raises ValueError unless the result has a row for each image.
        """
        found = [self.call(to_float(check_images(part))) for part in images.split(CHUNK)]
        for part, row in zip(images.split(CHUNK), found, strict=True):
            if row.ndim != 2 or len(row) != len(part):
                raise ValueError(
                    f"features are (B, d); {self.description!r} returned {tuple(row.shape)} for "
                    f"{tuple(part.shape)}"
                )
        return torch.cat(found).cpu().double(), None


class Inception:
    """The network of the published FID, KID and inception score: the Inception v3 of 2015, layer
    pool3 (arXiv:1706.08500), through torch-fidelity.

    weights: the file that torch-fidelity publishes, pt_inception-2015-12-05-6726825d.pth.
    Images are resized to 299x299 as TensorFlow 1 did, without antialiasing: part of the protocol.
    """

    description = "Inception v3 of 2015 (pool3, 2048 features; torch-fidelity)"
    prefix = ""
    classifies = True
    FILE = "pt_inception-2015-12-05-6726825d.pth"

    def __init__(self, weights: Path | None = None) -> None:
        path = _weights(self.FILE, weights, "torch-fidelity's releases")
        try:
            from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
        except (ImportError, RuntimeError) as error:
            raise ImportError(_not_importable("inception", "torch-fidelity", error)) from None
        try:
            self.net = FeatureExtractorInceptionV3(
                "inception-v3-compat",
                ["2048", "logits_unbiased"],
                feature_extractor_weights_path=str(path),
            ).eval()
        except (RuntimeError, ValueError, EOFError) as error:
            raise ValueError(_damaged(path, error)) from None

    def preprocessing(self, x: Tensor) -> str:
        """Channels and size."""
        grey = "grey repeated over three channels, " if x.shape[1] == 1 else ""
        return f"{grey}bilinear as in TensorFlow 1, {x.shape[-2]}x{x.shape[-1]} -> 299x299"

    @torch.no_grad()
    def extract(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 (N, C, H, W) -> features (N, 2048) and class probabilities (N, 1008)."""
        features, probabilities = [], []
        for part in images.split(CHUNK):
            pooled, logits = self.net(part.expand(-1, 3, -1, -1))
            features.append(pooled.double())
            probabilities.append(logits.double().softmax(1))
        return torch.cat(features), torch.cat(probabilities)


class DINOv2:
    """DINOv2 ViT-L/14 as in arXiv:2306.04675, through timm: the class token, 1024 features.

    weights: a file of that network, .pth or .safetensors. Images are resized to 224x224,
    bicubic with antialiasing, and normalised as ImageNet's.
    """

    prefix = "d"
    classifies = False
    NET = "vit_large_patch14_dinov2.lvd142m"
    FILE = "dinov2_vitl14_pretrain.pth"
    SIZE = 224
    MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    def __init__(self, weights: Path | None = None, net: str = NET) -> None:
        path = _weights(self.FILE, weights, "the DINOv2 project's page")
        try:
            from timm import create_model
        except (ImportError, RuntimeError) as error:
            raise ImportError(_not_importable("dinov2", "timm", error)) from None
        try:  # timm converts the published names and position embeddings
            self.net = create_model(
                net,
                pretrained=True,
                pretrained_cfg_overlay={"file": str(path)},
                img_size=self.SIZE,
                num_classes=0,
            ).eval()
        except (RuntimeError, ValueError, KeyError, EOFError) as error:
            raise ValueError(_damaged(path, error)) from None
        self.description = f"{net} (class token; timm)"

    def preprocessing(self, x: Tensor) -> str:
        """Channels and size."""
        grey = "grey repeated over three channels, " if x.shape[1] == 1 else ""
        return f"{grey}antialiased bicubic {x.shape[-2]}x{x.shape[-1]} -> {self.SIZE}x{self.SIZE}"

    @torch.no_grad()
    def extract(self, images: Tensor) -> tuple[Tensor, None]:
        """uint8 (N, C, H, W) -> features (N, 1024), float64."""
        mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (self.MEAN, self.STD))
        found = []
        for part in images.split(CHUNK):
            x = to_channels((to_float(check_images(part)) + 1) / 2, 3)
            x = resize(x, self.SIZE, "bicubic")
            found.append(self.net((x.clamp(0, 1) - mean) / std).double())
        return torch.cat(found), None


NETWORKS: dict[str, Callable[[Path | None], Any]] = {"inception": Inception, "dinov2": DINOv2}


def find_features(
    name: str, data: str, channels: int, weights: str | Path | None = None
) -> Features:
    """Features by name: "judge" (the judge of the data set), "inception" or "dinov2".

    data, channels: of the data set, for the judge. weights: a file for the others.
    Raises ValueError for an unknown name, FileNotFoundError where the weights are missing,
    ImportError where a package is.
    """
    if name == "judge":
        if weights is not None:
            raise ValueError("the judge ships with its weights; leave out --weights")
        return judge_for(data, channels)
    if name not in NETWORKS:
        raise ValueError(f"no features {name!r}; choose judge, {', '.join(NETWORKS)}")
    found: Features = NETWORKS[name](None if weights is None else user_path(weights))
    return found


def _weights(file: str, given: Path | None, source: str) -> Path:
    """The given file, or that in torch's cache; FileNotFoundError that says where to get it."""
    path = given or Path(torch.hub.get_dir()) / "checkpoints" / file
    if not path.is_file():
        raise FileNotFoundError(
            f"no weights at {path}: get {file} from {source} and put it there, or say where it is "
            "with --weights"
        )
    return path


def _not_importable(extra: str, package: str, error: Exception) -> str:
    return (
        f"{package} cannot be imported ({error}); {install(extra)}, with a torchvision that fits "
        "your torch"
    )


def _damaged(path: Path, error: Exception) -> str:
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"{path} does not hold the weights of this network: {first}"
