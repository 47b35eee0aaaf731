"""Presets that write sentences."""

from __future__ import annotations

from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.games.seqgan import SeqGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import TextCNN, Writer
from gansmith.presets.players import take
from gansmith.presets.preset import Preset


def seqgan(
    spec: DataSpec,
    *,
    embed: int = 32,
    hidden: int = 64,
    filters: int | None = 64,
    rollouts: int = 4,
    imitate_steps: int = 600,
    judge_steps: int = 200,
    d_steps: int = 1,
    lr: float = 5e-3,
    rate: float = 0.02,
    d_lr: float = 1e-3,
    batch: int = 64,
    steps: int = 1200,
) -> Recipe:
    """SeqGAN: sentences by maximum likelihood, then policy gradient (arXiv:1609.05473, Alg. 1).

    embed: size of G's word vectors.
    hidden: size of G's memory.
    filters: filters of D for each window of 1 to 5 words; None takes the paper's twelve windows.
    rollouts: completions that value each token.
    imitate_steps: steps of maximum likelihood before the game.
    judge_steps: steps of D alone after them.
    d_steps: moves of D for one of G.
    lr: learning rate of G.
    rate: factor on G's learning rate once it plays.
    d_lr: learning rate of D.
    batch: sentences in a batch.
    steps: length of the run.
    """
    take(spec, "seqgan", "text")
    windows = None if filters is None else dict.fromkeys(range(1, min(5, spec.length) + 1), filters)
    game = SeqGAN(
        Writer(spec.vocab, spec.length, embed, hidden, ends=True),
        TextCNN(spec.vocab, spec.length, embed, windows),
        objective=OBJECTIVES["non-saturating"],
        imitate_steps=imitate_steps,
        judge_steps=judge_steps,
        rollouts=rollouts,
        d_steps=d_steps,
        rate=rate,
    )
    return Recipe(game, {"G": adam(lr), "D": adam(d_lr)}, batch, steps, show=100)


FAMILY: dict[str, Preset] = {
    "seqgan": Preset(
        seqgan,
        data="grammar",
        cites="arXiv:1609.05473",
        paper=dict(
            hidden=32,
            filters=None,
            rollouts=16,
            imitate_steps=18_000,
            judge_steps=11_000,
            d_steps=15,
            lr=1e-2,
            rate=1.0,
            d_lr=1e-4,
            steps=29_200,
        ),
    ),
}
