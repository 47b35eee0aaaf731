"""Constraints on a critic's weights: clipping and spectral normalization.

A constraint is applied after its player has moved: the training loop calls `after_move` on every
`Constraint` among the submodules of that player, once per move and never in between.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

Network = TypeVar("Network", bound=nn.Module)

# The axis of the weight that counts outputs; the others are laid out as the columns.
OUTPUT_AXIS: dict[type[nn.Module], int] = {
    nn.Linear: 0,
    nn.Conv1d: 0,
    nn.Conv2d: 0,
    nn.ConvTranspose2d: 1,
    nn.Embedding: 0,
}


class Constraint(nn.Module):
    """A module whose constraint is restored each time its player has moved."""

    def after_move(self) -> None:
        """Restore the constraint. Deterministic, in place, without gradients."""
        raise NotImplementedError(f"{type(self).__name__} does not define after_move")


class WeightClipping(Constraint):
    """A critic whose parameters all lie in [-c, c]: WGAN, arXiv:1701.07875, Algorithm 1.

    Clipped at the start and after each move. It bounds the Lipschitz constant by a number that
    depends on the architecture, not by 1. Raises ValueError when c is not above 0.
    """

    def __init__(self, critic: nn.Module, c: float = 0.01) -> None:
        super().__init__()
        if not c > 0:
            raise ValueError(f"weights are clipped to [-c, c] with c > 0; got c = {c}")
        self.critic, self.c = critic, c
        self.after_move()

    @property
    def layers(self) -> nn.Sequential:
        """The layers of the critic, where it is a sequence of layers."""
        return cast(nn.Sequential, self.critic.layers)

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        logit: Tensor = self.critic(*args, **kwargs)
        return logit

    @torch.no_grad()
    def after_move(self) -> None:
        for parameter in self.critic.parameters():
            parameter.clamp_(-self.c, self.c)


class SpectralNorm(Constraint):
    """The parametrization W -> W / sigma, arXiv:1802.05957, equations 8 to 10 and Algorithm 1.

    sigma = u' W v with u, v (buffers) near the first singular vectors of W as a matrix. forward
    does not change them, so that any number of passes or micro-batches uses the same weight;
    after_move makes `iterations` power iterations on the new weight.

    layer: the layer of the weight; it is looked up at each move and not registered as a child.
    axis: the axis of the weight that counts outputs. iterations: power iterations after a move.
    """

    u: Tensor
    v: Tensor

    def __init__(self, layer: nn.Module, axis: int, iterations: int = 1) -> None:
        super().__init__()
        self.axis, self.iterations = axis, iterations
        self.owner = (layer,)  # a tuple, since a module would be registered and make a cycle
        weight = cast(Tensor, layer.weight).detach()
        u, v = _first_singular_vectors(self.matrix(weight).double())
        self.register_buffer("u", u.to(weight))
        self.register_buffer("v", v.to(weight))

    def matrix(self, weight: Tensor) -> Tensor:
        """The weight as a matrix, (outputs, all else)."""
        return weight.movedim(self.axis, 0).flatten(1)

    def forward(self, weight: Tensor) -> Tensor:
        # Clones: after_move writes into u and v, also while an older graph is still in use.
        sigma = self.u.clone() @ (self.matrix(weight) @ self.v.clone())
        return weight / sigma.clamp_min(torch.finfo(weight.dtype).tiny)

    @torch.no_grad()
    def iterate(self, weight: Tensor) -> None:
        """One power iteration: v along W' u, then u along W v. A zero weight moves neither."""
        matrix = self.matrix(weight)
        _turn(self.v, matrix.T @ self.u)
        _turn(self.u, matrix @ self.v)

    def after_move(self) -> None:
        (layer,) = self.owner
        parametrizations = cast(nn.ModuleDict, layer.parametrizations)
        for _ in range(self.iterations):
            self.iterate(cast(Tensor, parametrizations["weight"].original))


