"""Talking heads (arXiv:1905.08233): a face, known from few images, driven by landlandmarks.

E embeds some images of a person into a vector; G generates an image of that person from a landmark
image; D, which has a vector W_i for every person of the training set, discriminates real images
from generated ones. E's vector is held near W_i, so that it can replace it for persons D has not
seen.

Departs from the paper in: contents are compared by an L1 distance and, optionally, by a shipped
classifier in place of two large networks; D's features are averaged over places; which of a
person's images is to be generated is drawn anew for every batch.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective
from gansmith.losses.perceptual import ImageDistance, zero_distance
from gansmith.networks.talking_head import LANDMARK_CHANNELS, split_references


class TalkingHead(Game):
    """An embedder and a generator of faces against a discriminator that knows the persons.

    E: images with landmark images (B, K, C + 3, H, W) -> vectors (B, code).
    G: landmark images, styles -> images; `person` makes styles from a vector.
    D: `features` of images and landmark images, `logits` of features and a vector; `people`.
    shots: images that E sees in training.
    content_weight: weight of the L1 distance to the true image; perceptual_weight: of `perceptual`.
    fm_weight: weight of feature matching in D (Eq. 5); match_weight: of |E's vector - W_i| (Eq. 7).
    """

    condition_field = "condition"
    averaged = ("E", "G")

    def __init__(
        self,
        E: Any,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        shots: int = 4,
        content_weight: float = 10.0,
        perceptual_weight: float = 0.0,
        fm_weight: float = 10.0,
        match_weight: float = 1.0,
        perceptual: ImageDistance = zero_distance,
    ) -> None:
        super().__init__()
        self.E, self.G, self.D = E, G, D
        self.objective, self.shots = objective, shots
        self.content_weight, self.perceptual_weight = content_weight, perceptual_weight
        self.fm_weight, self.match_weight = fm_weight, match_weight
        self.perceptual = perceptual

    def phases(self) -> tuple[Phase, ...]:
        return Phase("E G", self.g_loss, name="G"), Phase("D", self.d_loss, reuse=True)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        """Split each person's images: one to be generated, and `shots` others for E."""
        landmarks, others = split_references(x.condition, x.real.shape[1])
        frames = torch.cat([torch.cat([x.real, landmarks], 1)[:, None], others], 1)
        order = rng.uniform(*frames.shape[:2]).argsort(1)[:, : self.shots + 1]
        chosen = frames[torch.arange(len(frames))[:, None], order]
        x.real, x.condition = chosen[:, 0, :-LANDMARK_CHANNELS], chosen[:, 0, -LANDMARK_CHANNELS:]
        x.sources = chosen[:, 1:]
        return x

    def g_loss(self, x: Batch) -> Losses:
        """Eq. 3: content, adversarial and feature-matching terms, and the match to W_i."""
        vector = self.E(x.sources)
        fake = self.G(x.condition, self.G.to_styles(vector))
        x.cache(fake=fake)
        person = self.D.W(x.person)
        return dict(
            **generator_terms(self, x, fake, person),
            match=self.match_weight * F.l1_loss(vector, person),
        )

    def d_loss(self, x: Batch) -> Losses:
        """D's hinge loss, in which W_i moves, too (Eq. 8)."""
        person = self.D.W(x.person)
        real, fake = (
            self.D.logits(self.D.features(picture, x.condition), person)
            for picture in (x.real, x.fake)
        )
        return dict(adv=self.objective.d(real, fake))

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """Images for conditions (n, 3 + K (C + 3), H, W): a landmark image, and K of the person."""
        images = []
        for part in conditions.split(64):
            images.append(_Head(self.E, self.G)(part))
        return torch.cat(images)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """E and G in one, from a landmark image and images of the person to an image."""
        return {"G": ExportableModule(_Head(self.E, self.G), {"c": given})}


class _Head(nn.Module):
    """Conditions (B, 3 + K (C + 3), H, W) -> images."""

    def __init__(self, E: Any, G: Any) -> None:
        super().__init__()
        self.E, self.G = E, G

    def forward(self, c: Tensor) -> Tensor:
        landmarks, sources = split_references(c, self.G.last.out_channels)
        return self.G(landmarks, self.G.to_styles(self.E(sources)))


def generator_terms(game: Any, x: Batch, fake: Tensor, person: Tensor) -> Losses:
    """Content, feature matching in D and the adversarial term of a generated image."""
    seen, true = game.D.features(fake, x.condition), game.D.features(x.real, x.condition)
    real = game.D.logits(true, person) if game.objective.needs_real else None
    maps = [F.l1_loss(a, b) for a, b in zip(seen[:-1], true[:-1], strict=True)]
    terms = dict(
        adv=game.objective.g(real, game.D.logits(seen, person)),
        content=game.content_weight * F.l1_loss(fake, x.real),
        feature_matching=game.fm_weight * torch.stack(maps).mean(),
    )
    if game.perceptual_weight:
        terms["perceptual"] = game.perceptual_weight * game.perceptual(fake, x.real)
    return terms
