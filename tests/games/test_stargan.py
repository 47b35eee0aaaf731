"""StarGAN: targets are other domains, and each term of the losses is the paper's."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.games.stargan import StarGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.multi_domain import DomainDiscriminator, DomainTranslator
from gansmith.presets import PRESETS

DOMAINS = ("photo", "sketch", "paint")


def game(objective: str = "non-saturating") -> StarGAN:
    torch.manual_seed(0)
    return StarGAN(
        DomainTranslator(1, len(DOMAINS), width=4, blocks=1),
        DomainDiscriminator(1, 16, len(DOMAINS), width=4),
        domains=DOMAINS,
        objective=OBJECTIVES[objective],
    )


def batch(rows: int = 6) -> Batch:
    images = torch.rand(rows, 1, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(real=images, label=torch.arange(rows) % len(DOMAINS))


def test_a_target_is_any_domain_but_the_image_s_own() -> None:
    x = game().draw(batch(600), Rng(0))
    assert not (x.target == x.label).any()
    pairs = {(int(a), int(b)) for a, b in zip(x.label, x.target, strict=True)}
    assert len(pairs) == len(DOMAINS) * (len(DOMAINS) - 1)


def test_the_losses_are_the_paper_s() -> None:
    stargan = game()
    x = stargan.draw(batch(), Rng(0))
    with torch.no_grad():
        made = stargan.G(x.real, x.target)
        real, fake = stargan.D(x.real), stargan.D(made)
        d, g = stargan.d_loss(x), stargan.g_loss(x)
        back = stargan.G(made, x.label)
    torch.testing.assert_close(d["adv"], F.softplus(-real.adv).mean() + F.softplus(fake.adv).mean())
    torch.testing.assert_close(d["aux"], F.cross_entropy(real.domain, x.label))
    torch.testing.assert_close(g["adv"], F.softplus(-fake.adv).mean())
    torch.testing.assert_close(g["aux"], F.cross_entropy(fake.domain, x.target))
    torch.testing.assert_close(g["cycle"], 10 * (back - x.real).abs().mean())


def test_with_paper_d_moves_five_times_for_one_move_of_g() -> None:
    preset, spec = PRESETS["stargan"], open_data("emoji:noto+twemoji").spec
    game = preset.build(spec, **(preset.paper | dict(width=4, blocks=1, d_width=4))).game
    assert [(phase.name, phase.repeat) for phase in game.phases()] == [("D", 5), ("G", 1)]


def test_g_sees_its_target() -> None:
    stargan = game()
    first, second = (stargan.translate(batch().real, "photo", name) for name in DOMAINS[1:])
    assert (first - second).abs().mean() > 1e-3


@pytest.mark.parametrize("objective", ["wasserstein", "hinge", "relativistic-average"])
def test_any_objective_plays(objective: str) -> None:
    stargan = game(objective)
    x = stargan.draw(batch(), Rng(0))
    for losses in (stargan.d_loss(x), stargan.g_loss(x)):
        assert torch.stack(list(losses.values())).isfinite().all()


def test_an_unknown_domain_is_refused() -> None:
    with pytest.raises(ValueError, match="translates to photo, sketch, paint; got 'oil'"):
        game().translate(batch().real, "photo", "oil")
