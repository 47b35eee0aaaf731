"""Supervised regression, the baseline of every conditional GAN: G alone, trained on the distance.

    min_G E |G(z, c) - x|^2 (or the absolute difference).

The optimal G returns the conditional mean E[x | c] (the median, for absolute differences): where a
condition has several possible outputs it returns a blend of them, which is none of them.

Departs from the paper in: no paper; it is least squares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.games.conditional import export_generator, sample_conditional

DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l1": F.l1_loss, "l2": F.mse_loss}


class Regression(Game):
    """A generator trained by supervision alone.

    G: codes (B, latent.dim), conditions -> images; has `latent`.
    condition_field: the field of the batch that holds the conditions.
    distance: from the output of G and the true output to a scalar.
    """

    def __init__(
        self,
        G: Any,
        *,
        distance: Callable[[Tensor, Tensor], Tensor],
        condition_field: str = "label",
    ) -> None:
        super().__init__()
        self.G = G
        self.distance, self.condition_field = distance, condition_field

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("G", self.g_loss),)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        return x

    def g_loss(self, x: Batch) -> Losses:
        return dict(rec=self.distance(self.G(x.z, getattr(x, self.condition_field)), x.real))

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """The mean output for each of the conditions (n, ...)."""
        return sample_conditional(self.G, conditions, rng)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """G, from codes and conditions."""
        return export_generator(self.G, given)
