"""SeqGAN (arXiv:1609.05473, Algorithm 1): a GAN of sentences, trained by policy gradient.

G samples a sentence token by token, which cannot be differentiated; so D's output serves as a
reward. First G is pre-trained by maximum likelihood, then D to discriminate its sentences from real
ones; then both play: G by REINFORCE, each token rewarded by D's mean score of completions of the
sentence up to it, rolled out by G itself.

Departs from the paper in: the roll-out policy is G itself, not a delayed copy; a running
mean of earlier rewards is subtracted as a baseline, which leaves the gradient unbiased and lowers
its variance (the paper has none); D sees one batch of fakes per move.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.game import Batch, Game, Losses, Phase, Stage
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective
from gansmith.networks.recurrent import RNNGenerator
from gansmith.networks.rnn_export import ExportableRNN
from gansmith.networks.textcnn import TextCNN


class SeqGAN(Game):
    """A generator of sentences against a discriminator of sentences.

    G: samples token ids (B, T), with a known likelihood.
    D: token ids (B, T) -> logits (B,).
    mle_steps: steps of maximum likelihood before the game.
    d_pretrain_steps: steps of D alone after them.
    rollouts: completions per position that estimate an action's value (Eq. 4).
    d_steps: moves of D for one of G.
    g_lr_factor: factor on G's learning rate in the game, relative to maximum likelihood.
    """

    def __init__(
        self,
        G: RNNGenerator,
        D: TextCNN,
        *,
        objective: Objective,
        mle_steps: int,
        d_pretrain_steps: int,
        rollouts: int = 16,
        d_steps: int = 1,
        g_lr_factor: float = 1.0,
    ) -> None:
        super().__init__()
        self.G, self.D, self.objective = G, D, objective
        self.mle_steps, self.d_pretrain_steps = mle_steps, d_pretrain_steps
        self.rollouts, self.d_steps, self.g_lr_factor = rollouts, d_steps, g_lr_factor
        self.baseline: Tensor
        self.register_buffer("baseline", torch.tensor(0.5))

    def stages(self) -> tuple[Stage, ...]:
        g_pretrain = Phase("G", self.g_pretrain_loss, name="G_pretrain", draw=self.draw_pretrain)
        d_pretrain = Phase("D", self.d_loss, name="D_pretrain")
        g_policy = Phase("G", self.g_policy_loss, lr_factor=self.g_lr_factor, draw=self.draw_policy)
        game = (g_policy, Phase("D", self.d_loss, repeat=self.d_steps))
        return (
            Stage(self.mle_steps, (g_pretrain,)),
            Stage(self.d_pretrain_steps, (d_pretrain,)),
            Stage(None, game),
        )

    def phases(self) -> tuple[Phase, ...]:
        return self.stages()[-1].phases

    def draw_pretrain(self, x: Batch, rng: Rng) -> Batch:
        """Weight sentences so that a mean over them is a mean over all tokens of the batch."""
        tokens = (x.lengths + 1).clamp(max=x.tokens.shape[1]).float()  # the end is a token too
        x.scale = (1 / tokens.mean()).expand(len(x))
        return x

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.u = rng.uniform(*x.tokens.shape)
        return x

    def draw_policy(self, x: Batch, rng: Rng) -> Batch:
        """The uniforms of one sentence each, and of all its roll-outs."""
        x = self.draw(x, rng)
        x.v = rng.uniform(*self.G.rollout_shape(len(x), x.tokens.shape[1], self.rollouts))
        return x

    def g_pretrain_loss(self, x: Batch) -> Losses:
        """Negative log-likelihood per token."""
        return dict(mle=(self.G.nll(x.tokens).sum(1) * x.scale).mean())

    def g_policy_loss(self, x: Batch) -> Losses:
        """Eq. 8: each token's log-likelihood times its action value."""
        y = self.G.sample(x.u)  # (B, T)
        q = self.values(y, x.v)  # (B, T)
        x.note(reward=q.mean())
        return dict(policy=((q - self.baseline) * self.G.nll(y)).sum(1).mean())

    def d_loss(self, x: Batch) -> Losses:
        """Eq. 5, on fresh sentences of G."""
        return dict(adv=self.objective.d(self.D(x.tokens), self.D(self.G.sample(x.u))))

    def after_phase(self, phase: Phase, notes: dict[str, float]) -> None:
        if "reward" in notes:
            self.baseline += 0.1 * (notes["reward"] - self.baseline)

    @torch.no_grad()
    def values(self, y: Tensor, v: Tensor) -> Tensor:
        """Q(prefix, token) by Monte Carlo search (Eq. 4), (B, T): D's mean probability of real."""
        ends = self.G.rollout(y, v)  # (T-1, N, B, T)
        early = self.D(ends.flatten(0, 2)).sigmoid().view(ends.shape[:3]).mean(1)  # (T-1, B)
        return torch.cat([early, self.D(y).sigmoid()[None]]).T

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n sentences as token ids, (n, T)."""
        device = next(self.G.parameters()).device
        u = rng.uniform(n, self.G.length).to(device)
        return torch.cat([self.G.sample(part) for part in u.split(512)])

    def exports(self) -> dict[str, ExportableModule]:
        """G, from uniforms to sentences."""
        meaning = "uniform numbers in [0, 1): u[b, t] decides symbol t of sentence b"
        u = ExportInput(torch.zeros(2, self.G.length), meaning, f"torch.rand(16, {self.G.length})")
        return {"G": ExportableModule(ExportableRNN(self.G), {"u": u})}
