"""Few-shot fine-tuning of a talking head (arXiv:1905.08233, section 3.3): one person, K pictures.

G, with styles of its own for this person, and D, with a vector of its own, go on with the game on
these pictures alone: each is to be made from its own landmark picture. E is needed no more.

Departs from the paper in: as `TalkingHead` does; G's styles start as those of E's mean vector, and
D's vector as E's, to which w0 is added as before.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.games.talking_head import TalkingHead, copied


class Head(nn.Module):
    """The generator of one person. forward: landmark pictures (B, 3, H, W) -> pictures."""

    def __init__(self, G: Any, styles: Tensor) -> None:
        super().__init__()
        self.net: Any = deepcopy(G)
        self.styles = nn.Parameter(styles.clone())

    def forward(self, marks: Tensor) -> Tensor:
        pictures: Tensor = self.net(marks, self.styles.expand(len(marks), -1))
        return pictures


class Doubter(nn.Module):
    """The discriminator of one person: D with a vector (1, code) of its own."""

    def __init__(self, D: Any, person: Tensor) -> None:
        super().__init__()
        self.net: Any = deepcopy(D)
        self.person = nn.Parameter(person.clone())

    def see(self, x: Tensor, marks: Tensor) -> list[Tensor]:
        """The maps of D."""
        maps: list[Tensor] = self.net.see(x, marks)
        return maps

    def score(self, seen: list[Tensor], person: Tensor) -> Tensor:
        """Logits (B,) of what was seen."""
        logits: Tensor = self.net.score(seen, person)
        return logits


class FineTuning(Game):
    """The game of one person. sources: pictures with landmark pictures (1, K, C + 3, H, W)."""

    def __init__(self, game: TalkingHead, sources: Tensor) -> None:
        super().__init__()
        with torch.no_grad():
            vector = game.E(sources)
            self.G = Head(game.G, game.G.person(vector))
        self.D = Doubter(game.D, vector)
        self.objective, self.sight = game.objective, game.sight
        self.content, self.features, self.perceptual = game.content, game.features, game.perceptual

    def phases(self) -> tuple[Phase, ...]:
        return Phase("G", self.copy_and_fool), Phase("D", self.judge, reuse=True)

    def copy_and_fool(self, x: Batch) -> Terms:
        fake = self.G(x.given)
        x.keep(fake=fake)
        return copied(self, x, fake, self.D.person)

    def judge(self, x: Batch) -> Terms:
        real, fake = (
            self.D.score(self.D.see(picture, x.given), self.D.person)
            for picture in (x.real, x.fake)
        )
        return dict(adv=self.objective.d(real, fake))
