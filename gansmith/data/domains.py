"""Data with several domains: joined from data sets, split from classes, or pooled into one set."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.data.build import fingerprint, prefixed, rows_of
from gansmith.data.memmap import require_memory
from gansmith.data.spec import DataError, Dataset, DataSpec, Fields
from gansmith.data.text import END, UNKNOWN

RESERVED = {name for name in dir(Batch()) if not name.startswith("__")}
ALIKE = {"size": "--size", "channels": "--channels", "dim": "", "rate": "", "length": "--size"}


def domains_dataset(name: str, domains: Mapping[str, Dataset], *, paired: bool = False) -> Dataset:
    """Two or more data sets of one kind as the domains of one, not paired in training.

    The domains' names become identifiers (`domain_names`). Sentences get one vocabulary: their
    tokens are numbered anew.
    paired: whether held-out row i shows the same thing in all domains, so that a translation can
        be compared with the true one.
    Raises DataError for domains of different kinds, sizes, channels, dimensions, rates or lengths,
    for fewer than two, and for `paired` with unequal counts.
    """
    if len(domains) < 2:
        raise DataError(f"{name}: a translation takes two domains or more; got {len(domains)}")
    renamed = domain_names(domains)
    parts = {renamed[domain]: part for domain, part in domains.items()}
    _check_alike(name, parts, paired)
    if next(iter(parts.values())).spec.kind == "text":
        parts = _one_vocabulary(parts)
    specs = [part.spec for part in parts.values()]
    train, held_out = _flat(name, parts, "train"), _flat(name, parts, "held_out")
    first = specs[0]
    spec = DataSpec(
        kind=first.kind,
        name=name,
        size=first.size,
        channels=first.channels,
        dim=first.dim,
        vocab=first.vocab,
        length=first.length,
        rate=first.rate,
        classes=first.classes if len({x.classes for x in specs}) == 1 else (),
        condition=first.condition if len({x.condition for x in specs}) == 1 else None,
        train=max(x.train for x in specs),
        held_out=min(x.held_out for x in specs),
        fingerprint=fingerprint(train, held_out),
        filter="; ".join(dict.fromkeys(x.filter for x in specs if x.filter)),
        licence=" AND ".join(sorted({x.licence for x in specs} - {""})),
        source="; ".join(dict.fromkeys(x.source for x in specs)),
        paired=paired,
        base=first.base if len({x.base for x in specs}) == 1 else "",
        domains={domain: part.spec for domain, part in parts.items()},
    )
    skipped = {k: v for part in parts.values() for k, v in part.skipped.items()}
    vocabulary = next(iter(parts.values())).vocabulary
    return Dataset(spec, train, held_out, vocabulary, domains=parts, skipped=skipped)


def domain_names(names: Iterable[str]) -> dict[str, str]:
    """Names of domains as identifiers that can be fields of a batch, by the names themselves.

    Other characters than letters, digits and _ become _; a name that begins with a digit, or is
    empty, gets a d before it; a word of Python, a method of a batch, and a name that is taken
    already, get _ behind them.
    """
    found: dict[str, str] = {}
    for name in names:
        clean = re.sub(r"\W+", "_", name).strip("_")
        if not clean or not clean[0].isalpha():
            clean = f"d{clean}"
        while keyword.iskeyword(clean) or clean in RESERVED or clean in found.values():
            clean += "_"
        found[name] = clean
    return found


def map_domains(apply: Callable[[Dataset], Dataset], dataset: Dataset, name: str = "") -> Dataset:
    """A function of a data set, applied to each domain where there are several.

    name: of the result; that of `dataset` by default.
    """
    if not dataset.domains:
        return apply(dataset)
    made = {domain: apply(part) for domain, part in dataset.domains.items()}
    return domains_dataset(name or dataset.spec.name, made, paired=dataset.spec.paired)


def classes_as_domains(dataset: Dataset, factor: str = "label") -> Dataset:
    """A labelled data set as one with a domain for each class; the labels are dropped.

    factor: the labels to take, "label" or one of spec.factors.
    Raises DataError without labels, where a class has no example on one side, or the data already
    has domains.
    """
    spec = dataset.spec
    if dataset.domains:
        raise DataError(f"{spec.name} already has the domains {', '.join(dataset.domains)}")
    if factor == "label" and (not spec.classes or spec.kind == "labels"):
        raise DataError(
            f"{spec.name} has no classes that could be domains: put the files into a folder for "
            "each (docs/data.md)"
        )
    *labels, names = dataset.labels_of(factor)
    key = "label" if factor == "label" else f"factor_{factor}"
    require_memory(dataset)
    parts = {}
    for number, each in enumerate(names):
        rows = [(label == number).nonzero().squeeze(1) for label in labels]
        if not all(len(part) for part in rows):
            raise DataError(
                f"{spec.name}: {each} has {len(rows[0])} training and {len(rows[1])} held-out "
                "examples; a domain needs one of each: add files, or hold out more (--val)"
            )
        parts[each] = _without(select_rows(dataset, rows[0], rows[1], f"{spec.name}/{each}"), key)
    prefix = "domains" if factor == "label" else f"domains-{factor}"
    return domains_dataset(f"{prefix}:{spec.name}", parts)


def domains_as_classes(dataset: Dataset) -> Dataset:
    """Data with domains as one labelled set: the label is the domain. Their own labels are dropped.

    Raises DataError without domains.
    """
    spec = dataset.spec
    if not dataset.domains:
        raise DataError(f"{spec.name} has one domain only: it is a set without domains already")
    for part in dataset.domains.values():
        require_memory(part)
    parts = [
        _without(part, "label", *(key for key in part.train if key.startswith("factor_")))
        for part in dataset.domains.values()
    ]
    shared = set.intersection(*(set(part.held_out) for part in parts))
    fields: list[Fields] = []
    for split in ("train", "held_out"):
        rows: list[Fields] = [getattr(part, split) for part in parts]
        counts = torch.tensor([rows_of(part) for part in rows])
        pooled = {key: torch.cat([x[key] for x in rows]) for key in rows[0] if key in shared}
        fields.append(pooled | {"label": torch.arange(len(parts)).repeat_interleave(counts)})
    first = parts[0]
    made = replace(
        first.spec,
        name=f"labelled:{spec.name}",
        classes=tuple(dataset.domains),
        factors={},
        train=len(fields[0]["label"]),
        held_out=len(fields[1]["label"]),
        fingerprint=fingerprint(*fields),
        licence=spec.licence,
        source=spec.source,
        filter=spec.filter,
    )
    return replace(
        first, spec=made, train=fields[0], held_out=fields[1], skipped=dataset.skipped, file=None
    )


def select_rows(dataset: Dataset, train: Tensor, held_out: Tensor, name: str = "") -> Dataset:
    """Some of the examples of a data set in memory, int64 row numbers of each part.

    name: of the result; that of `dataset` by default.
    """
    fields = [
        {key: value[rows] for key, value in part.items()}
        for part, rows in ((dataset.train, train), (dataset.held_out, held_out))
    ]
    spec = replace(
        dataset.spec,
        name=name or dataset.spec.name,
        train=len(train),
        held_out=len(held_out),
        fingerprint=fingerprint(*fields),
    )
    return replace(dataset, spec=spec, train=fields[0], held_out=fields[1])


def _without(dataset: Dataset, *keys: str) -> Dataset:
    """The same data set without some label columns."""
    parts = [
        {key: rows for key, rows in part.items() if key not in keys}
        for part in (dataset.train, dataset.held_out)
    ]
    factors = {k: v for k, v in dataset.spec.factors.items() if f"factor_{k}" not in keys}
    classes = () if "label" in keys else dataset.spec.classes
    spec = replace(dataset.spec, classes=classes, factors=factors, fingerprint=fingerprint(*parts))
    return replace(dataset, spec=spec, train=parts[0], held_out=parts[1])


def _check_alike(name: str, parts: Mapping[str, Dataset], paired: bool) -> None:
    kinds = {domain: part.spec.kind for domain, part in parts.items()}
    if len(set(kinds.values())) > 1:
        shown = ", ".join(f"{domain} {kind}" for domain, kind in kinds.items())
        raise DataError(f"{name}: all domains hold data of one kind; got {shown}")
    if nested := next((domain for domain, part in parts.items() if part.domains), ""):
        raise DataError(f"{name}: domain {nested} has domains of its own")
    alike = dict(ALIKE)
    if set(kinds.values()) == {"text"}:
        del alike["length"]  # shorter sentences are padded
    for fact, option in alike.items():
        values = {domain: getattr(part.spec, fact) for domain, part in parts.items()}
        if len(set(values.values())) > 1:
            shown = ", ".join(f"{domain} {value}" for domain, value in values.items())
            hint = f"; bring them together with {option}" if option else ""
            raise DataError(f"{name}: the domains differ in {fact}: {shown}{hint}")
    counts = {domain: part.spec.held_out for domain, part in parts.items()}
    if paired and len(set(counts.values())) > 1:
        shown = ", ".join(f"{domain} {count}" for domain, count in counts.items())
        raise DataError(f"{name}: pairs need equal counts of held-out examples; got {shown}")


def _flat(name: str, parts: Mapping[str, Dataset], split: str) -> Fields:
    flat: Fields = {}
    for domain, part in parts.items():
        for key, value in prefixed(domain, getattr(part, split)).items():
            if key in flat:
                raise DataError(
                    f"{name}: two domains would both have a field {key!r}; give them other names"
                )
            flat[key] = value
    return flat


def _one_vocabulary(parts: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """Sentences whose tokens are numbered alike: the end, the unknown word if any, then the rest.

    The words stand in the order of the domains' vocabularies, those of the first domain first.
    """
    words = dict.fromkeys(word for part in parts.values() for word in part.vocabulary[1:])
    unknown = [word for word in words if word == UNKNOWN]
    vocabulary = (END, *unknown, *(word for word in words if word != UNKNOWN))
    number = {word: token for token, word in enumerate(vocabulary)}
    kind = torch.int16 if len(vocabulary) <= torch.iinfo(torch.int16).max else torch.int32
    length = max(part.spec.length for part in parts.values())
    made = {}
    for domain, part in parts.items():
        to = torch.tensor([0, *(number[word] for word in part.vocabulary[1:])], dtype=kind)
        fields = [
            dict(x, tokens=F.pad(to[x["tokens"].int()], (0, length - part.spec.length)))
            for x in (part.train, part.held_out)
        ]
        spec = replace(
            part.spec, vocab=len(vocabulary), length=length, fingerprint=fingerprint(*fields)
        )
        made[domain] = replace(
            part, spec=spec, train=fields[0], held_out=fields[1], vocabulary=vocabulary
        )
    return made
