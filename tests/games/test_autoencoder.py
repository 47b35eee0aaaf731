from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.protocols import Exports, HasDecoder, Samples
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.games.autoencoder import AutoEncoder
from gansmith.games.vae import VAE
from gansmith.metrics import energy_distance
from gansmith.networks.autoencoder import image_autoencoder, point_autoencoder


def make(latent: int = 3) -> AutoEncoder:
    torch.manual_seed(0)
    return AutoEncoder(*point_autoencoder(Latent(latent), 2, 16), (2,))


def test_both_halves_move_together_on_the_error_of_the_copy() -> None:
    game = make()
    (phase,) = game.phases()
    assert (phase.movers, phase.name) == (["E", "G"], "EG")
    x = Batch(real=Rng(1).normal(6, 2))
    copy = game.decode(game.encode(x.real))
    torch.testing.assert_close(game.eg_loss(x)["rec"], (copy - x.real).square().mean())


def test_codes_have_the_size_of_the_prior_and_samples_are_decoded_from_it() -> None:
    game = make()
    assert isinstance(game, Samples)
    assert isinstance(game, HasDecoder)
    assert game.encode(torch.zeros(300, 2)).shape == (300, 3)
    assert game.sample(4, Rng(1)).equal(game.G(Rng(1).normal(4, 3)))


@pytest.mark.parametrize("kind", ["points", "pictures"])
def test_both_halves_are_exported(kind: str) -> None:
    torch.manual_seed(0)
    game = make()
    if kind == "pictures":
        game = AutoEncoder(*image_autoencoder(Latent(3), 1, 28, 4), (1, 28, 28)).eval()
    assert isinstance(game, Exports)
    programs = game.exports()
    assert list(programs) == ["G", "E"]
    rows = {name: eval(next(iter(p.inputs.values())).code) for name, p in programs.items()}
    made = {name: p.module(rows[name]) for name, p in programs.items()}
    assert made["G"].shape == rows["E"].shape == (16, *game.shape)
    assert made["E"].shape == rows["G"].shape == (16, 3)


def test_a_wider_code_copies_better_and_its_decoder_is_no_generator(
    seed: int, within: Callable[..., None]
) -> None:
    """The code of an auto-encoder copies the ring, but the prior does not lie where codes do."""
    data = open_data("ring")
    real = data.held_out["real"][:2000]
    errors, distances = {}, {}
    for name, latent in (("narrow", 1), ("wide", 4), ("vae", 4)):
        torch.manual_seed(seed)
        coders = point_autoencoder(Latent(latent), 2, 64, 2 if name == "vae" else 1)
        game = (VAE if name == "vae" else AutoEncoder)(*coders, (2,))
        t = Trainer(
            game,
            open_source(data, 64, seed),
            optim={p: adam(1e-2 if p == "S" else 1e-3) for p in game.players()},
            seed=seed,
        )
        t.fit(1000)
        with torch.no_grad():
            errors[name] = float((game.decode(game.encode(real)) - real).square().mean())
            distances[name] = energy_distance(game.sample(2000, Rng(1)), real)
    apart = distances["vae"] / distances["wide"]
    within(errors | {"vae's distance, of wide's": apart}, {
        "narrow": (errors["wide"], 0.1), "wide": (0, 1e-3), "vae": (0, 1),
        "vae's distance, of wide's": (0, 0.2),
    })  # fmt: skip
