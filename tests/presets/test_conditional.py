"""Presets that are asked: which conditions they take, and what they say to all others."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.data import Condition, DataError, DataSpec, open_data
from gansmith.games.pix2pix import Pix2Pix
from gansmith.networks import DCGANDiscriminator
from gansmith.networks.unet import MaskComposite, UNet, Upscaler
from gansmith.presets import PRESETS
from gansmith.presets.paired import PATCHES, paired_generator, patch_discriminator

SPEC = DataSpec("image", "toy", size=32, channels=3, train=100, held_out=10)
CLASSED = replace(SPEC, classes=("a", "b"))
BY: dict[str, DataSpec] = {
    "class": CLASSED,
    "label-set": replace(SPEC, condition=Condition("label-set", ("x", "y"))),
    "attributes": replace(SPEC, condition=Condition("attributes", ("x", "y"))),
    "sentence": replace(SPEC, condition=Condition("sentence", vocab=9, length=4)),
    "embedding": replace(SPEC, condition=Condition("embedding", width=6)),
    "log-mel": replace(SPEC, condition=Condition("log-mel", channels=1, height=8, width=20)),
    "image": replace(SPEC, condition=Condition("image", channels=1, height=32, width=32)),
}
PICTURES_ONLY = {"pix2pix", "colorization", "super-resolution", "inpainting"}
NOT_PICTURES = {"cgan", "gan-cls", "two-score", "projection", "stackgan"}


def takes(preset: str) -> set[str]:
    if preset in PICTURES_ONLY:
        return {"image"}
    if preset == "acgan":
        return {"class"}
    return set(BY) - ({"image"} if preset in NOT_PICTURES else set())


@pytest.mark.parametrize("kind", BY)
@pytest.mark.parametrize(
    "preset", [*sorted(NOT_PICTURES), "acgan", "regression", *sorted(PICTURES_ONLY)]
)
def test_each_takes_its_conditions_and_refuses_others_by_name(preset: str, kind: str) -> None:
    build = PRESETS[preset].build
    if kind in takes(preset):
        build(BY[kind], width=4)
        return
    with pytest.raises(DataError, match="toy"):
        build(BY[kind], width=4)


@pytest.mark.parametrize(
    "preset", [*sorted(NOT_PICTURES), "acgan", "regression", *sorted(PICTURES_ONLY)]
)
def test_data_without_conditions_are_refused_with_what_to_bring(preset: str) -> None:
    wanted = "paired images" if preset in PICTURES_ONLY else "captions.tsv or pairs"
    with pytest.raises(DataError, match=f"toy has no.*{wanted}"):
        PRESETS[preset].build(SPEC)


def test_the_data_s_own_condition_comes_before_its_classes() -> None:
    both = replace(BY["sentence"], classes=("a", "b"))
    assert both.conditioned_on == BY["sentence"].condition
    assert CLASSED.conditioned_on == Condition("class", ("a", "b"))
    with pytest.raises(DataError, match="toy is conditioned on a sentence: use cgan"):
        PRESETS["acgan"].build(both)


@pytest.mark.parametrize("kind", ["class", "sentence"])
def test_every_layer_of_projection_s_discriminator_is_normalized(kind: str) -> None:
    recipe = PRESETS["projection"].build(BY[kind], width=4, normalize_heads=True)
    names = [name for name, p in recipe.game.D.named_parameters() if p.ndim > 1]  # type: ignore
    assert {"last", "encoder"} <= {name.split(".")[0] for name in names}
    assert all(name.endswith("parametrizations.weight.original") for name in names)


def test_projection_has_the_paper_s_optimizer_and_moves_of_d() -> None:
    preset = PRESETS["projection"]
    recipe = preset.build(CLASSED, **(preset.paper | {"width": 4}))
    assert [phase.repeat for phase in recipe.game.phases()] == [5, 1]
    optim = recipe.optim["D"](list(recipe.game.D.parameters()))  # type: ignore
    assert optim.param_groups[0]["betas"] == (0.0, 0.9)


def test_super_resolution_has_the_paper_s_weights_and_optimizer() -> None:
    """The adversarial term counts a thousandth of the distance of features (arXiv:1609.04802)."""
    preset, spec = PRESETS["super-resolution"], open_data("down4:fashion").spec
    recipe = preset.build(spec, **(preset.paper | {"width": 4}))
    assert isinstance(recipe.game, Pix2Pix)
    assert (recipe.game.l1_weight, recipe.game.perceptual_weight) == (0.0, 1000.0)
    optim = recipe.optim["G"](list(recipe.game.G.parameters()))
    assert (optim.param_groups[0]["lr"], optim.param_groups[0]["betas"]) == (1e-4, (0.9, 0.999))


@pytest.mark.parametrize("size", [15, 14])
def test_stackgan_needs_two_sizes(size: int) -> None:
    with pytest.raises(DataError, match=f"two sizes, of even side, at least 16; toy has {size}"):
        PRESETS["stackgan"].build(replace(CLASSED, size=size))


def test_a_distance_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="l1 or l2; got 'l3'"):
        PRESETS["regression"].build(CLASSED, distance="l3")


def seen(D: torch.nn.Module, size: int) -> int:
    """Side of the square of pixels that one logit depends on, by its slope."""
    torch.manual_seed(0)
    for part in D.modules():  # a norm over places would see everything
        if isinstance(part, torch.nn.BatchNorm2d):
            part.eval()
    x = Rng(1).normal(1, 2, size, size).double().requires_grad_()
    logits = D.double()(x)
    logit = logits[0] if logits.dim() == 1 else logits[0, 0, logits.shape[2] // 2].chunk(2)[1][0]
    (slope,) = torch.autograd.grad(logit, x)
    touched = (slope[0] != 0).any(0).any(0).nonzero()
    return int(touched.max() - touched.min()) + 1


@pytest.mark.parametrize(("patch", "size"), [(1, 9), (7, 24), (16, 48), (34, 96), (70, 192)])
def test_a_logit_sees_a_patch_and_no_more(patch: int, size: int) -> None:
    assert seen(patch_discriminator(2, size, patch, 2), size) == patch


@pytest.mark.parametrize("size", [16, 28, 32])
def test_patch_0_sees_the_whole_picture(size: int) -> None:
    D = patch_discriminator(2, size, 0, 2)
    assert isinstance(D, DCGANDiscriminator)
    assert seen(D, size) == size


def test_patches_that_there_are_not_or_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="patch_size is 1, 7, 16, 34, 70, 142, or 0"):
        patch_discriminator(2, 64, 10, 2)
    for patch, layers in PATCHES.items():
        least = 3 * 2**layers
        patch_discriminator(2, least, patch, 1)
        with pytest.raises(ValueError, match=f"patches of {patch} pixels need .* {least} pixels"):
            patch_discriminator(2, least - 1, patch, 1)
    with pytest.raises(ValueError, match="need images of 24 pixels or more; these have 20"):
        PRESETS["pix2pix"].build(
            replace(SPEC, size=20, condition=Condition("image", channels=1, height=20, width=20)),
            patch_size=70,
        )


@pytest.mark.parametrize("side", [7, 8, 16, 28, 32, 64, 128])
def test_the_net_fits_the_pairs(side: int) -> None:
    def by(channels: int, height: int) -> DataSpec:
        asked = Condition("image", channels=channels, height=height, width=height)
        return replace(SPEC, size=side, condition=asked)

    net = paired_generator(by(1, side), 4)
    assert isinstance(net, UNet)
    assert net.depth <= math.log2(side)
    net.eval()
    assert net(net.latent.sample(1, Rng(1)), Rng(2).normal(1, 1, side, side)).shape[2] == side
    assert isinstance(paired_generator(by(4, side), 4), MaskComposite)
    if side % 4 == 0:
        assert isinstance(paired_generator(by(3, side // 4), 4), Upscaler)