def spectral_norm(module: Network, *, iterations: int = 1) -> Network:
    """Divide the weight of one layer by its largest singular value: arXiv:1802.05957.

    The layer is changed in place and returned. The norm is exact at the start (fifteen power
    iterations from a random vector leave an error of up to 7 % on fresh weights), then tracked by
    `iterations` per move. With one, as in the paper, it lags by up to 3 % while another singular
    vector becomes the largest (measured on a 40 x 30 layer under Adam at 1e-3); with three by up to
    0.7 %. Apart from that lag a dense layer has a Lipschitz constant of 1.

    For a convolution, sigma is that of the kernel laid out as a matrix (outputs, inputs x places),
    which is NOT the norm of the convolution: with stride s and k x k places that can be up to
    ceil(k / s) times larger. Fresh weights measure 1.5 to 2.4 times for 3x3 stride 1 and 1.2 to
    1.7 times for 4x4 stride 2; kernels of one sign near the limit (2.9 and 1.9). A chain of such
    layers multiplies the factors; `conv_operator_norm` measures one.

    Raises TypeError for other layers, ValueError when the weight is parametrized already.
    """
    if parametrize.is_parametrized(module, "weight"):
        raise ValueError("the weight of this layer is parametrized already")
    axis = OUTPUT_AXIS.get(type(module))
    if axis is None:
        known = ", ".join(kind.__name__ for kind in OUTPUT_AXIS)
        raise TypeError(f"spectral norm is for {known}; got {type(module).__name__}")
    parametrize.register_parametrization(module, "weight", SpectralNorm(module, axis, iterations))
    return module


def spectral_norm_all(network: Network, *, iterations: int = 1) -> Network:
    """Apply `spectral_norm` to every layer of a network that it supports, in place.

    Raises ValueError when there is no such layer.
    """
    layers = [module for module in network.modules() if type(module) in OUTPUT_AXIS]
    if not layers:
        raise ValueError(f"{type(network).__name__} has no layer with a weight to normalize")
    for layer in layers:
        spectral_norm(layer, iterations=iterations)
    return network


def conv_operator_norm(conv: nn.Conv2d, size: tuple[int, int]) -> float:
    """The operator norm of a convolution on images of (height, width), its padding included.

    The root of the largest eigenvalue of A'A, by Lanczos (ARPACK) with the convolution and its
    transpose in float64, without the bias: exact to 1e-10 also where singular values are close, and
    much more expensive than the norm of the kernel. For reports and tests.
    """
    # Here, since every training run imports this file and none of them calls this.
    from scipy.sparse.linalg import LinearOperator, eigsh

    weight = conv.weight.detach().cpu().double()
    shape = (1, conv.in_channels, *size)

    def squared(x: np.ndarray) -> np.ndarray:
        picture = torch.from_numpy(x).to(weight).reshape(shape).requires_grad_()
        with torch.enable_grad():
            # The private method knows the layer's padding mode, which F.conv2d does not.
            y = conv._conv_forward(picture, weight, None)
        (image,) = torch.autograd.grad(y, picture, y.detach())
        return image.flatten().numpy()

    n = math.prod(shape)
    start = np.random.default_rng(0).standard_normal(n)
    if not squared(start).any():
        return 0.0
    if n == 1:
        return math.sqrt(squared(np.ones(1))[0])
    gram = LinearOperator((n, n), matvec=squared, dtype=np.float64)
    (largest,) = eigsh(gram, k=1, v0=start, return_eigenvectors=False)
    return math.sqrt(largest)


def _turn(unit: Tensor, image: Tensor) -> None:
    """Set a unit vector to the direction of its image; a zero image has none and leaves it."""
    length = torch.linalg.vector_norm(image)
    unit.copy_(torch.where(length > 0, image / length, unit))


def _first_singular_vectors(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """u, v of the largest singular value, from the smaller of the two squares of the matrix."""
    rows, columns = matrix.shape
    u, v = (matrix.new_full((size,), size**-0.5) for size in (rows, columns))
    if rows <= columns:
        u.copy_(torch.linalg.eigh(matrix @ matrix.T).eigenvectors[:, -1])
        _turn(v, matrix.T @ u)
    else:
        v.copy_(torch.linalg.eigh(matrix.T @ matrix).eigenvectors[:, -1])
        _turn(u, matrix @ v)
    return u, v
