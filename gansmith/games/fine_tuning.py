"""Few-shot fine-tuning of a talking head (arXiv:1905.08233, section 3.3): one person, K images.

G, with style parameters of its own for this person, and D, with a person vector of its own,
continue the game on these images alone: each is to be generated from its landmark image. E is no
longer needed.

Departs from the paper in: as `TalkingHead` does; G's styles start from E's mean vector, and so does
D's vector, to which w0 is added as before.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.games.talking_head import TalkingHead, generator_terms


class PersonGenerator(nn.Module):
    """The generator of one person. forward: landmark images (B, 3, H, W) -> images."""

    def __init__(self, G: Any, styles: Tensor) -> None:
        super().__init__()
        self.net: Any = deepcopy(G).requires_grad_(True)  # a run's game is frozen
        self.styles = nn.Parameter(styles.clone())

    def forward(self, marks: Tensor) -> Tensor:
        pictures: Tensor = self.net(marks, self.styles.expand(len(marks), -1))
        return pictures


class PersonDiscriminator(nn.Module):
    """The discriminator of one person: D with its own person vector (1, code)."""

    def __init__(self, D: Any, person: Tensor) -> None:
        super().__init__()
        self.net: Any = deepcopy(D).requires_grad_(True)
        self.person = nn.Parameter(person.clone())

    def features(self, x: Tensor, marks: Tensor) -> list[Tensor]:
        """The maps of D."""
        maps: list[Tensor] = self.net.features(x, marks)
        return maps

    def logits(self, seen: list[Tensor], person: Tensor) -> Tensor:
        """Logits (B,) of what was seen."""
        logits: Tensor = self.net.logits(seen, person)
        return logits


class FineTuning(Game):
    """The game of one person. sources: images with landmark images (1, K, C + 3, H, W)."""

    def __init__(self, game: TalkingHead, sources: Tensor) -> None:
        super().__init__()
        with torch.no_grad():
            vector = game.E(sources)
            self.G = PersonGenerator(game.G, game.G.to_styles(vector))
        self.D = PersonDiscriminator(game.D, vector)
        self.objective, self.perceptual = game.objective, game.perceptual
        self.content_weight, self.perceptual_weight = game.content_weight, game.perceptual_weight
        self.fm_weight = game.fm_weight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("G", self.g_loss), Phase("D", self.d_loss, reuse=True)

    def g_loss(self, x: Batch) -> Losses:
        fake = self.G(x.condition)
        x.cache(fake=fake)
        return generator_terms(self, x, fake, self.D.person)

    def d_loss(self, x: Batch) -> Losses:
        real, fake = (
            self.D.logits(self.D.features(picture, x.condition), self.D.person)
            for picture in (x.real, x.fake)
        )
        return dict(adv=self.objective.d(real, fake))
