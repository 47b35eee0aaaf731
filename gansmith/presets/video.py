"""Presets that continue clips."""

from __future__ import annotations

from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataError, DataSpec
from gansmith.games.video_prediction import NextFrame
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.unet import Beside
from gansmith.presets.paired import continuer, patch_judge
from gansmith.presets.players import take
from gansmith.presets.preset import Preset


def video(
    spec: DataSpec,
    *,
    width: int = 32,
    patch: int = 34,
    codes: int = 8,
    p: int = 1,
    lp: float = 100.0,
    gradient: float = 10.0,
    lr: float = 5e-4,
    batch: int = 16,
    steps: int = 2000,
) -> Recipe:
    """The next frame of a clip, judged with its past (arXiv:1511.05440, Algorithm 1).

    width: channels of both players next to the picture.
    patch: side of the squares that D judges: 1, 7, 16, 34, 70, 142, or 0 for the whole frame.
    codes: numbers in the code that may choose among futures; 0 leaves nothing to chance.
    p: of the distance to the true frame, |G - x|_p^p: 2 or 1.
    lp: weight of that distance.
    gradient: weight of the gradient difference loss (Eq. 6).
    lr: learning rate of Adam, with beta1 0.5.
    batch: windows of clips in a batch.
    steps: length of the run.
    """
    take(spec, "video", "image")
    c = spec.condition
    if c is None or not c.frames:
        raise DataError(
            f"video continues clips; {spec.name} holds none: take moving-digits or animated-emoji, "
            "or clips of your own by --data video:FOLDER (docs/data.md)"
        )
    if p not in (1, 2):
        raise ValueError(f"p is 1 or 2; got {p}")
    game = NextFrame(
        continuer(spec, width, codes),
        Beside(patch_judge(spec.channels + c.channels, spec.size, patch, width)),
        objective=OBJECTIVES["non-saturating"],
        p=p,
        lp=lp,
        gradient=gradient,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.99, channels_last=True)


FAMILY: dict[str, Preset] = {
    "video": Preset(
        video,
        data="moving-digits",
        cites="arXiv:1511.05440",
        paper=dict(batch=8),
    ),
}
