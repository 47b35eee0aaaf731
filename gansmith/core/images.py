"""Images as tensors and as files: uint8 and [-1, 1], grey and color, sizes, blur, PNG.

An image batch is (N, C, H, W), C = 1 or 3: uint8 in a data set, float in [-1, 1] for players.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Filter = Literal["bilinear", "bicubic", "lanczos", "nearest"]

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
BLOCK = 1024  # images widened to int32 at a time, so that memory stays small


def check_images(x: Tensor) -> Tensor:
    """The same tensor, if it is a batch of grey or color images; else ValueError."""
    if x.ndim != 4 or x.shape[1] not in (1, 3):
        raise ValueError(f"expected images (N, 1 or 3, H, W); got shape {tuple(x.shape)}")
    if x.is_floating_point() and not torch.isfinite(x).all():
        raise ValueError("images hold NaN or infinite values; look at the generator first")
    if not x.is_floating_point() and x.dtype != torch.uint8:
        raise ValueError(f"expected uint8 images or floats in [-1, 1]; got {x.dtype}")
    return x


def to_uint8(images: Tensor) -> Tensor:
    """Images in [-1, 1] as uint8 on the CPU, clamped and rounded; uint8 as it is.

    -1 becomes 0 and 1 becomes 255: the inverse of `to_float`.
    """
    if images.dtype == torch.uint8:
        return images.cpu()
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8).cpu()


def to_float(images: Tensor, module: nn.Module | None = None) -> Tensor:
    """uint8 images as float32 in [-1, 1], x / 127.5 - 1; floats as float32, otherwise unchanged.

    module: the result is put where its parameters are.
    """
    images = torch.as_tensor(images)
    if module is not None:
        images = images.to(next(module.parameters()).device)
    return images.float().div_(127.5).sub_(1) if images.dtype == torch.uint8 else images.float()


def to_channels(images: Tensor, channels: int) -> Tensor:
    """Color to grey by BT.601 luma, .299 R + .587 G + .114 B, or grey to color by repetition.

    (N, C, H, W) -> (N, channels, H, W). The luma of uint8 is computed in integers and rounded, so
    that it is the same on every machine. Raises ValueError unless C and channels are 1 or 3.
    """
    have = images.shape[1]
    if have not in (1, 3) or channels not in (1, 3):
        raise ValueError(f"images have 1 or 3 channels; got {have}, wanted {channels}")
    if have == channels:
        return images
    if have == 1:
        return images.expand(-1, channels, -1, -1)
    if images.is_floating_point():
        return (images * images.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    weights = torch.tensor((299, 587, 114), dtype=torch.int32).view(1, 3, 1, 1)
    blocks = [(block.int() * weights).sum(1, keepdim=True) for block in images.split(BLOCK)]
    return torch.cat([((block + 500) // 1000).to(torch.uint8) for block in blocks])


def resize(images: Tensor, size: int | tuple[int, int], how: Filter = "bilinear") -> Tensor:
    """Images at another size, (N, C, H, W) -> (N, C, *size); itself where the size is right.

    size: the side of a square, or (height, width).
    how: "bilinear" or "bicubic": float images, antialiased, since shrinking without a filter picks
    single pixels. "lanczos": uint8, Pillow's antialiased filter in integers, which gives the same
    bits on every machine. "nearest": any type, unchanged values.
    Raises ValueError for a size below 1.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width) < 1:
        raise ValueError(f"an image has a size of 1 pixel or more; got {(height, width)}")
    if images.shape[2:] == (height, width):
        return images
    return FILTERS[how](images, height, width)


def gaussian_kernel(std: float, radius: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """exp(-t^2 / (2 std^2)) at t = -radius .. radius, scaled to sum 1: (2 radius + 1,)."""
    t = torch.arange(-radius, radius + 1, dtype=dtype)
    line = torch.exp(-t.square() / (2 * std**2))
    return line / line.sum()


def gaussian_blur(images: Tensor, std: float, radius: int) -> Tensor:
    """A Gaussian blur by `std` pixels, borders replicated: (N, C, H, W) float -> the same shape."""
    n, channels, height, width = images.shape
    line = gaussian_kernel(std, radius).to(images)
    planes = images.reshape(n * channels, 1, height, width)
    planes = F.conv2d(F.pad(planes, (radius, radius, 0, 0), "replicate"), line.view(1, 1, 1, -1))
    planes = F.conv2d(F.pad(planes, (0, 0, radius, radius), "replicate"), line.view(1, 1, -1, 1))
    return planes.view_as(images)


def png_bytes(image: Image.Image) -> bytes:
    """An image as the bytes of a PNG file."""
    page = io.BytesIO()
    image.save(page, format="PNG")
    return page.getvalue()


def figure_png(figure: Figure, dpi: int = 110) -> bytes:
    """A matplotlib figure as the bytes of a PNG file, the same for the same figure."""
    page = io.BytesIO()
    figure.savefig(page, format="png", dpi=dpi, metadata={"Software": None})
    return page.getvalue()


def _interpolated(mode: str) -> Callable[[Tensor, int, int], Tensor]:
    def resized(images: Tensor, height: int, width: int) -> Tensor:
        return F.interpolate(images, (height, width), mode=mode, antialias=True)

    return resized


def _nearest(images: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(images.float(), (height, width), mode="nearest").to(images.dtype)


def _lanczos(images: Tensor, height: int, width: int) -> Tensor:
    count, channels = images.shape[:2]
    out = np.empty((count * channels, height, width), np.uint8)
    for row, plane in enumerate(images.flatten(0, 1).numpy()):
        resized = Image.fromarray(plane).resize((width, height), Image.Resampling.LANCZOS)
        out[row] = np.asarray(resized)
    return torch.from_numpy(out).unflatten(0, (count, channels))


FILTERS: dict[Filter, Callable[[Tensor, int, int], Tensor]] = {
    "bilinear": _interpolated("bilinear"),
    "bicubic": _interpolated("bicubic"),
    "lanczos": _lanczos,
    "nearest": _nearest,
}
