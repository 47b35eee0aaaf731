"""Where batches come from: a Source gives the n-th batch of a run, whatever was asked before."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.build import named
from gansmith.data.memmap import RowFile
from gansmith.data.spec import DataError, Dataset, Fields
from gansmith.data.transforms.degrade import Degradation

ORDER = 0xDA7A5E7  # sets the orders of examples apart from a run's other random numbers
SPOILING = 0x5B011ED  # and what is random in degradations


class Source:
    """The batches of one data set, endlessly; `at(n)` is a pure function of n.

    The examples of epoch e are read in the permutation drawn from (seed, stream, e). Epochs follow
    each other without a gap: a batch may straddle two of them, or hold many when the data set is
    smaller than the batch. So the times that two examples were seen never differ by more than one.

    fields: tensors with one first axis
    batch: examples per batch
    seed, stream: two sources of one run take different streams
    file: where the rows of `real` are read from, when they do not lie in memory. The rows of the
        batch after are then announced to the system, which fetches them while this one is played.
    degrade: makes the field `given` from `real`.
    Raises DataError when there is no example, or the fields' lengths differ.
    """

    def __init__(
        self,
        fields: Fields,
        batch: int,
        seed: int,
        stream: int = 0,
        file: RowFile | None = None,
        degrade: Degradation | None = None,
    ) -> None:
        counts = {name: len(value) for name, value in fields.items()}
        if len(set(counts.values())) != 1 or not min(counts.values()):
            raise DataError(
                f"a source needs fields of one length, 1 or more; got {counts}; "
                "unpaired data is read with open_source"
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
        self._order: tuple[int, Tensor] | None = None
        self._next: tuple[int, Tensor] | None = None

    def at(self, n: int) -> Fields:
        """The n-th batch: every field with `batch` rows."""
        batch = self._read(n)
        if self.degrade is not None:
            spoiling = Rng(self.seed, SPOILING, self.stream, n)
            batch["given"] = self.degrade(batch["real"], spoiling)
        return batch

    def _read(self, n: int) -> Fields:
        if self.file is None:
            rows = self.rows(n)
            return {name: value.index_select(0, rows) for name, value in self.fields.items()}
        rows = self._next[1] if self._next and self._next[0] == n else self.rows(n)
        self._next = (n + 1, self.rows(n + 1))
        self.file.expect(self._next[1])
        return {
            name: self.file.take(rows) if name == "real" else value.index_select(0, rows)
            for name, value in self.fields.items()
        }

    def rows(self, n: int) -> Tensor:
        """Which examples the n-th batch holds, int64 (batch,)."""
        if n < 0:
            raise DataError(f"batches are numbered from 0; got {n}")
        start, stop = n * self.batch, (n + 1) * self.batch
        epochs = range(start // self.count, (stop - 1) // self.count + 1)
        pieces = [
            self._permutation(epoch)[max(start - epoch * self.count, 0) : stop - epoch * self.count]
            for epoch in epochs
        ]
        return torch.cat(pieces)

    def _permutation(self, epoch: int) -> Tensor:
        if self._order is None or self._order[0] != epoch:
            self._order = (epoch, Rng(self.seed, ORDER, self.stream, epoch).permutation(self.count))
        return self._order[1]


class Join:
    """Several sources read together, each with its own batch size (unpaired, semi-supervised).

    The field `real` of the source given as `a=` becomes `a`, its other fields `a_label` and so on.
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
            batch.update(named(name, source.at(n)))
        return batch


def open_source(dataset: Dataset, batch: int, seed: int) -> Source | Join:
    """The source of any data set's training examples: a Join of a and b when it is unpaired."""
    if dataset.spec.kind != "unpaired":
        return Source(dataset.train, batch, seed, file=dataset.file, degrade=dataset.degrade)
    parts = enumerate(dataset.parts.items())
    return Join(
        **{
            name: Source(part.train, batch, seed, stream, part.file)
            for stream, (name, part) in parts
        }
    )
