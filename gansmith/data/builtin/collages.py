"""`collages`: noisy images of several garments, labelled with what they show, by rules.

A collage is an outfit. It has one pair of shoes, either a dress or trousers with a top, perhaps a
coat, though never with sandals, and perhaps a bag. Of the 1024 sets of ten labels 40 are outfits.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.data.build import labels_dataset
from gansmith.data.builtin.shipped import GARMENTS, open_fashion
from gansmith.data.condition import Condition
from gansmith.data.spec import Dataset, Fields

TRAIN, HELD_OUT, SEED = 6000, 2000, 2018
CELL, CELLS = 16, 3  # pixels of a cell, cells of a side
SIDE = CELL * CELLS
NOISE = 60.0  # standard deviation of the noise, of 255 levels
BODIES = (
    ("Dress",),
    ("Trouser", "T-shirt/top"),
    ("Trouser", "Pullover"),
    ("Trouser", "Shirt"),
)
SHOES = ("Sandal", "Sneaker", "Ankle boot")
COAT, BAG = 0.5, 0.4  # how often there is one


def label_sets() -> Tensor:
    """The 40 sets that keep the rules, bool (40, 10), a column for each of GARMENTS."""
    found = []
    for body, shoe, coat, bag in product(BODIES, SHOES, (False, True), (False, True)):
        if not (coat and shoe == "Sandal"):
            worn = {*body, shoe, *["Coat"] * coat, *["Bag"] * bag}
            found.append([name in worn for name in GARMENTS])
    return torch.tensor(found)


def keeps_rules(labels: Tensor) -> Tensor:
    """Which rows of labels (N, 10), 0 or 1, keep the rules, bool (N,)."""
    return (labels.bool()[:, None] == label_sets()[None]).all(2).any(1)


def open_collages() -> Dataset:
    """Collages of 48x48 grey pixels, 6,000 of garments to train on, 2,000 of held-out garments.

    Each garment, 14x14 pixels, lies in one of nine cells, a little off its middle. White noise of
    standard deviation 60 of 255 levels lies over all.
    """
    garments = open_fashion()
    parts = [
        _collages(part, count, np.random.Generator(np.random.PCG64([SEED, place])))
        for place, (part, count) in enumerate(
            ((garments.train, TRAIN), (garments.held_out, HELD_OUT))
        )
    ]
    return labels_dataset(
        "collages",
        *parts,
        names=GARMENTS,
        condition=Condition("image", channels=1, height=SIDE, width=SIDE),
        licence="MIT",
        source="collages of Fashion-MNIST's garments",
    )


def _collages(garments: Fields, count: int, draw: np.random.Generator) -> Fields:
    sets = label_sets()
    weights = np.where(sets[:, GARMENTS.index("Coat")], COAT, 1 - COAT) * np.where(
        sets[:, GARMENTS.index("Bag")], BAG, 1 - BAG
    )
    chosen = np.searchsorted(np.cumsum(weights / weights.sum())[:-1], draw.random(count), "right")
    labels = sets[torch.from_numpy(chosen)]
    small = F.avg_pool2d(garments["real"].float(), 2).round().to(torch.uint8)[:, 0].numpy()
    of = [(garments["label"] == k).nonzero().squeeze(1).numpy() for k in range(len(GARMENTS))]
    images = np.zeros((count, SIDE, SIDE), np.uint8)
    side = small.shape[-1]
    for page, worn in zip(images, labels.numpy(), strict=True):
        cells = draw.permutation(CELLS**2)
        for cell, kind in zip(cells, worn.nonzero()[0], strict=False):
            y, x = CELL * np.array(divmod(cell, CELLS)) + draw.integers(CELL - side + 1, size=2)
            page[y : y + side, x : x + side] = small[of[kind][draw.integers(len(of[kind]))]]
    noisy = images + NOISE * draw.standard_normal(images.shape, np.float32)
    images = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return {"real": labels.float(), "condition": torch.from_numpy(images)[:, None]}
