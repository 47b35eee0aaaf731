"""Fully connected players, for points and for small images."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import prod

from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.dcgan import Head

Activation = Callable[[], nn.Module]


def hidden_layers(inputs: int, width: int, depth: int, activation: Activation) -> list[nn.Module]:
    """`depth` fully connected layers of `width` units, each followed by its activation."""
    if width < 1 or depth < 1:
        raise ValueError(f"an MLP needs width >= 1 and depth >= 1; got {width} and {depth}")
    sizes = [inputs] + [width] * depth
    chain: list[nn.Module] = []
    for before, after in pairwise(sizes):
        chain += [nn.Linear(before, after), activation()]
    return chain


class MLPGenerator(nn.Module):
    """Codes to points, through `depth` hidden layers.

    latent: prior over codes. dim: coordinates of a point. activation: the class of the hidden
    activations, for example nn.ReLU.
    forward: z (B, latent.dim) -> points (B, dim), unbounded.
    """

    def __init__(
        self,
        latent: Latent,
        dim: int,
        width: int = 128,
        depth: int = 3,
        activation: Activation = nn.ReLU,
    ) -> None:
        super().__init__()
        self.latent = latent
        chain = hidden_layers(latent.dim, width, depth, activation)
        self.layers = nn.Sequential(*chain, nn.Linear(width, dim))

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


def linear_head(width: int, side: int = 1) -> list[nn.Module]:
    """One fully connected layer, (B, width) to (B, 1); `side` is 1 in an MLP."""
    return [nn.Linear(width, 1)]


class MLPCritic(nn.Module):
    """Points, or flattened images, to logits.

    dim: coordinates of a point (channels * height * width for images).
    head: from (width, 1) the modules that end in (B, 1), for example `minibatch_head(32, 5)`.
    forward: (B, ...) with `dim` numbers a row -> logits (B,), high = real.
    layers: all layers, (B, ...) -> (B, 1).
    """

    def __init__(
        self,
        dim: int,
        width: int = 128,
        depth: int = 3,
        activation: Activation = nn.ReLU,
        head: Head = linear_head,
    ) -> None:
        super().__init__()
        chain = hidden_layers(dim, width, depth, activation)
        self.layers = nn.Sequential(nn.Flatten(), *chain, *head(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)


class MLPImageGenerator(nn.Module):
    """The generator of the first GAN, codes to images (arXiv:1406.2661, section 5).

    Two hidden layers of 1200 ReLUs, weights uniform in [-0.05, 0.05]: the sizes of the
    authors' published MNIST set-up. The paper ends in a sigmoid on pixels in [0, 1]; on
    [-1, 1] that is tanh, since tanh(v) = 2 sigmoid(2 v) - 1.

    forward: z (B, latent.dim) -> images (B, channels, size, size) in [-1, 1].
    """

    def __init__(
        self, latent: Latent, channels: int, size: int, width: int = 1200, depth: int = 2
    ) -> None:
        super().__init__()
        self.latent = latent
        self.shape = (channels, size, size)
        chain = hidden_layers(latent.dim, width, depth, nn.ReLU)
        self.layers = nn.Sequential(*chain, nn.Linear(width, prod(self.shape)), nn.Tanh())
        init_uniform(self, 0.05)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).unflatten(1, self.shape)


class Maxout(nn.Module):
    """The largest of several linear maps, unit by unit (arXiv:1302.4389, equation 1).

    h_i(x) = max_j (W_ij x + b_ij), j = 1 .. pieces.
    forward: (B, inputs) -> (B, units).
    """

    def __init__(self, inputs: int, units: int, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(inputs, units * pieces)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x).unflatten(1, (-1, self.pieces)).amax(2)


class MaxoutCritic(nn.Module):
    """The discriminator of the first GAN (arXiv:1406.2661, section 5).

    Maxout layers of 240 units and 5 pieces, weights uniform in [-0.005, 0.005]: the sizes of
    the authors' published MNIST set-up. Departs from it in: no dropout, because players
    draw no random numbers.

    forward: (B, ...) with `dim` numbers a row -> logits (B,), high = real.
    """

    def __init__(self, dim: int, width: int = 240, pieces: int = 5, depth: int = 2) -> None:
        super().__init__()
        sizes = [dim] + [width] * depth
        chain = [Maxout(a, b, pieces) for a, b in pairwise(sizes)]
        self.layers = nn.Sequential(nn.Flatten(), *chain, nn.Linear(width, 1))
        init_uniform(self, 0.005)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)


def init_uniform(module: nn.Module, bound: float) -> None:
    """Draw every linear weight from U(-bound, bound) and clear the biases, in place."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.uniform_(part.weight, -bound, bound)
            nn.init.zeros_(part.bias)
