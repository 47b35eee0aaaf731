"""Data with several domains: every ordered pair of them is one direction of translation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from gansmith.core.images import png_bytes, to_uint8
from gansmith.data import Dataset
from gansmith.data.spread import spread_rows
from gansmith.metrics import Better, Features, Measured, Protocol
from gansmith.modalities.base import Modality, Sheet
from gansmith.rendering.grid import make_grid
from gansmith.rendering.spectrogram import spectrograms
from gansmith.sampling.generate import domain_pairs, translate

COLUMNS = 12
CAPTION = "Rows: held-out examples of a domain, and their translations to each of the others."


def key_of(key: str, source: str, target: str) -> str:
    """The key of a number of one direction."""
    return f"{key}_{source}_to_{target}"


def translations(
    game: Any, dataset: Dataset, field: str, count: int, split: str = "held_out"
) -> Iterator[tuple[str, str, Tensor, Tensor]]:
    """For each direction: source, target, up to `count` rows of the source, their translations."""
    for source, target in domain_pairs(list(dataset.domains)):
        part = getattr(dataset.domains[source], split)
        rows = part[field][spread_rows(part, count)]
        yield source, target, rows, translate(game, rows, source, target)


def score(game: Any, dataset: Dataset, modality: Modality) -> float:
    """The mean over all directions of the score of what arrives among the target's examples."""
    count = modality.score_count // 2
    found = [
        modality.score(made, dataset.domains[target])
        for _, target, _, made in translations(game, dataset, modality.field, count, "train")
    ]
    return sum(found) / len(found)


def measure(
    game: Any,
    dataset: Dataset,
    modality: Modality,
    *,
    features: Features | None = None,
    only: Collection[str] | None = None,
    seed: int = 0,
) -> dict[str, Measured]:
    """The numbers of every direction; the distance to the true pair where there is one."""
    found: dict[str, Measured] = {}
    pairs = PAIR_KEYS if dataset.spec.paired else {}
    for source, target in domain_pairs(list(dataset.domains)):
        names = [*modality.available(dataset.domains[target]), *pairs]
        if only is not None:
            names = [name for name in names if key_of(name, source, target) in only]
            if not names:
                continue
        own = [name for name in names if name not in pairs]
        numbers = _of_direction(
            game, dataset, modality, source, target, features, None if only is None else own, seed
        )
        for key, number in numbers.items():
            if only is None or key in names:
                name = f"{number.name}, {source} to {target}"
                found[key_of(key, source, target)] = replace(number, name=name)
    return found


def mean(
    game: Any,
    dataset: Dataset,
    modality: Modality,
    measured: Callable[[Tensor, Dataset], dict[str, Measured]],
) -> dict[str, Measured]:
    """Numbers of what arrives among a target's held-out examples, as means over all directions."""
    count = dataset.spec.held_out
    found = [
        measured(made, dataset.domains[target])
        for _, target, _, made in translations(game, dataset, modality.field, count)
    ]
    return {
        key: replace(
            found[0][key],
            name=f"{found[0][key].name}, mean over directions",
            value=fmean(one[key].value for one in found),
            real=fmean(one[key].real or 0.0 for one in found),
        )
        for key in found[0]
    }


def _of_direction(
    game: Any,
    dataset: Dataset,
    modality: Modality,
    source: str,
    target: str,
    features: Features | None,
    own: Collection[str] | None,
    seed: int,
) -> dict[str, Measured]:
    """The numbers of one direction; `own`: those of the modality that are wanted, None: all."""
    rows = dataset.domains[source].held_out[modality.field][: dataset.spec.held_out]
    domain = dataset.domains[target]
    true = domain.held_out[modality.field]
    made = translate(game, rows, source, target)
    numbers: dict[str, Measured] = {}
    if own is None or own:
        numbers = modality.measure(made, domain, features=features, only=own, seed=seed)
    if dataset.spec.paired and made.shape[1:] == true.shape[1:]:
        numbers |= _to_pairs(rows, made, true[: len(made)])
    return numbers


def available(dataset: Dataset, modality: Modality) -> dict[str, Better]:
    """The keys that `measure` can give."""
    pairs: dict[str, Better] = PAIR_KEYS if dataset.spec.paired else {}
    return {
        key_of(key, source, target): better
        for source, target in domain_pairs(list(dataset.domains))
        for key, better in (modality.available(dataset.domains[target]) | pairs).items()
    }


def sheet(game: Any, dataset: Dataset, modality: Modality) -> Sheet:
    """Held-out examples of each domain, and below them their translations to each of the others."""
    field = modality.field
    columns = min(COLUMNS, *(len(x.held_out[field]) for x in dataset.domains.values()))
    rows: list[Tensor] = []
    shown = ""
    for source, _, given, made in translations(game, dataset, field, columns):
        rows += [made] if source == shown else [given, made]
        shown = source
    if field == "tokens":
        lines = [line for row in rows for line in dataset.sentences(row)]
        return Sheet(".txt", ("\n".join(lines) + "\n").encode())
    pages = [_as_images(row, dataset) for row in rows]
    return Sheet(".png", png_bytes(make_grid(torch.cat(pages), columns)))


def _as_images(rows: Tensor, dataset: Dataset) -> Tensor:
    if rows.dim() == 2:  # waveforms
        return spectrograms(rows, dataset.spec.rate)
    return (rows if rows.dtype == torch.uint8 else to_uint8(rows)).expand(-1, 3, -1, -1)


PAIR_KEYS: dict[str, Better] = {"l1_to_pair": "lower", "l1_of_input_to_pair": "lower"}


def _to_pairs(given: Tensor, made: Tensor, true: Tensor) -> dict[str, Measured]:
    """Mean absolute difference to the true pairs: of the translations, and of the input.

    Of images in [0, 1], of waveforms in [-1, 1].
    """
    counts = {"generated": len(made), "held-out": len(true)}
    if true.dtype == torch.uint8:
        protocol = Protocol("pixels in [0, 1]", "true pairs", counts)
        made, scale = to_uint8(made), 255.0
    else:
        protocol, scale = Protocol("samples in [-1, 1]", "true pairs", counts), 1.0
    names = ("L1 to pair", "L1 of input to pair")
    return {
        key: Measured(
            name, float((x.float() - true.float()).abs().mean() / scale), "lower", protocol
        )
        for key, name, x in zip(PAIR_KEYS, names, (made, given), strict=True)
    }
