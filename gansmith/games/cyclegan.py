"""CycleGAN (arXiv:1703.10593): two translators, two judges, no pairs.

Gab and Gba translate between domains a and b; Da and Db judge what arrives. The translators
also answer for the way back: Gba(Gab(a)) = a and Gab(Gba(b)) = b. The judges see fakes from
a history pool (arXiv:1612.07828).

Departs from the paper in: a batch may hold several pictures, which the pool takes one by
one; the identity term is an option with its own weight.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Given, Phase, Program, Terms
from gansmith.core.rng import Rng
from gansmith.games.gan import in_pieces
from gansmith.losses.objectives import Objective
from gansmith.networks.image_pool import Pool


class CycleGAN(Game):
    """Unpaired translation between two domains.

    Gab, Gba: pictures (B, C, H, W) -> pictures of the other domain.
    Da, Db: pictures -> logits, high means a real picture of that domain.
    cycle: weight of the L1 distance after a round trip (Eq. 2).
    identity: weight of the L1 distance between Gab(b) and b (section 5.2); 0 leaves it out.
    pool_a, pool_b: histories of fakes.
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
        pool_a: Pool,
        pool_b: Pool,
        cycle: float = 10.0,
        identity: float = 0.0,
    ) -> None:
        super().__init__()
        self.Gab, self.Gba, self.Da, self.Db = Gab, Gba, Da, Db
        self.pool_a, self.pool_b = pool_a, pool_b
        self.objective, self.cycle, self.identity = objective, cycle, identity

    def phases(self) -> tuple[Phase, ...]:
        return Phase("Gab Gba", self.cross), Phase("Da Db", self.judge, reuse=True)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.swap_a, x.swap_b = rng.uniform(len(x), 2), rng.uniform(len(x), 2)
        return x

    def cross(self, x: Batch) -> Terms:
        """Eq. 3, the translators' side."""
        b, a = self.Gab(x.a), self.Gba(x.b)
        x.keep(fake_a=a, fake_b=b)
        terms = dict(
            adv_a=self.objective.g(None, self.Da(a)),
            adv_b=self.objective.g(None, self.Db(b)),
            cycle_a=self.cycle * F.l1_loss(self.Gba(b), x.a),
            cycle_b=self.cycle * F.l1_loss(self.Gab(a), x.b),
        )
        if self.identity:
            same = F.l1_loss(self.Gba(x.a), x.a) + F.l1_loss(self.Gab(x.b), x.b)
            terms["identity"] = self.identity * same
        return terms

    def judge(self, x: Batch) -> Terms:
        """Eq. 1 for both judges, halved as in section 7.1 of the appendix."""
        a, b = self.pool_a(x.fake_a, x.swap_a), self.pool_b(x.fake_b, x.swap_b)
        return dict(
            a=0.5 * self.objective.d(self.Da(x.a), self.Da(a)),
            b=0.5 * self.objective.d(self.Db(x.b), self.Db(b)),
        )

    def translate(self, pictures: Tensor, to: str = "b") -> Tensor:
        """Pictures of one domain in the style of the other; `to` is "a" or "b".

        Raises ValueError for another name.
        """
        if to not in ("a", "b"):
            raise ValueError(f"this game translates to 'a' or 'b'; got {to!r}")
        return in_pieces(self.Gab if to == "b" else self.Gba, pictures)

    def exports(self) -> dict[str, Program]:
        """Both translators, for pictures of the size that they were trained on."""
        shape = tuple(self.pool_a.images.shape[1:])
        meaning = "pictures of domain {}: uint8 / 127.5 - 1"
        code = f"2 * torch.rand{(16, *shape)} - 1"

        def given(domain: str) -> dict[str, Given]:
            return {domain: Given(torch.zeros(2, *shape), meaning.format(domain), code)}

        return {"Gab": Program(self.Gab, given("a")), "Gba": Program(self.Gba, given("b"))}
