"""Presets that translate pictures between domains."""

from __future__ import annotations

from gansmith.core.recipe import Recipe, adam, constant, falling
from gansmith.data import DataError, DataSpec
from gansmith.games.cyclegan import CycleGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import PatchDiscriminator, Pool, TranslatorGenerator
from gansmith.presets.players import take
from gansmith.presets.preset import Preset


def cyclegan(
    spec: DataSpec,
    *,
    width: int = 16,
    blocks: int = 3,
    patch_width: int = 32,
    patch_layers: int = 2,
    cycle: float = 10.0,
    identity: float = 5.0,
    pool: int = 50,
    lr: float = 2e-4,
    decay: bool = False,
    batch: int = 4,
    steps: int = 2500,
) -> Recipe:
    """CycleGAN: unpaired translation, held together by the way back (arXiv:1703.10593).

    width: channels of the translators next to the picture.
    blocks: residual blocks of a translator.
    patch_width: channels of the judges after the first layer.
    patch_layers: strided layers of the judges; 3 sees patches of 70 pixels, 2 of 34.
    cycle: weight of the round trip (the paper's lambda).
    identity: weight of leaving pictures of the target domain alone; 0 leaves the term out.
    pool: pictures in each history.
    lr: learning rate of Adam, with beta1 0.5.
    decay: let the rate fall to 0 over the second half of the run.
    batch: pictures of each domain in a batch.
    steps: length of the run.
    """
    take(spec, "cyclegan", "unpaired")
    if not (spec.channels and spec.size):
        raise DataError(
            f"the two domains of {spec.name} differ in size or channels; bring them together with "
            "--size and --channels"
        )
    shape = (spec.channels, spec.size, spec.size)
    translators = [TranslatorGenerator(shape[0], shape[0], width, blocks) for _ in "ab"]
    judges = [PatchDiscriminator(shape[0], patch_width, patch_layers) for _ in "ab"]
    game = CycleGAN(
        *translators,
        *judges,
        objective=OBJECTIVES["least-squares"],
        pool_a=Pool(pool, shape),
        pool_b=Pool(pool, shape),
        cycle=cycle,
        identity=identity,
    )
    optim = dict.fromkeys(("Gab", "Gba", "Da", "Db"), adam(lr, 0.5))
    schedule = falling(0.5) if decay else constant
    return Recipe(game, optim, batch, steps, schedule, average=0.99, show=100)


FAMILY: dict[str, Preset] = {
    "cyclegan": Preset(
        cyclegan,
        data="emoji:noto+twemoji",
        cites="arXiv:1703.10593",
        paper=dict(
            width=64,
            blocks=9,
            patch_width=64,
            patch_layers=3,
            identity=0.0,
            decay=True,
            batch=1,
            steps=250_000,
        ),
    ),
}
