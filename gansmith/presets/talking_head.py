"""Presets that animate a face of which there are few pictures."""

from __future__ import annotations

from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataError, DataSpec
from gansmith.evaluation.select import judge_of
from gansmith.games.talking_head import MARKS, TalkingHead
from gansmith.losses.objectives import OBJECTIVES
from gansmith.losses.perceptual import by_judge, unseen
from gansmith.networks.talking_head import Embedder, HeadDiscriminator, HeadGenerator
from gansmith.presets.players import take
from gansmith.presets.preset import Preset


def talking_head(
    spec: DataSpec,
    *,
    width: int = 24,
    code: int = 64,
    shots: int = 4,
    content: float = 10.0,
    perceptual: float = 0.0,
    features: float = 10.0,
    match: float = 0.2,
    lr: float = 1e-3,
    batch: int = 8,
    steps: int = 4000,
) -> Recipe:
    """Talking heads: a person of few pictures follows landmarks (arXiv:1905.08233, Eq. 3 to 8).

    width: channels of the players next to the picture.
    code: numbers that say who a person is.
    shots: pictures of a person that are looked at in training; in use there may be any number.
    content: weight of the absolute difference to the true picture.
    perceptual: weight of the difference as a classifier sees it.
    features: weight of the difference of D's maps.
    match: weight of the difference between E's vector of a person and D's.
    lr: learning rate of Adam, with beta1 0.5.
    batch: persons in a batch.
    steps: length of the run.
    """
    take(spec, "talking-head", "image")
    c = spec.condition
    if c is None or c.kind != "likeness":
        raise DataError(
            f"talking-head wants pictures of persons with landmark pictures, as talking-faces has "
            f"them; {spec.name} has none (docs/data.md)"
        )
    each = spec.channels + MARKS
    sources, rest = divmod(c.channels - MARKS, each)
    if rest or c.height != spec.size:
        raise DataError(
            f"pictures of persons are of one size and colour with those to be made, "
            f"{spec.size}x{spec.size} in {spec.channels} channels: leave out --channels"
        )
    if not 1 <= shots <= sources:
        raise DataError(
            f"{spec.name} has {sources} pictures of a person beside the one to be made: "
            f"--shots {shots} is not between 1 and {sources}"
        )
    game = TalkingHead(
        Embedder(spec.channels, spec.size, width, code),
        HeadGenerator(spec.channels, spec.size, width, code),
        HeadDiscriminator(spec.channels, spec.size, width, code, spec.train),
        objective=OBJECTIVES["hinge"],
        shots=shots,
        content=content,
        perceptual=perceptual,
        features=features,
        match=match,
        sight=by_judge(judge_of(spec.name, spec.channels)) if perceptual else unseen,
    )
    optim = adam(lr, 0.5)
    players = {"E": optim, "G": optim, "D": optim}
    return Recipe(game, players, batch, steps, average=0.99, channels_last=True)


FAMILY: dict[str, Preset] = {
    "talking-head": Preset(
        talking_head,
        data="talking-faces",
        cites="arXiv:1905.08233",
        paper=dict(
            width=64,
            code=512,
            shots=8,
            content=1.0,
            perceptual=1.0,
            match=10.0,
            lr=5e-5,
            steps=500_000,
        ),
    ),
}
