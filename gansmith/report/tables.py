"""The tables of a report: its numbers with their protocols, and the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gansmith.core.files import naming_damage
from gansmith.data import DataSpec
from gansmith.metrics import Measured
from gansmith.rendering.page import box, listing, readable, table, tag
from gansmith.runs.config import Config
from gansmith.runs.run import METRICS

BETTER = {"lower": "lower", "higher": "higher", "near": "near the real data's"}
KIND = ("size", "channels", "classes", "dim", "vocab", "length")
PLAYED = ("seed", "micro", "precision", "clip", "compile", "channels_last", "sample_every")


def numbers(folder: Path) -> str:
    """The numbers of metrics.json and how each was computed; nothing when there is none."""
    path = folder / METRICS
    if not path.exists():
        return ""
    with naming_damage(path, "Remove it, and measure the run anew by gansmith evaluate"):
        metrics = json.loads(path.read_text(encoding="utf-8"))
        numbers = {key: Measured.from_json(plain) for key, plain in metrics["numbers"].items()}
        step, measured = metrics["step"], readable(metrics["data"])
    heads = "".join(tag("th", head) for head in ("number", "generated", "real data", "better"))
    rows = "\n".join(_row(name, number) for name, number in _named(numbers))
    protocols = "\n".join(
        tag("h3", name) + "\n" + listing(vars(number.protocol)) for name, number in _named(numbers)
    )
    return (
        tag("p", f"The checkpoint of step {step}, on {measured}.", "soft")
        + f"\n<table>\n<tr>{heads}</tr>\n{rows}\n</table>\n<details>\n"
        + f"<summary>How each number was computed</summary>\n{protocols}\n</details>"
    )


def _named(numbers: dict[str, Measured]) -> Iterator[tuple[str, Measured]]:
    """The numbers by their names, or by their keys where two have one name."""
    names = [number.name for number in numbers.values()]
    for key, number in numbers.items():
        yield (key if names.count(number.name) > 1 else number.name), number


def _row(name: str, number: Measured) -> str:
    real = "" if number.real is None else f"{number.real:.4g}"
    cells = (f"{number.value:.4g}", real)
    middle = "".join(tag("td", cell, "number") for cell in cells)
    return f"<tr>{tag('td', name)}{middle}{tag('td', BETTER[number.better])}</tr>"


def configuration(config: Config) -> str:
    """The tables of all that was asked for, and of what the data turned out to be."""
    spec = DataSpec.from_json(config.spec).to_json()
    data = {"data": spec["name"], "kind": spec["kind"]}
    data |= {key: spec[key] for key in KIND if spec.get(key)}
    data |= {"training": spec["train"], "held out": spec["held_out"]}
    for part, inner in (spec.get("domains") or {}).items():
        data[part] = f"{readable(inner['name'])}, {inner['train']} + {inner['held_out']}"
    data |= {"fingerprint": spec["fingerprint"], "licence": spec.get("licence") or "not stated"}
    data |= {f"opened with {key}": value for key, value in config.options.items()}
    played: dict[str, Any] = (
        {"steps": config.steps} if config.minutes is None else {"minutes": config.minutes}
    )
    played |= {key: getattr(config, key) for key in PLAYED}
    if config.began_from is not None:
        played["began from"] = config.began_from
    tables = (
        tag("h3", "preset") + table({"preset": config.preset} | config.keywords),
        tag("h3", "data") + table(data),
        tag("h3", "run") + table(played) + tag("h3", "versions") + table(config.versions),
    )
    return box("\n".join(f"<div>{part}</div>" for part in tables), "pair")
