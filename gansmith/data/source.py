"""Where batches come from: a source gives batch n of a run, a pure function of n."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.build import prefixed
from gansmith.data.spec import Corruption, DataError, Dataset, Fields, RowReader

ORDER = 0xDA7A5E7  # sets the orders of examples apart from a run's other random numbers
CORRUPTING = 0x5B011ED  # what is random in degradations
MIXING = 0x3D17AB5  # and the order of the domains in a mixed batch


class Order:
    """The order in which `count` examples are read, endlessly.

    Those of epoch e are read in the permutation drawn from (seed, stream, e). Epochs follow each
    other without a gap, so the times that two examples were read never differ by more than one.
    """

    def __init__(self, count: int, seed: int, stream: int) -> None:
        self.count, self.seed, self.stream = count, seed, stream
        self._last: tuple[int, Tensor] | None = None

    def between(self, start: int, stop: int) -> Tensor:
        """The examples read from place `start` on, `stop` excluded, int64 (stop - start,)."""
        pieces = [
            self._permutation(epoch)[max(start - epoch * self.count, 0) : stop - epoch * self.count]
            for epoch in range(start // self.count, (stop - 1) // self.count + 1)
        ]
        return torch.cat(pieces) if pieces else torch.zeros(0, dtype=torch.int64)

    def _permutation(self, epoch: int) -> Tensor:
        if self._last is None or self._last[0] != epoch:
            self._last = (epoch, Rng(self.seed, ORDER, self.stream, epoch).permutation(self.count))
        return self._last[1]


class Source:
    """The batches of one data set, endlessly; `at(n)` is a pure function of n.

    The examples are read in their `Order`: a batch may straddle two epochs, or hold many when the
    data set is smaller than the batch.

    fields: tensors with one first axis
    batch: examples per batch
    seed, stream: two sources of one run take different streams
    file: where the rows of `real` are read from, when they do not lie in memory. The rows of the
        batch after are then announced to the system, which fetches them while this one is played.
    degrade: makes the field `condition` from `real`.
    Raises DataError when there is no example, or the fields' lengths differ.
    """

    def __init__(
        self,
        fields: Fields,
        batch: int,
        seed: int,
        stream: int = 0,
        file: RowReader | None = None,
        degrade: Corruption | None = None,
    ) -> None:
        counts = {name: len(value) for name, value in fields.items()}
        if len(set(counts.values())) != 1 or not min(counts.values()):
            raise DataError(
                f"a source needs fields of one length, 1 or more; got {counts}; "
                "data with domains is read with open_source"
            )
        if batch < 1:
            raise DataError(f"a batch has 1 example or more; got {batch}")
        self.fields = fields
        self.batch = batch
        self.seed = seed
        self.stream = stream
        self.count = min(counts.values())
        self.file = file
        self.degrade = degrade
        self._order = Order(self.count, seed, stream)
        self._next: tuple[int, Tensor] | None = None

    def at(self, n: int) -> Fields:
        """The n-th batch: every field with `batch` rows."""
        batch = self._read(n)
        if self.degrade is not None:
            rng = Rng(self.seed, CORRUPTING, self.stream, n)
            batch["condition"] = self.degrade(batch["real"], rng)
        return batch

    def _read(self, n: int) -> Fields:
        if self.file is None:
            rows = self.rows(n)
            return {name: value.index_select(0, rows) for name, value in self.fields.items()}
        rows = self._next[1] if self._next and self._next[0] == n else self.rows(n)
        self._next = (n + 1, self.rows(n + 1))
        self.file.prefetch(self._next[1])
        return {
            name: self.file.read_rows(rows) if name == "real" else value.index_select(0, rows)
            for name, value in self.fields.items()
        }

    def rows(self, n: int) -> Tensor:
        """Which examples the n-th batch holds, int64 (batch,)."""
        if n < 0:
            raise DataError(f"batches are numbered from 0; got {n}")
        return self._order.between(n * self.batch, (n + 1) * self.batch)


class Join:
    """Several sources read together, each with its own batch size (domains, few labels).

    The field `real` (or `tokens`) of the source given as `a=` becomes `a`, its other fields
    `a_label` and so on.
    Raises DataError when two sources would read in one order, which would pair their examples.
    """

    def __init__(self, **sources: Source) -> None:
        orders = {(source.seed, source.stream) for source in sources.values()}
        if not sources or len(orders) < len(sources):
            raise DataError(
                f"the {len(sources)} joined sources need a stream (or seed) of their own each, "
                f"such as Source(..., stream=1); got (seed, stream) {sorted(orders)}"
            )
        self.sources = sources

    def at(self, n: int) -> Fields:
        """The n-th batch of every source, in one dict."""
        batch: Fields = {}
        for name, source in self.sources.items():
            batch.update(prefixed(name, source.at(n)))
        return batch


class Mix:
    """Several data sets as one stream, evenly: batches with the field `label`, the data set.

    Of the first n examples of the stream, every data set has given n / K or one more; each is read
    in an order of its own. `at(n)` is a pure function of n.

    parts: (fields, rows, file) of each: the examples are the rows of the fields of these numbers,
        None for all; `real` lies in the file, if there is one. All have the same fields; a field
        `label` is replaced.
    degrade: makes the field `condition` from `real`.
    Raises DataError when a data set has no example, or their fields differ.
    """

    def __init__(
        self,
        parts: Sequence[tuple[Fields, Tensor | None, RowReader | None]],
        batch: int,
        seed: int,
        degrade: Corruption | None = None,
    ) -> None:
        counts = [
            len(next(iter(fields.values()))) if rows is None else len(rows)
            for fields, rows, _ in parts
        ]
        names = [set(fields) - {"label"} for fields, _, _ in parts]
        if not counts or not min(counts) or any(x != names[0] for x in names):
            raise DataError(
                f"a mix takes data sets with the same fields, 1 example or more; got {counts} "
                f"examples, {[sorted(x) for x in names]}"
            )
        if batch < 1:
            raise DataError(f"a batch has 1 example or more; got {batch}")
        self.parts, self.batch, self.seed, self.degrade = parts, batch, seed, degrade
        self._orders = [Order(count, seed, stream) for stream, count in enumerate(counts)]

    def at(self, n: int) -> Fields:
        """The n-th batch: every field with `batch` rows, in random order."""
        if n < 0:
            raise DataError(f"batches are numbered from 0; got {n}")
        count = len(self.parts)
        start, stop = n * self.batch, (n + 1) * self.batch
        pieces: list[Fields] = []
        for number, (fields, chosen, file) in enumerate(self.parts):
            # example i of the stream is example i // K of data set i % K
            rows = self._orders[number].between(
                -((number - start) // count), -((number - stop) // count)
            )
            rows = rows if chosen is None else chosen[rows]
            piece = {
                name: file.read_rows(rows)
                if file is not None and name == "real"
                else value.index_select(0, rows)
                for name, value in fields.items()
                if name != "label"
            }
            pieces.append(piece | {"label": torch.full((len(rows),), number)})
        order = Rng(self.seed, MIXING, n).permutation(self.batch)
        batch = {name: torch.cat([x[name] for x in pieces])[order] for name in pieces[0]}
        if self.degrade is not None:
            batch["condition"] = self.degrade(batch["real"], Rng(self.seed, CORRUPTING, 0, n))
        return batch


class LoaderSource:
    """The batches of a loader as a source; see `from_loader`."""

    def __init__(self, loader: Iterable[Any]) -> None:
        self.loader = loader
        self._batches: Iterator[Any] = iter(())
        self._read = 0  # batches taken since the start
        self._last: Fields = {}

    def at(self, n: int) -> Fields:
        """The n-th batch. Raises DataError where the loader has none, or gives no tensors."""
        if n < self._read - 1:  # before the one at hand: read from the start again
            self._batches, self._read = iter(()), 0
        while self._read <= n:
            batch = next(self._batches, None)
            if batch is None:
                self._batches = iter(self.loader)
                batch = next(self._batches, None)
                if batch is None:
                    raise DataError("the loader has no batch")
            self._last = _named(batch)
            self._read += 1
        return dict(self._last)


def from_loader(loader: Iterable[Any]) -> LoaderSource:
    """The batches of a DataLoader, or of any iterable of batches that can be begun again.

    A batch is a tensor (`real`), a pair (`real`, `label`), or named tensors. They reach the players
    as they are, uint8 as floats in [-1, 1]: floats of images are brought there by the loader. Give
    it drop_last=True, for a game may want batches of one size.

    Promised: batch n is the n-th that the loader gives, which begins anew at its end. Not promised:
    that `at` is a pure function of n, which an exact resume requires. A run resumed at batch n
    reads and drops the n before it, and these are the same only if each pass of the loader gives
    the same batches, without shuffling and random augmentation. `Source` of tensors in memory, and
    `open_source` of a data set, keep that promise and shuffle.
    """
    return LoaderSource(loader)


def _named(batch: Any) -> Fields:
    if isinstance(batch, Mapping):
        fields = dict(batch)
    elif isinstance(batch, tuple | list):
        fields = dict(zip(("real", "label"), batch, strict=False))
    else:
        fields = {"real": batch}
    if not fields or not all(isinstance(value, Tensor) for value in fields.values()):
        raise DataError(
            "a batch is a tensor, a pair of examples and labels, or a dict of tensors; got "
            f"{ {name: type(value).__name__ for name, value in fields.items()} }"
        )
    return fields


def open_source(dataset: Dataset, batch: int, seed: int) -> Source | Join:
    """The source of any data set's training examples.

    Data with domains: a Join of all domains, a batch of each. Where few training examples are
    labelled, a Join of `labelled` (with `labelled_label`) and of `unlabelled`, which are all of
    them without labels.
    """
    if dataset.domains:
        parts = enumerate(dataset.domains.items())
        return Join(
            **{
                name: Source(part.train, batch, seed, stream, part.file, part.degrade)
                for stream, (name, part) in parts
            }
        )
    every = Source(dataset.train, batch, seed, 0, dataset.file, dataset.degrade)
    if not dataset.labelled:
        return every
    few = Source(dataset.labelled, batch, seed, 1, degrade=dataset.degrade)
    return Join(labelled=few, unlabelled=every)


def mixed_source(dataset: Dataset, batch: int, seed: int) -> Mix:
    """The domains of a data set, or its classes, as one stream with the field `label`.

    The domain is drawn evenly, whatever the domains' sizes. Raises DataError for data with neither.
    """
    if dataset.domains:
        degrade = next(iter(dataset.domains.values())).degrade
        parts = [(part.train, None, part.file) for part in dataset.domains.values()]
        return Mix(parts, batch, seed, degrade)
    label = dataset.train.get("label")
    if label is None or not dataset.spec.classes:
        raise DataError(f"{dataset.spec.name} has neither domains nor classes to draw from evenly")
    rows = [(label == number).nonzero().squeeze(1) for number in range(len(dataset.spec.classes))]
    return Mix([(dataset.train, x, dataset.file) for x in rows], batch, seed, dataset.degrade)
