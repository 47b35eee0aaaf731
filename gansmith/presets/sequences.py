"""Sequence generation: sentences of discrete tokens."""

from __future__ import annotations

from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.data.require import require_condition, require_kind
from gansmith.games.seq2seq import Seq2Seq
from gansmith.games.seqgan import SeqGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import RNNGenerator, TextCNN
from gansmith.networks.seq2seq import AttentionSeq2Seq
from gansmith.presets.preset import Preset


def seqgan(
    spec: DataSpec,
    *,
    embed_dim: int = 32,
    hidden_dim: int = 64,
    filters: int | None = 64,
    rollouts: int = 4,
    mle_steps: int = 600,
    d_pretrain_steps: int = 200,
    d_steps: int = 1,
    lr: float = 5e-3,
    g_lr_factor: float = 0.02,
    d_lr: float = 1e-3,
    batch: int = 64,
    steps: int = 1200,
) -> Recipe:
    """SeqGAN: sentences by maximum likelihood, then policy gradient (arXiv:1609.05473, Alg. 1).

    embed_dim: dimension of the word embeddings.
    hidden_dim: size of G's recurrent state.
    filters: filters of D for each window of 1 to 5 words; None takes the paper's twelve windows.
    rollouts: completions that estimate the value of each token.
    mle_steps: steps of maximum likelihood before the game.
    d_pretrain_steps: steps of D alone after them.
    lr: learning rate of G.
    g_lr_factor: factor on G's learning rate in the game.
    d_lr: learning rate of D.
    batch: sentences in a batch.
    """
    require_kind(spec, "seqgan", "text")
    windows = None if filters is None else dict.fromkeys(range(1, min(5, spec.length) + 1), filters)
    game = SeqGAN(
        RNNGenerator(spec.vocab, spec.length, embed_dim, hidden_dim, ends=True),
        TextCNN(spec.vocab, spec.length, embed_dim, windows),
        objective=OBJECTIVES["non-saturating"],
        mle_steps=mle_steps,
        d_pretrain_steps=d_pretrain_steps,
        rollouts=rollouts,
        d_steps=d_steps,
        g_lr_factor=g_lr_factor,
    )
    return Recipe(game, {"G": adam(lr), "D": adam(d_lr)}, batch, steps, sample_every=100)


def seq2seq(
    spec: DataSpec,
    *,
    embed_dim: int = 64,
    hidden_dim: int = 128,
    lr: float = 2e-3,
    batch: int = 64,
    steps: int = 3000,
) -> Recipe:
    """Sentences conditioned on sentences, with attention, by maximum likelihood (arXiv:1409.0473).

    embed_dim: dimension of the word embeddings.
    hidden_dim: dimension of the recurrent states.
    batch: pairs of sentences in a batch.
    """
    require_kind(spec, "seq2seq", "text")
    c = require_condition(
        spec,
        "sentence",
        otherwise=f"seq2seq is trained on pairs of sentences; {spec.name} has none: bring a text "
        "file with a source, a tab and a target in each line (docs/data.md)",
    )
    game = Seq2Seq(AttentionSeq2Seq(c.vocab, spec.vocab, spec.length, embed_dim, hidden_dim))
    return Recipe(game, {"G": adam(lr, 0.9)}, batch, steps, ema=0.99)


FAMILY: dict[str, Preset] = {
    "seqgan": Preset(
        seqgan,
        data="grammar",
        cites="arXiv:1609.05473",
        takes="text",
        paper=dict(
            hidden_dim=32,
            filters=None,
            rollouts=16,
            mle_steps=18_000,
            d_pretrain_steps=11_000,
            d_steps=15,
            lr=1e-2,
            g_lr_factor=1.0,
            d_lr=1e-4,
            steps=29_200,
        ),
    ),
    "seq2seq": Preset(
        seq2seq,
        data="number-words",
        cites="arXiv:1409.0473",
        takes="pairs of sentences",
        paper=dict(embed_dim=620, hidden_dim=1000, lr=1e-3, batch=80, steps=320_000),
    ),
}
