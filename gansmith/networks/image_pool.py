"""A history of generated images for D (arXiv:1612.07828, section 2.3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core import distributed


class ImagePool(nn.Module):
    """Return each image or, half of the time, an older one, which it then replaces.

    As in CycleGAN (arXiv:1703.10593, section 4, size 50). For each image, in batch order: while the
    pool is not full, store the image and return it; afterwards, if u0 < 1/2, return the stored
    image floor(u1 * size) and store this one in its place; else return it. So a batch of 8 is the
    same as two of 4.

    Several processes must call it together, each with its own slice of the micro-batch; all hold
    the same pool.

    size: images kept; 0 keeps none and returns its input. shape: of an image, (C, H, W).
    images: (size, C, H, W), filled: how many of them are used, int64; both buffers.
    forward: x (B, C, H, W), u (B, 2) in [0, 1) -> (B, C, H, W), detached.
    Raises ValueError for a negative size and for images or uniforms of another shape.
    """

    images: Tensor
    filled: Tensor

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        if size < 0:
            raise ValueError(f"a pool keeps 0 images or more; got size={size}")
        self.size = size
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def forward(self, x: Tensor, u: Tensor) -> Tensor:
        if x.shape[1:] != self.images.shape[1:] or u.shape != (len(x), 2):
            raise ValueError(
                f"this pool takes images (B, {', '.join(map(str, self.images.shape[1:]))}) and "
                f"uniforms (B, 2); got {tuple(x.shape)} and {tuple(u.shape)}"
            )
        x = x.detach()
        if self.size == 0:
            return x
        out = distributed.gather(x).clone()
        choices = distributed.gather(u).tolist()
        filled = int(self.filled)
        for i, (swap, place) in enumerate(choices):
            if filled < self.size:
                self.images[filled] = out[i]
                filled += 1
            elif swap < 0.5:
                k = int(place * self.size)
                older = self.images[k].clone()
                self.images[k] = out[i]
                out[i] = older
        self.filled.fill_(filled)
        return distributed.slice_of(out)
