"""Ways to do one thing, timed in turn in one process: medians, and medians of per-round ratios."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

Arms = dict[str, Callable[[], object]]


def alternate(arms: Arms, rounds: int, calls: int = 1) -> dict[str, list[float]]:
    """Seconds of each arm's `calls` calls, a number per round; the order turns every round.

    Every arm is called once before anything is timed.
    """
    times: dict[str, list[float]] = {name: [] for name in arms}
    for act in arms.values():
        act()
    names = list(arms)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            began = perf_counter()
            for _ in range(calls):
                arms[name]()
            times[name].append((perf_counter() - began) / calls)
    return times


def table(times: dict[str, list[float]], base: str) -> str:
    """Markdown: median and least milliseconds, and how much faster than `base`, round by round."""
    lines = ["| | median ms | least ms | times the speed of " + base + " |", "| --- " * 4 + "|"]
    for name, seconds in times.items():
        ratio = median(b / s for b, s in zip(times[base], seconds, strict=True))
        lines.append(
            f"| {name} | {1000 * median(seconds):.3g} | {1000 * min(seconds):.3g} | {ratio:.2f} |"
        )
    return "\n".join(lines)
