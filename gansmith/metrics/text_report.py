"""All numbers for generated sentences, each with its protocol and what real sentences get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from gansmith.metrics.arrays import Array
from gansmith.metrics.points_report import distance
from gansmith.metrics.protocol import HELD, Measured, Protocol
from gansmith.metrics.samples import trio
from gansmith.metrics.text import copied_share, distinct, ngram_jsd, sentences, valid_share


def evaluate_text(
    generated: Array,
    held: Array,
    train: Array,
    *,
    accepts: Callable[[list[int]], bool] | None = None,
    limit: int = 10_000,
    seed: int = 0,
) -> dict[str, Measured]:
    """n-gram divergence to held-out sentences for n = 1..3, variety, copies, and grammar if given.

    generated, held, train: tokens (N, T), 0 ends a sentence. Copies are looked for in the whole
    training set. accepts: takes the tokens of a sentence before its end.
    """
    rows = trio(sentences(generated), sentences(held), sentences(train), limit, seed)
    base = Protocol("n-grams with sentence ends", HELD, rows.counts(), seed=seed)
    alone = replace(base, reference="none")
    found = {}
    for n in (1, 2, 3):
        notes = (f"n={n}", "nats, at most log 2", "biased by N")
        found[f"jsd_{n}"] = distance(
            f"JSD-{n}", partial(ngram_jsd, n=n), rows, replace(base, notes=notes)
        )
        ours, theirs = distinct(rows.generated, n), distinct(rows.held, n)
        variety = replace(alone, notes=(f"n={n}", "falls with N"))
        found[f"distinct_{n}"] = Measured(f"distinct-{n}", ours, "near", variety, theirs)
    whole = replace(base, features="whole sentences", reference="whole training set")
    copied = (copied_share(x, train) for x in (rows.generated, rows.held))
    found["copies"] = Measured("copied share", next(copied), "near", whole, next(copied))
    if accepts is not None:
        valid = (valid_share(x, accepts) for x in (rows.generated, rows.held))
        grammar = replace(alone, features="grammar")
        found["valid"] = Measured("valid share", next(valid), "higher", grammar, next(valid))
    return found
