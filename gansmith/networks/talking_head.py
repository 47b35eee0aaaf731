"""Players that make a person's face follow landmarks (arXiv:1905.08233, section 3.1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.constraints import spectral_normed
from gansmith.core.latent import Latent
from gansmith.networks.dcgan import SLOPE, ladder

MARKS = 3  # channels of a landmark picture
BLOCKS = 2


def steps_down(inputs: int, width: int, size: int) -> nn.ModuleList:
    """Strided convolutions to a map of side 4 to 7, channels width, 2 width, 4 width ..."""
    chain = nn.ModuleList()
    for step in range(ladder(size)[1]):
        after = width * 2**step
        chain.append(nn.Conv2d(inputs, after, 4, 2, 1))
        inputs = after
    return chain


class Embedder(nn.Module):
    """Pictures of a person with their landmark pictures to one vector, the mean over the pictures.

    The last map goes in whole; the paper sums it over places, but the heads fill pictures alike.
    forward: (B, K, channels + 3, H, W), any K -> (B, code).
    """

    def __init__(self, channels: int, size: int, width: int, code: int) -> None:
        super().__init__()
        self.layers = steps_down(channels + MARKS, width, size)
        last = self.layers[-1]
        assert isinstance(last, nn.Conv2d)
        side = size // 2 ** len(self.layers)
        self.last = nn.Linear(last.out_channels * side**2, code)

    def forward(self, sources: Tensor) -> Tensor:
        x = sources.flatten(0, 1)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), SLOPE)
        return self.last(x.flatten(1)).unflatten(0, sources.shape[:2]).mean(1)


class Styled(nn.Module):
    """A convolution, instance norm, and mean and deviation as they are told (arXiv:1703.06868).

    told: numbers that it takes. forward: (B, inputs, H, W), styles (B, told).
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.told = 2 * outputs

    def forward(self, x: Tensor, styles: Tensor) -> Tensor:
        gain, shift = styles[:, :, None, None].chunk(2, 1)
        return F.instance_norm(self.conv(x)) * (1 + gain) + shift


class HeadGenerator(nn.Module):
    """Landmark pictures to pictures of a person, whose vector sets all means and deviations.

    Two steps down, residual blocks, two steps up. `person` is the paper's P: a vector's styles.
    forward: landmark pictures (B, 3, H, W), styles (B, person.out_features) -> (B, channels, H, W)
    in [-1, 1]. Raises ValueError for a side that 4 does not divide.
    """

    def __init__(self, channels: int, size: int, width: int, code: int) -> None:
        super().__init__()
        if size % 4:
            raise ValueError(f"heads are drawn at sides that 4 divides; got {size}")
        self.latent = Latent(1)
        wide = 2 * width
        self.first, self.down = (
            nn.Conv2d(before, after, 4, 2, 1) for before, after in ((MARKS, width), (width, wide))
        )
        self.blocks = nn.ModuleList(Styled(wide, wide) for _ in range(2 * BLOCKS))
        self.up = nn.ModuleList(Styled(wide // f, wide // f // 2) for f in (1, 2))
        self.last = nn.Conv2d(width // 2, channels, 3, padding=1)
        self.told = [part.told for part in self.styled()]
        self.person = nn.Linear(code, sum(self.told))
        nn.init.normal_(self.person.weight, 0, 0.3 / code**0.5)
        nn.init.zeros_(self.person.bias)

    def styled(self) -> list[Styled]:
        """The layers that are told their styles, in the order of the numbers."""
        return [part for part in (*self.blocks, *self.up) if isinstance(part, Styled)]

    def forward(self, marks: Tensor, styles: Tensor) -> Tensor:
        told = iter(styles.split(self.told, 1))
        x = F.leaky_relu(self.first(marks), SLOPE)
        x = F.leaky_relu(F.instance_norm(self.down(x)), SLOPE)
        for one, two in zip(self.blocks[::2], self.blocks[1::2], strict=True):
            x = x + two(F.leaky_relu(one(x, next(told)), SLOPE), next(told))
        for layer in self.up:
            x = F.leaky_relu(layer(F.interpolate(x, scale_factor=2.0), next(told)), SLOPE)
        return torch.tanh(self.last(x))


class HeadDiscriminator(nn.Module):
    """Is this a picture of this person with these landmarks? (arXiv:1905.08233, Eq. 6)

    D(x, y, i) = V(x, y)' (W_i + w0) + b, where V sums its last map over places.
    people: how many rows W has. see: pictures, landmark pictures -> the maps of V, first to last.
    score: maps, persons' vectors (B, code) -> logits (B,), high = real.
    """

    def __init__(self, channels: int, size: int, width: int, code: int, people: int) -> None:
        super().__init__()
        trunk = steps_down(channels + MARKS, width, size)
        last = trunk[-1]
        assert isinstance(last, nn.Conv2d)
        trunk.append(nn.Conv2d(last.out_channels, code, 1))
        self.trunk = spectral_normed(trunk)
        self.people = nn.Embedding(people, code)
        nn.init.normal_(self.people.weight, 0, 0.1)
        self.anyone = nn.Parameter(torch.full((code,), 0.1))
        self.bias = nn.Parameter(torch.zeros(()))

    def see(self, x: Tensor, marks: Tensor) -> list[Tensor]:
        h, maps = torch.cat([x, marks], 1), []
        for layer in self.trunk:
            h = F.leaky_relu(layer(h), SLOPE)
            maps.append(h)
        return maps

    def score(self, seen: list[Tensor], person: Tensor) -> Tensor:
        v = seen[-1].mean((2, 3))
        return (v * (person + self.anyone)).sum(1) + self.bias
