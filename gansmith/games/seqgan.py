"""SeqGAN (arXiv:1609.05473, Algorithm 1): a GAN of sentences, by policy gradient.

G writes a sentence token by token, which cannot be differentiated; so D's verdict is a
reward. G first imitates the data (maximum likelihood), D learns to tell its sentences from
real ones, then both play: G by REINFORCE, each token rewarded by what D thinks of
completions of the sentence so far, rolled out by G itself.

Departs from the paper in: the roll-out policy is G itself, not a delayed copy; a running
mean of the rewards of earlier steps is subtracted as a baseline, which leaves the gradient
unbiased and quietens it (the paper has none); D sees one batch of fakes a move.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.game import Batch, Game, Given, Phase, Program, Stage, Terms
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective
from gansmith.networks.recurrent import Writer
from gansmith.networks.rnn_export import UnrolledWriter
from gansmith.networks.textcnn import TextCNN


class SeqGAN(Game):
    """A writer of sentences against a discriminator of sentences.

    G: writes token ids (B, T); knows its own likelihood.
    D: token ids (B, T) -> logits (B,).
    imitate_steps: steps of maximum likelihood before the game.
    judge_steps: steps of D alone, then.
    rollouts: completions per position that estimate an action's value (Eq. 4).
    d_steps: moves of D for one of G.
    rate: factor on G's learning rate in the game, against that of maximum likelihood.
    """

    def __init__(
        self,
        G: Writer,
        D: TextCNN,
        *,
        objective: Objective,
        imitate_steps: int,
        judge_steps: int,
        rollouts: int = 16,
        d_steps: int = 1,
        rate: float = 1.0,
    ) -> None:
        super().__init__()
        self.G, self.D, self.objective = G, D, objective
        self.imitate_steps, self.judge_steps = imitate_steps, judge_steps
        self.rollouts, self.d_steps, self.rate = rollouts, d_steps, rate
        self.baseline: Tensor
        self.register_buffer("baseline", torch.tensor(0.5))

    def stages(self) -> tuple[Stage, ...]:
        imitate = Phase("G", self.imitate, draw=self.weigh)
        judge = Phase("D", self.judge)
        reinforce = Phase("G", self.reinforce, rate=self.rate, draw=self.dream)
        play = (reinforce, Phase("D", self.judge, repeat=self.d_steps))
        return (
            Stage(self.imitate_steps, (imitate,)),
            Stage(self.judge_steps, (judge,)),
            Stage(None, play),
        )

    def phases(self) -> tuple[Phase, ...]:
        return self.stages()[-1].phases

    def weigh(self, x: Batch, rng: Rng) -> Batch:
        """Weight sentences so that a mean over them is a mean over all tokens of the batch."""
        spoken = (x.lengths + 1).clamp(max=x.tokens.shape[1]).float()  # the end is a token too
        x.scale = (1 / spoken.mean()).expand(len(x))
        return x

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.u = rng.uniform(*x.tokens.shape)
        return x

    def dream(self, x: Batch, rng: Rng) -> Batch:
        """The uniforms of one sentence each, and of all its roll-outs."""
        x = self.draw(x, rng)
        x.v = rng.uniform(*self.G.rollout_shape(len(x), x.tokens.shape[1], self.rollouts))
        return x

    def imitate(self, x: Batch) -> Terms:
        """Negative log-likelihood per token."""
        return dict(nll=(self.G.nll(x.tokens).sum(1) * x.scale).mean())

    def reinforce(self, x: Batch) -> Terms:
        """Eq. 8: each token's log-likelihood times its action value."""
        y = self.G.sample(x.u)  # (B, T)
        q = self.values(y, x.v)  # (B, T)
        x.note(reward=q.mean())
        return dict(policy=((q - self.baseline) * self.G.nll(y)).sum(1).mean())

    def judge(self, x: Batch) -> Terms:
        """Eq. 5, on fresh sentences of G."""
        return dict(adv=self.objective.d(self.D(x.tokens), self.D(self.G.sample(x.u))))

    def after(self, phase: Phase, notes: dict[str, float]) -> None:
        if "reward" in notes:
            self.baseline += 0.1 * (notes["reward"] - self.baseline)

    @torch.no_grad()
    def values(self, y: Tensor, v: Tensor) -> Tensor:
        """Q(prefix, token) by Monte-Carlo search (Eq. 4), (B, T): D's mean probability of real."""
        ends = self.G.rollout(y, v)  # (T-1, N, B, T)
        early = self.D(ends.flatten(0, 2)).sigmoid().view(ends.shape[:3]).mean(1)  # (T-1, B)
        return torch.cat([early, self.D(y).sigmoid()[None]]).T

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n sentences as token ids, (n, T)."""
        device = next(self.G.parameters()).device
        u = rng.uniform(n, self.G.length).to(device)
        return torch.cat([self.G.sample(part) for part in u.split(512)])

    def exports(self) -> dict[str, Program]:
        """G, from uniforms to sentences."""
        meaning = "uniform numbers in [0, 1): u[b, t] decides symbol t of sentence b"
        u = Given(torch.zeros(2, self.G.length), meaning, f"torch.rand(16, {self.G.length})")
        return {"G": Program(UnrolledWriter(self.G), {"u": u})}
