"""What pictures are described by before they are compared: the shipped judges, the networks of
published distances, or any module or function of one's own.

The networks of published distances are not shipped and never fetched: their weights are read from
a file that is given or already lies in torch's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.metrics.pictures import recolour, to_unit
from gansmith.pretrained.judges import judge_for

CHUNK = 100


class Features(Protocol):
    """Anything that describes pictures by rows of numbers.

    about: for the protocol. prefix: of the names of the numbers that depend on it (cFID).
    """

    about: str
    prefix: str

    def adaption(self, x: Tensor) -> str:
        """What is done to pictures (B, C, H, W) like these before they are looked at, in words."""
        ...

    def look(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """uint8 pictures (N, C, H, W) -> features (N, d) and class probabilities (N, K), if it
        has any; float64. In chunks, so that memory does not grow with N beyond the result."""
        ...


class Own:
    """Features of your own: any module or function of pictures in [-1, 1], (B, C, H, W) -> (B, d).

    A module is put into evaluation mode. about: what it is, for the protocol.
    """

    prefix = "own "

    def __init__(self, call: Callable[[Tensor], Tensor], about: str) -> None:
        if not about:
            raise ValueError("features of your own need a name, so that their numbers carry it")
        self.call, self.about = call, about
        if isinstance(call, nn.Module):
            call.eval()

    def adaption(self, x: Tensor) -> str:
        """Nothing: what is done is done inside."""
        return "none"

    @torch.no_grad()
    def look(self, pictures: Tensor) -> tuple[Tensor, None]:
        """uint8 (N, C, H, W) -> features (N, d), float64.

        Raises ValueError when what comes out is not a row for each picture.
        """
        found = [self.call(to_unit(part)) for part in pictures.split(CHUNK)]
        for part, row in zip(pictures.split(CHUNK), found, strict=True):
            if row.ndim != 2 or len(row) != len(part):
                raise ValueError(
                    f"features are (B, d); {self.about!r} made {tuple(row.shape)} of "
                    f"{tuple(part.shape)}"
                )
        return torch.cat(found).double().cpu(), None


class Inception:
    """The network of the Frechet and kernel distance and of the score as they are published:
    pool3 of the Inception v3 of 2015 (arXiv:1706.08500), through torch-fidelity.

    weights: the file that torch-fidelity publishes, pt_inception-2015-12-05-6726825d.pth.
    Pictures are resized to 299x299 as TensorFlow 1 did, without antialiasing: part of the protocol.
    """

    about = "Inception v3 of 2015 (pool3, 2048 features; torch-fidelity)"
    prefix = ""
    FILE = "pt_inception-2015-12-05-6726825d.pth"

    def __init__(self, weights: Path | None = None) -> None:
        path = _weights(self.FILE, weights, "torch-fidelity's releases")
        try:
            from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
        except (ImportError, RuntimeError) as error:
            raise ImportError(_absent("inception", "torch-fidelity", error)) from None
        try:
            self.net = FeatureExtractorInceptionV3(
                "inception-v3-compat",
                ["2048", "logits_unbiased"],
                feature_extractor_weights_path=str(path),
            ).eval()
        except (RuntimeError, ValueError, EOFError) as error:
            raise ValueError(_damaged(path, error)) from None

    def adaption(self, x: Tensor) -> str:
        """Channels and size."""
        grey = "grey repeated over three channels, " if x.shape[1] == 1 else ""
        return f"{grey}bilinear as in TensorFlow 1, {x.shape[-2]}x{x.shape[-1]} -> 299x299"

    @torch.no_grad()
    def look(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 (N, C, H, W) -> features (N, 2048) and class probabilities (N, 1008)."""
        features, probabilities = [], []
        for part in pictures.split(CHUNK):
            seen, logits = self.net(part.expand(-1, 3, -1, -1))
            features.append(seen.double())
            probabilities.append(logits.double().softmax(1))
        return torch.cat(features), torch.cat(probabilities)


class Dino:
    """DINOv2 ViT-L/14 as in arXiv:2306.04675, through timm: the class token, 1024 features.

    weights: a file of that network, .pth or .safetensors. Pictures are resized to 224x224,
    bicubic with antialiasing, and normalised as ImageNet's.
    """

    prefix = "d"
    NET = "vit_large_patch14_dinov2.lvd142m"
    FILE = "dinov2_vitl14_pretrain.pth"
    SIZE = 224
    MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    def __init__(self, weights: Path | None = None, net: str = NET) -> None:
        path = _weights(self.FILE, weights, "the DINOv2 project's page")
        try:
            from timm import create_model
        except (ImportError, RuntimeError) as error:
            raise ImportError(_absent("dinov2", "timm", error)) from None
        try:  # timm brings the published file's names and grid of positions to its own
            self.net = create_model(
                net,
                pretrained=True,
                pretrained_cfg_overlay={"file": str(path)},
                img_size=self.SIZE,
                num_classes=0,
            ).eval()
        except (RuntimeError, ValueError, KeyError, EOFError) as error:
            raise ValueError(_damaged(path, error)) from None
        self.about = f"{net} (class token; timm)"

    def adaption(self, x: Tensor) -> str:
        """Channels and size."""
        grey = "grey repeated over three channels, " if x.shape[1] == 1 else ""
        return f"{grey}antialiased bicubic {x.shape[-2]}x{x.shape[-1]} -> {self.SIZE}x{self.SIZE}"

    @torch.no_grad()
    def look(self, pictures: Tensor) -> tuple[Tensor, None]:
        """uint8 (N, C, H, W) -> features (N, 1024), float64."""
        mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (self.MEAN, self.STD))
        found = []
        for part in pictures.split(CHUNK):
            x = recolour((to_unit(part) + 1) / 2, 3)
            x = F.interpolate(x, (self.SIZE, self.SIZE), mode="bicubic", antialias=True)
            found.append(self.net((x.clamp(0, 1) - mean) / std).double())
        return torch.cat(found), None


NETWORKS: dict[str, Callable[[Path | None], Any]] = {"inception": Inception, "dinov2": Dino}


def find_features(
    name: str, data: str, channels: int, weights: str | Path | None = None
) -> Features:
    """Features by name: "judge" (that of the data set), "inception" or "dinov2".

    data, channels: what the judge is chosen by. weights: a file for the others.
    Raises ValueError for an unknown name, FileNotFoundError where weights are missing, ImportError
    where a package is.
    """
    if name == "judge":
        if weights is not None:
            raise ValueError("the judge comes with its weights; leave out --weights")
        return judge_for(data, channels)
    if name not in NETWORKS:
        raise ValueError(f"no features {name!r}; there are judge, {', '.join(NETWORKS)}")
    found: Features = NETWORKS[name](None if weights is None else Path(weights))
    return found


def _weights(file: str, given: Path | None, source: str) -> Path:
    """The file given, or the one in torch's cache; FileNotFoundError that says where to get it."""
    path = given or Path(torch.hub.get_dir()) / "checkpoints" / file
    if not path.is_file():
        raise FileNotFoundError(
            f"no weights at {path}: get {file} from {source} and put it there, or say where it is "
            "with --weights"
        )
    return path


def _absent(extra: str, package: str, error: Exception) -> str:
    return (
        f"{package} cannot be imported ({error}); pip install 'gansmith[{extra}]', with a "
        "torchvision that belongs to your torch"
    )


def _damaged(path: Path, error: Exception) -> str:
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"{path} does not hold the weights of this network: {first}"
