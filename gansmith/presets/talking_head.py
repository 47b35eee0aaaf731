"""Talking heads: faces known from few images, driven by landmarks."""

from __future__ import annotations

from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataError, DataSpec
from gansmith.data.condition import LANDMARK_CHANNELS
from gansmith.data.require import require_condition, require_kind
from gansmith.games.talking_head import TalkingHead
from gansmith.losses.objectives import OBJECTIVES
from gansmith.losses.perceptual import judge_distance, zero_distance
from gansmith.networks.talking_head import Embedder, TalkingHeadDiscriminator, TalkingHeadGenerator
from gansmith.presets.players import classifier_of
from gansmith.presets.preset import Preset


def talking_head(
    spec: DataSpec,
    *,
    width: int = 24,
    embed_dim: int = 64,
    shots: int = 4,
    content_weight: float = 10.0,
    perceptual_weight: float = 0.0,
    fm_weight: float = 10.0,
    match_weight: float = 0.2,
    lr: float = 1e-3,
    batch: int = 8,
    steps: int = 4000,
) -> Recipe:
    """Talking heads: a face from few images, driven by landmarks (arXiv:1905.08233, Eq. 3 to 8).

    embed_dim: dimension of the vector of a person.
    shots: images of a person that E sees in training; in use there may be any number.
    content_weight: weight of the L1 distance to the true image.
    fm_weight: weight of feature matching in D.
    match_weight: weight of the L1 distance between E's vector of a person and D's.
    batch: persons in a batch.
    """
    require_kind(spec, "talking-head", "image")
    c = require_condition(
        spec,
        "references",
        otherwise=f"talking-head needs images of persons with landmark images, as in "
        f"talking-faces; {spec.name} has none (docs/data.md)",
    )
    each = spec.channels + LANDMARK_CHANNELS
    sources, rest = divmod(c.channels - LANDMARK_CHANNELS, each)
    if rest or c.height != spec.size:
        raise DataError(
            f"reference images have the size and channels of the generated ones, "
            f"{spec.size}x{spec.size} in {spec.channels} channels: leave out --channels"
        )
    if not 1 <= shots <= sources:
        raise DataError(
            f"{spec.name} has {sources} images of a person beside the generated one: "
            f"--shots {shots} is not between 1 and {sources}"
        )
    game = TalkingHead(
        Embedder(spec.channels, spec.size, width, embed_dim),
        TalkingHeadGenerator(spec.channels, spec.size, width, embed_dim),
        TalkingHeadDiscriminator(spec.channels, spec.size, width, embed_dim, spec.train),
        objective=OBJECTIVES["hinge"],
        shots=shots,
        content_weight=content_weight,
        perceptual_weight=perceptual_weight,
        fm_weight=fm_weight,
        match_weight=match_weight,
        perceptual=judge_distance(classifier_of(spec)) if perceptual_weight else zero_distance,
    )
    optim = adam(lr, 0.5)
    players = {"E": optim, "G": optim, "D": optim}
    return Recipe(game, players, batch, steps, ema=0.99, channels_last=True)


FAMILY: dict[str, Preset] = {
    "talking-head": Preset(
        talking_head,
        data="talking-faces",
        cites="arXiv:1905.08233",
        takes="images of persons with landmarks",
        paper=dict(
            width=64,
            embed_dim=512,
            shots=8,
            content_weight=1.0,
            perceptual_weight=1.0,
            match_weight=10.0,
            lr=5e-5,
            steps=500_000,
        ),
    ),
}
