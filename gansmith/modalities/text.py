"""Sentences: tokens (N, T), 0 ends a sentence and fills the row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from torch import Tensor

from gansmith.core.arrays import as_matrix
from gansmith.core.files import write_atomic
from gansmith.data import Dataset, accepts
from gansmith.metrics import Better, Features, Measured, available_text, evaluate_text, quick_text
from gansmith.modalities.base import Sheet
from gansmith.modalities.evidence import Evidence, Examples, split_evidence

COUNT = 1000
SHOWN = 12  # sentences of each in a comparison


class Text:
    """Sentences. The score is the divergence of their 2-grams."""

    kind = "text"
    field = "tokens"
    score_name = "JSD-2"
    score_count = COUNT
    sheet_count = 64
    compare_count = 12
    caption = "Generated sentences."
    wide = True
    output = "word numbers; 0 ends a sentence and fills it up"

    def score(self, samples: Tensor, dataset: Dataset) -> float:
        """Jensen-Shannon divergence of 2-grams from those of a thousand training sentences."""
        return quick_text(generated=samples, real=dataset.train["tokens"], limit=COUNT)

    def measure(
        self,
        samples: Tensor,
        dataset: Dataset,
        *,
        features: Features | None = None,
        only: Collection[str] | None = None,
        seed: int = 0,
    ) -> dict[str, Measured]:
        """See `evaluate_text`; the share of valid sentences where the grammar is known."""
        held_out, train = dataset.held_out["tokens"], dataset.train["tokens"]
        grammar = accepts(dataset.spec.name)
        return evaluate_text(
            generated=samples, held_out=held_out, train=train, accepts=grammar, seed=seed, only=only
        )

    def available(self, dataset: Dataset) -> dict[str, Better]:
        """The numbers of `evaluate_text`."""
        return available_text(accepts(dataset.spec.name) is not None)

    def sheet(self, samples: Tensor, dataset: Dataset, conditions: Tensor | None = None) -> Sheet:
        """A sentence a line; behind the sentence that it was generated for, where there is one."""
        lines = dataset.sentences(samples)
        if conditions is not None and dataset.condition_vocabulary:
            given = dataset.condition_sentences(conditions)
            lines = [f"{one} -> {other}" for one, other in zip(given, lines, strict=True)]
        return Sheet(".txt", ("\n".join(lines) + "\n").encode())

    def save(self, pieces: Iterable[Tensor], out: Path, dataset: Dataset) -> None:
        """One file, samples.txt."""
        lines = [line + "\n" for piece in pieces for line in dataset.sentences(piece)]
        write_atomic(out / "samples.txt", "".join(lines).encode())

    def compare(self, named: Mapping[str, Tensor], dataset: Dataset) -> Sheet:
        """Some sentences under each name."""
        lines: list[str] = []
        for name, tokens in named.items():
            lines += [f"{name}:", *("  " + x for x in dataset.sentences(tokens[:SHOWN])), ""]
        return Sheet(".txt", "\n".join(lines).encode())

    def evidence(self, samples: Tensor, dataset: Dataset, seed: int) -> Evidence:
        """Tokens; distances between them mean nothing."""
        *rows, whole = split_evidence(samples, dataset, self.field, seed)

        def examples(x: Tensor) -> Examples:
            return Examples(x, as_matrix(x.double(), "samples"))

        generated, held_out, train = map(examples, rows)
        return Evidence(
            generated, held_out, train, whole, examples, metric=False, exact_copies=True
        )

    def code(self, name: str, y: Tensor) -> list[str]:
        """To words."""
        return [
            f'words = json.load(open("{name}.json"))["vocabulary"]',
            'sentences = [" ".join(words[i] for i in row if i) for row in y.tolist()]',
        ]
