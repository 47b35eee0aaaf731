"""Talking heads (arXiv:1905.08233): a person's face, of whom there are few pictures, is made to
follow landmarks.

E looks at some pictures of a person and says who it is, a vector; G turns a landmark picture into a
picture of that person; D, which keeps a vector W_i for every person it was trained on, tells G's
pictures from true ones. E's vector is held near W_i, so that it can stand in where D has none.

Departs from the paper in: contents are compared by an absolute difference and, if asked for, a
shipped judge in the place of two large networks; D's features are averaged over places; which of a
person's pictures is to be made is drawn anew for every batch.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective
from gansmith.losses.perceptual import Distance, unseen

MARKS = 3


class TalkingHead(Game):
    """An embedder and a generator of faces against a discriminator that knows the persons.

    E: pictures with landmark pictures (B, K, C + 3, H, W) -> vectors (B, code).
    G: landmark pictures, styles -> pictures; `person` makes styles from a vector.
    D: `see` of pictures and landmark pictures, `score` of what was seen for a vector; `people`.
    shots: pictures that E is shown in training.
    content: weight of the absolute difference to the true picture; perceptual: of `sight`.
    features: weight of the difference of D's maps (Eq. 5); match: of |E's vector - W_i| (Eq. 7).
    """

    asked = "given"
    averaged = ("E", "G")

    def __init__(
        self,
        E: Any,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        shots: int = 4,
        content: float = 10.0,
        perceptual: float = 0.0,
        features: float = 10.0,
        match: float = 1.0,
        sight: Distance = unseen,
    ) -> None:
        super().__init__()
        self.E, self.G, self.D = E, G, D
        self.objective, self.shots, self.content, self.perceptual = (
            objective, shots, content, perceptual,
        )  # fmt: skip
        self.features, self.match, self.sight = features, match, sight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("E G", self.animate), Phase("D", self.judge, reuse=True)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        """Deal out each person's pictures: one to be made, and `shots` others for E."""
        marks, others = parted(x.given, x.real.shape[1])
        frames = torch.cat([torch.cat([x.real, marks], 1)[:, None], others], 1)
        order = rng.uniform(*frames.shape[:2]).argsort(1)[:, : self.shots + 1]
        dealt = frames[torch.arange(len(frames))[:, None], order]
        x.real, x.given = dealt[:, 0, :-MARKS], dealt[:, 0, -MARKS:]
        x.sources = dealt[:, 1:]
        return x

    def animate(self, x: Batch) -> Terms:
        """What E and G lose: content, D's verdict and its maps, and the way to W_i (Eq. 3)."""
        vector = self.E(x.sources)
        fake = self.G(x.given, self.G.person(vector))
        x.keep(fake=fake)
        person = self.D.people(x.who)
        return dict(
            **copied(self, x, fake, person),
            match=self.match * F.l1_loss(vector, person),
        )

    def judge(self, x: Batch) -> Terms:
        """D's hinge loss, in which W_i moves, too (Eq. 8)."""
        person = self.D.people(x.who)
        real, fake = (
            self.D.score(self.D.see(picture, x.given), person) for picture in (x.real, x.fake)
        )
        return dict(adv=self.objective.d(real, fake))

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """Pictures for conditions (n, 3 + K (C + 3), H, W): a landmark picture, and K of whom."""
        made = []
        for part in given.split(64):
            marks, sources = parted(part, self.G.last.out_channels)
            made.append(self.G(marks, self.G.person(self.E(sources))))
        return torch.cat(made)


def parted(given: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """Landmark pictures (B, 3, H, W), and the persons' pictures with theirs (B, K, C + 3, H, W)."""
    return given[:, :MARKS], given[:, MARKS:].unflatten(1, (-1, channels + MARKS))


def copied(game: Any, x: Batch, fake: Tensor, person: Tensor) -> Terms:
    """How far a picture is from the true one, in content and as D sees it, and D's verdict."""
    seen, true = game.D.see(fake, x.given), game.D.see(x.real, x.given)
    real = game.D.score(true, person) if game.objective.needs_real else None
    maps = [F.l1_loss(a, b) for a, b in zip(seen[:-1], true[:-1], strict=True)]
    terms = dict(
        adv=game.objective.g(real, game.D.score(seen, person)),
        content=game.content * F.l1_loss(fake, x.real),
        features=game.features * torch.stack(maps).mean(),
    )
    if game.perceptual:
        terms["perceptual"] = game.perceptual * game.sight(fake, x.real)
    return terms
