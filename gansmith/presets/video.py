"""Video prediction."""

from __future__ import annotations

from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.data.require import require_condition, require_kind
from gansmith.games.video_prediction import VideoPredictionGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.unet import PairDiscriminator
from gansmith.presets.paired import next_frame_generator, patch_discriminator
from gansmith.presets.preset import Preset


def next_frame(
    spec: DataSpec,
    *,
    width: int = 32,
    patch_size: int = 34,
    latent: int = 8,
    p: int = 1,
    lp_weight: float = 100.0,
    gdl_weight: float = 10.0,
    mismatch_weight: float = 0.0,
    lr: float = 5e-4,
    batch: int = 16,
    steps: int = 2000,
) -> Recipe:
    """Video prediction: the next frame of a clip (arXiv:1511.05440, Algorithm 1).

    latent: dimension of the code, which may select one of several futures; 0 for no code.
    p: exponent of the distance to the true frame, |G - x|_p^p: 2 or 1.
    lp_weight: weight of that distance.
    gdl_weight: weight of the gradient difference loss (Eq. 6).
    batch: windows of clips in a batch.
    """
    require_kind(spec, "next-frame", "image")
    c = require_condition(
        spec,
        "clip",
        otherwise=f"next-frame is trained on clips; {spec.name} has none: use moving-digits, "
        "animated-emoji, or clips of your own by --data video:FOLDER (docs/data.md)",
    )
    if p not in (1, 2):
        raise ValueError(f"p is 1 or 2; got {p}")
    game = VideoPredictionGAN(
        next_frame_generator(spec, width, latent),
        PairDiscriminator(
            patch_discriminator(spec.channels + c.channels, spec.size, patch_size, width)
        ),
        objective=OBJECTIVES["non-saturating"],
        p=p,
        lp_weight=lp_weight,
        gdl_weight=gdl_weight,
        mismatch_weight=mismatch_weight,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.99, channels_last=True)


FAMILY: dict[str, Preset] = {
    "next-frame": Preset(
        next_frame,
        data="moving-digits",
        cites="arXiv:1511.05440",
        takes="clips",
        paper=dict(batch=8),
    ),
}
