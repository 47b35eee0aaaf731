"""Unrolled GAN (arXiv:1611.02163, Eqs. 7 to 10): G anticipates the response of D.

D moves as in `GAN`. G's loss is taken at the parameters that D would have after some gradient steps
of its own; these steps are differentiated through, so that G sees how its fakes change them.

Departs from the paper in: the unrolled steps see the batch itself again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gansmith.core.game import Batch, Losses, Phase
from gansmith.core.precision import eager_float32, to_float32
from gansmith.games.gan import GAN, Generator
from gansmith.losses.objectives import Objective

Update = Callable[[Sequence[Tensor]], list[Tensor]]
EPS = 1e-8  # of Adam


class Lookahead(nn.Module):
    """`steps` steps of gradient descent on D's loss, as a differentiable function.

    theta_0 = theta,  theta_{k+1} = theta_k - lr * grad L_D(theta_k).
    Raises ValueError for fewer than 0 steps or a learning rate that is not positive.
    """

    def __init__(self, steps: int = 5, lr: float = 0.1) -> None:
        super().__init__()
        if steps < 0 or not lr > 0:
            raise ValueError(
                f"D is unrolled 0 steps or more at a learning rate above 0; got {steps}, {lr}"
            )
        self.steps, self.lr = steps, lr

    @property
    def batch_coupled(self) -> bool:
        """Whether the examples of a batch influence each other: they do in the unrolled steps."""
        return self.steps > 0

    def observe(self, D: nn.Module) -> None:
        """Called when D has moved, while its gradients are still there."""

    def forward(
        self, D: nn.Module, objective: Objective, real: Tensor, fake: Tensor
    ) -> dict[str, Tensor]:
        """D's parameters after the steps, with the graph that led to them."""
        theta = {name: p.clone().requires_grad_() for name, p in D.named_parameters()}
        for update in self.updates():
            loss = objective.d(_call(D, theta, real), _call(D, theta, fake))
            gradients = torch.autograd.grad(loss, list(theta.values()), create_graph=True)
            moves = update(gradients)
            theta = {name: p - move for (name, p), move in zip(theta.items(), moves, strict=True)}
        return theta

    def updates(self) -> Iterator[Update]:
        """What each step makes of the gradients."""
        for _ in range(self.steps):
            yield lambda gradients: [self.lr * gradient for gradient in gradients]


class AdamLookahead(Lookahead):
    """The same by D's own Adam, which goes on from the moments of the moves that D has made.

    m_{k+1} = beta1 m_k + (1 - beta1) g_k,  v_{k+1} = beta2 v_k + (1 - beta2) g_k^2,
    theta_{k+1} = theta_k - lr * (m_{k+1} / (1 - beta1^t)) / (sqrt(v_{k+1} / (1 - beta2^t)) + eps)

    The moments of D's past gradients are kept in buffers, by `observe`; they are those of D's
    optimiser. Without them a step would be lr times a sign, through which no gradient flows.
    D: whose size the buffers have. lr, beta1, beta2: those of D's optimiser.
    """

    m: Tensor
    v: Tensor
    moves: Tensor

    def __init__(
        self, D: nn.Module, steps: int, lr: float, beta1: float = 0.9, beta2: float = 0.999
    ) -> None:
        super().__init__(steps, lr)
        self.beta1, self.beta2 = beta1, beta2
        self.sizes = [p.numel() for p in D.parameters()]
        self.register_buffer("m", torch.zeros(sum(self.sizes)))
        self.register_buffer("v", torch.zeros(sum(self.sizes)))
        self.register_buffer("moves", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def observe(self, D: nn.Module) -> None:
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in D.parameters()]
        gradient = torch.cat([part.reshape(-1) for part in parts]).to(self.m.dtype)
        self.m.lerp_(gradient, 1 - self.beta1)
        self.v.mul_(self.beta2).addcmul_(gradient, gradient, value=1 - self.beta2)
        self.moves += 1

    def updates(self) -> Iterator[Update]:
        m, v, t = list(self.m.split(self.sizes)), list(self.v.split(self.sizes)), int(self.moves)

        def update(gradients: Sequence[Tensor]) -> list[Tensor]:
            nonlocal t
            t += 1
            found = []
            for i, gradient in enumerate(gradients):
                g = gradient.reshape(-1)
                m[i] = self.beta1 * m[i] + (1 - self.beta1) * g
                v[i] = self.beta2 * v[i] + (1 - self.beta2) * g.square()
                # EPS^2 within the root keeps its slope finite where a gradient is 0.
                scale = (v[i] / (1 - self.beta2**t) + EPS**2).sqrt() + EPS
                found.append(self.lr * (m[i] / (1 - self.beta1**t) / scale).view_as(gradient))
            return found

        for _ in range(self.steps):
            yield update


class UnrolledGAN(GAN):
    """A generator against an unrolled discriminator.

    D has no norm layers: their statistics would also move in the unrolled passes.
    lookahead: how D is unrolled, as its optimiser moves it.
    """

    def __init__(
        self, G: Generator, D: nn.Module, *, objective: Objective, lookahead: Lookahead
    ) -> None:
        super().__init__(G, D, objective=objective)
        self.lookahead = lookahead

    def g_loss(self, x: Batch) -> Losses:
        fake = self.G(x.z)
        with eager_float32(x.real):  # second derivatives: in full precision
            real, fake = to_float32(x.real), _full(fake)
            theta = self.lookahead(self.D, self.objective, real, fake)
            logit = _call(self.D, theta, fake)
            seen = _call(self.D, theta, real) if self.objective.needs_real else None
            return dict(adv=self.objective.g(seen, logit))

    def after_phase(self, phase: Phase, notes: dict[str, float]) -> None:
        if "D" in phase.movers:
            self.lookahead.observe(self.D)


def _call(D: nn.Module, theta: dict[str, Tensor], x: Tensor) -> Tensor:
    logit: Any = functional_call(D, theta, (x,))
    return logit


def _full(x: Tensor) -> Tensor:
    """Half precision as float32, with its graph."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
