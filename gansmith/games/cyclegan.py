"""CycleGAN (arXiv:1703.10593): unpaired translation with a cycle-consistency loss.

Gab and Gba translate between domains a and b; Da and Db discriminate in each domain. Translating
there and back should return the input: Gba(Gab(a)) = a and Gab(Gba(b)) = b. The discriminators
see fakes from a history pool (arXiv:1612.07828).

Departs from the paper in: a batch may hold several images, which enter the pool one by one; the
identity loss is optional and has a weight of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.games.gan import in_pieces
from gansmith.losses.objectives import Objective
from gansmith.networks.image_pool import ImagePool


class CycleGAN(Game):
    """Unpaired translation between two domains.

    Gab, Gba: images (B, C, H, W) -> images of the other domain.
    Da, Db: images -> logits, high means a real image of that domain.
    adv_weight: weight of the adversarial losses. The paper's are squares without the 1/2 of
        `LeastSquares`: with that objective 2 is the paper's weight, and cycle_weight its lambda.
    cycle_weight: weight of the cycle-consistency loss, L1 (Eq. 2).
    identity_weight: weight of the identity loss, the L1 distance between Gab(b) and b (section
        5.2); 0 omits the term.
    pool_a, pool_b: histories of fakes.
    domains: the names of a and b: the fields of a batch, and what `translate` takes.
    """

    averaged = ("Gab", "Gba")

    def __init__(
        self,
        Gab: nn.Module,
        Gba: nn.Module,
        Da: nn.Module,
        Db: nn.Module,
        *,
        objective: Objective,
        pool_a: ImagePool,
        pool_b: ImagePool,
        domains: Sequence[str] = ("a", "b"),
        adv_weight: float = 1.0,
        cycle_weight: float = 10.0,
        identity_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.Gab, self.Gba, self.Da, self.Db = Gab, Gba, Da, Db
        self.pool_a, self.pool_b = pool_a, pool_b
        self.objective, self.domains = objective, tuple(domains)
        self.adv_weight, self.d_weight = adv_weight, adv_weight / 2
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight

    def phases(self) -> tuple[Phase, ...]:
        return (
            Phase("Gab Gba", self.g_loss, name="G"),
            Phase("Da Db", self.d_loss, name="D", reuse=True),
        )

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.a, x.b = (getattr(x, domain) for domain in self.domains)
        x.swap_a, x.swap_b = rng.uniform(len(x), 2), rng.uniform(len(x), 2)
        return x

    def g_loss(self, x: Batch) -> Losses:
        """Eq. 3, the part of the generators."""
        b, a = self.Gab(x.a), self.Gba(x.b)
        x.cache(fake_a=a, fake_b=b)
        terms = dict(
            adv_a=self.adv_weight * self.objective.g(None, self.Da(a)),
            adv_b=self.adv_weight * self.objective.g(None, self.Db(b)),
            cycle_a=self.cycle_weight * F.l1_loss(self.Gba(b), x.a),
            cycle_b=self.cycle_weight * F.l1_loss(self.Gab(a), x.b),
        )
        if self.identity_weight:
            same = F.l1_loss(self.Gba(x.a), x.a) + F.l1_loss(self.Gab(x.b), x.b)
            terms["identity"] = self.identity_weight * same
        return terms

    def d_loss(self, x: Batch) -> Losses:
        """Eq. 1 for both discriminators, halved as in section 7.1 of the appendix."""
        a, b = self.pool_a(x.fake_a, x.swap_a), self.pool_b(x.fake_b, x.swap_b)
        return dict(
            adv_a=self.d_weight * self.objective.d(self.Da(x.a), self.Da(a)),
            adv_b=self.d_weight * self.objective.d(self.Db(x.b), self.Db(b)),
        )

    def translate(self, x: Tensor, source: str, target: str) -> Tensor:
        """Examples of the domain `source` in the style of `target`.

        Raises ValueError for other names.
        """
        return in_pieces(self.translator(source, target), x)

    def translator(self, source: str, target: str) -> nn.Module:
        """Gab or Gba, whichever goes from `source` to `target`."""
        a, b = self.domains
        if (source, target) not in ((a, b), (b, a)):
            raise ValueError(
                f"this game translates between {a!r} and {b!r}; got {source!r} to {target!r}"
            )
        return self.Gab if target == b else self.Gba

    def exports(self) -> dict[str, ExportableModule]:
        """Both generators, for images of the size that they were trained on."""
        shape = tuple(self.pool_a.images.shape[1:])
        meaning = "images of domain {}: uint8 / 127.5 - 1"
        code = f"2 * torch.rand{(16, *shape)} - 1"

        def inputs(domain: str) -> dict[str, ExportInput]:
            return {domain: ExportInput(torch.zeros(2, *shape), meaning.format(domain), code)}

        a, b = self.domains
        return {
            "Gab": ExportableModule(self.Gab, inputs(a)),
            "Gba": ExportableModule(self.Gba, inputs(b)),
        }
