"""All numbers of generated sentences, each with its protocol and the value of real sentences."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from gansmith.core.arrays import Array
from gansmith.metrics.points_report import measured_distance
from gansmith.metrics.protocol import HELD_OUT, Better, Measured, Protocol, select_keys
from gansmith.metrics.samples import subsample
from gansmith.metrics.text import as_tokens, copied_share, distinct_n, ngram_jsd, valid_share

ORDERS = (1, 2, 3)


def available_text(known_grammar: bool = False) -> dict[str, Better]:
    """The keys that `evaluate_text` gives, each with its good direction; nothing is computed."""
    found: dict[str, Better] = {}
    for n in ORDERS:
        found |= {f"jsd_{n}": "lower", f"distinct_{n}": "near"}
    found["copies"] = "near"
    return found | ({"valid": "higher"} if known_grammar else {})


def evaluate_text(
    *,
    generated: Array,
    held_out: Array,
    train: Array,
    accepts: Callable[[list[int]], bool] | None = None,
    limit: int = 10_000,
    seed: int = 0,
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """n-gram divergence to held-out sentences for n = 1 .. 3, distinct-n, copies, and grammar.

    generated, held_out, train: tokens (N, T), 0 ends a sentence. Copies are searched for in the
    whole training set. accepts: whether the grammar accepts the tokens of a sentence before its
    end. only: keys of the numbers to compute; all by default.
    Raises ValueError for an unknown key in `only`.
    """
    available = available_text(accepts is not None)
    wanted = select_keys(only, available)
    splits = subsample(
        generated=as_tokens(generated),
        held_out=as_tokens(held_out),
        train=as_tokens(train),
        limit=limit,
        seed=seed,
    )
    base = Protocol("n-grams with sentence ends", HELD_OUT, splits.counts(), seed=seed)
    alone = replace(base, reference="none")
    both = splits.generated, splits.held_out

    def jsd(n: int) -> Measured:
        protocol = replace(base, notes=(f"n={n}", "nats, at most log 2", "biased by N"))
        return measured_distance(
            f"JSD-{n}", lambda x, y: ngram_jsd(generated=x, real=y, n=n), splits, protocol
        )

    def distinct(n: int) -> Measured:
        value, real = (distinct_n(x, n) for x in both)
        protocol = replace(alone, notes=(f"n={n}", "falls with N"))
        return Measured(f"distinct-{n}", value, "near", protocol, real)

    def copies() -> Measured:
        value, real = (copied_share(generated=x, train=train) for x in both)
        protocol = replace(base, features="whole sentences", reference="whole training set")
        return Measured("copied share", value, "near", protocol, real)

    def valid() -> Measured:
        assert accepts is not None
        value, real = (valid_share(x, accepts) for x in both)
        return Measured("valid share", value, "higher", replace(alone, features="grammar"), real)

    numbers: dict[str, Callable[[], Measured]] = {"copies": copies, "valid": valid}
    for n in ORDERS:
        numbers |= {f"jsd_{n}": partial(jsd, n), f"distinct_{n}": partial(distinct, n)}
    return {key: numbers[key]() for key in available if key in wanted}
