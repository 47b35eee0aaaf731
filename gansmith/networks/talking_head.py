"""Talking heads: a person's face with given landmarks (arXiv:1905.08233, section 3.1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.constraints import spectral_norm_all
from gansmith.core.latent import Latent
from gansmith.data.condition import LANDMARK_CHANNELS as LANDMARK_CHANNELS
from gansmith.data.condition import split_references as split_references
from gansmith.networks.dcgan import LEAKY_SLOPE, base_and_doublings

BLOCKS = 2


def downsampling_layers(inputs: int, width: int, size: int) -> nn.ModuleList:
    """Strided convolutions to a map of side 4 to 7, channels width, 2 width, 4 width ..."""
    chain = nn.ModuleList()
    for step in range(base_and_doublings(size)[1]):
        after = width * 2**step
        chain.append(nn.Conv2d(inputs, after, 4, 2, 1))
        inputs = after
    return chain


class Embedder(nn.Module):
    """Images of a person with their landmark images to one vector, the mean over the images.

    The last map is flattened; the paper sums it over positions, but all heads have one position.
    forward: (B, K, channels + 3, H, W), any K -> (B, embed_dim).
    """

    def __init__(self, channels: int, size: int, width: int, embed_dim: int) -> None:
        super().__init__()
        self.layers = downsampling_layers(channels + LANDMARK_CHANNELS, width, size)
        last = self.layers[-1]
        assert isinstance(last, nn.Conv2d)
        side = size // 2 ** len(self.layers)
        self.last = nn.Linear(last.out_channels * side**2, embed_dim)

    def forward(self, sources: Tensor) -> Tensor:
        x = sources.flatten(0, 1)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), LEAKY_SLOPE)
        return self.last(x.flatten(1)).unflatten(0, sources.shape[:2]).mean(1)


class AdaINBlock(nn.Module):
    """A convolution and adaptive instance normalization, AdaIN (arXiv:1703.06868).

    style_size: scales and shifts. forward: (B, inputs, H, W), styles (B, style_size).
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.style_size = 2 * outputs

    def forward(self, x: Tensor, styles: Tensor) -> Tensor:
        gain, shift = styles[:, :, None, None].chunk(2, 1)
        return F.instance_norm(self.conv(x)) * (1 + gain) + shift


class TalkingHeadGenerator(nn.Module):
    """Landmark images to images of a person, whose vector sets the styles of all AdaIN layers.

    Two downsampling layers, residual blocks, two upsampling layers. `to_styles` is the paper's P,
    from a person's vector to styles.
    forward: landmark images (B, 3, H, W), styles (B, to_styles.out_features) -> images (B,
    channels, H, W) in [-1, 1]. Raises ValueError for a side that is no multiple of 4.
    """

    def __init__(self, channels: int, size: int, width: int, embed_dim: int) -> None:
        super().__init__()
        if size % 4:
            raise ValueError(f"talking heads have a side that is a multiple of 4; got {size}")
        self.latent = Latent(1)
        wide = 2 * width
        self.first, self.down = (
            nn.Conv2d(before, after, 4, 2, 1)
            for before, after in ((LANDMARK_CHANNELS, width), (width, wide))
        )
        self.blocks = nn.ModuleList(AdaINBlock(wide, wide) for _ in range(2 * BLOCKS))
        self.up = nn.ModuleList(AdaINBlock(wide // f, wide // f // 2) for f in (1, 2))
        self.last = nn.Conv2d(width // 2, channels, 3, padding=1)
        self.style_sizes = [part.style_size for part in self.adain_blocks()]
        self.to_styles = nn.Linear(embed_dim, sum(self.style_sizes))
        nn.init.normal_(self.to_styles.weight, 0, 0.3 / embed_dim**0.5)
        nn.init.zeros_(self.to_styles.bias)

    def adain_blocks(self) -> list[AdaINBlock]:
        """The layers that take styles, in the order of the styles."""
        return [part for part in (*self.blocks, *self.up) if isinstance(part, AdaINBlock)]

    def forward(self, landmarks: Tensor, styles: Tensor) -> Tensor:
        style = iter(styles.split(self.style_sizes, 1))
        x = F.leaky_relu(self.first(landmarks), LEAKY_SLOPE)
        x = F.leaky_relu(F.instance_norm(self.down(x)), LEAKY_SLOPE)
        for one, two in zip(self.blocks[::2], self.blocks[1::2], strict=True):
            x = x + two(F.leaky_relu(one(x, next(style)), LEAKY_SLOPE), next(style))
        for layer in self.up:
            x = F.leaky_relu(layer(F.interpolate(x, scale_factor=2.0), next(style)), LEAKY_SLOPE)
        return torch.tanh(self.last(x))


class TalkingHeadDiscriminator(nn.Module):
    """Is this an image of this person with these landmarks? (arXiv:1905.08233, Eq. 6)

    D(x, y, i) = V(x, y)' (W_i + w0) + b, where V sums its last map over positions.
    people: number of rows of W. features: images, landmark images -> the maps of V, first to last.
    logits: maps, persons' vectors (B, embed_dim) -> logits (B,), high = real.
    """

    def __init__(self, channels: int, size: int, width: int, embed_dim: int, people: int) -> None:
        super().__init__()
        trunk = downsampling_layers(channels + LANDMARK_CHANNELS, width, size)
        last = trunk[-1]
        assert isinstance(last, nn.Conv2d)
        trunk.append(nn.Conv2d(last.out_channels, embed_dim, 1))
        self.trunk = spectral_norm_all(trunk)
        self.W = nn.Embedding(people, embed_dim)
        nn.init.normal_(self.W.weight, 0, 0.1)
        self.w0 = nn.Parameter(torch.full((embed_dim,), 0.1))
        self.bias = nn.Parameter(torch.zeros(()))

    def features(self, x: Tensor, landmarks: Tensor) -> list[Tensor]:
        h, maps = torch.cat([x, landmarks], 1), []
        for layer in self.trunk:
            h = F.leaky_relu(layer(h), LEAKY_SLOPE)
            maps.append(h)
        return maps

    def logits(self, features: list[Tensor], person: Tensor) -> Tensor:
        v = features[-1].mean((2, 3))
        return (v * (person + self.w0)).sum(1) + self.bias
