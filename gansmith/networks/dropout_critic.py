"""Critics with dropout whose random numbers are passed in (arXiv:1803.01541)."""

from __future__ import annotations

from torch import Tensor, nn


class DropoutCritic(nn.Module):
    """A critic with dropout of whole channels after each hidden layer (CT-GAN).

    After each ReLU a channel (for points: a unit) is dropped where its number lies below `rate`,
    and scaled by 1 / (1 - rate) elsewhere. Without numbers nothing is dropped.

    critic: has `layers: nn.Sequential` that end in (B, 1), with a ReLU after each convolution or
        dense layer but the last.
    rate: share that is dropped, in (0, 1). noise_size: random numbers that a sample needs.
    Raises ValueError for another rate, a critic without ReLUs or with layers inside of layers,
    TypeError for one without layers.
    """

    def __init__(self, critic: nn.Module, rate: float = 0.5) -> None:
        super().__init__()
        if not 0 < rate < 1:
            raise ValueError(f"a share between 0 and 1 is dropped; got rate={rate}")
        layers = getattr(critic, "layers", None)
        if not isinstance(layers, nn.Sequential):
            raise TypeError(
                "dropout is added to a critic with `layers: nn.Sequential`; "
                f"{type(critic).__name__} has none"
            )
        if any(isinstance(layer, nn.Sequential) for layer in layers):
            raise ValueError(
                "dropout reaches only the layers of the critic itself; some of "
                f"{type(critic).__name__} stand in an nn.Sequential inside: write them in one"
            )
        self.layers, self.rate = layers, rate
        self.widths = list(_widths(layers))
        self.noise_size = sum(self.widths)
        if not self.widths:
            raise ValueError("a critic without ReLUs has no hidden layer to drop from")

    def features(self, x: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The logit (B,) and the last hidden layer (B, ...); noise (B, noise_size) in [0, 1)."""
        masks = [None] * len(self.widths) if noise is None else noise.split(self.widths, 1)
        left = iter(masks)
        hidden = x
        for layer in self.layers:
            x = layer(x)
            if isinstance(layer, (nn.ReLU, nn.LeakyReLU)):
                hidden = x = self.drop(x, next(left))
        return x.squeeze(1), hidden

    def drop(self, x: Tensor, u: Tensor | None) -> Tensor:
        """x without the channels whose numbers lie below the rate."""
        if u is None:
            return x
        kept = (u >= self.rate).to(x.dtype) / (1 - self.rate)
        return x * kept.reshape(*kept.shape, *[1] * (x.dim() - 2))

    def forward(self, x: Tensor, noise: Tensor | None = None) -> Tensor:
        return self.features(x, noise)[0]


def _widths(layers: nn.Sequential) -> list[int]:
    """Channels at each ReLU."""
    widths, now = [], 0
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            now = layer.out_channels
        elif isinstance(layer, nn.Linear):
            now = layer.out_features
        elif isinstance(layer, (nn.ReLU, nn.LeakyReLU)):
            widths.append(now)
    return widths
