"""The card of a shared run, as Markdown: how it is used, its numbers, how they were computed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gansmith.metrics import Measured
from gansmith.presets import is_file
from gansmith.runs.config import Config
from gansmith.runs.run import Run
from gansmith.runs.trust import PRESET_COPY
from gansmith.sampling.prompts import how_to_condition
from gansmith.version import __version__


def card(
    run: Run,
    config: Config,
    metrics: Mapping[str, Any],
    sheet: Path | None,
    name: str,
    licence: str | None,
) -> str:
    """The page.

    config: as it is shared. metrics: the content of metrics.json, {} where nothing was measured.
    sheet: a file of generated samples beside the page. name: user/name. licence: of the model.
    """
    parts = [
        "---",
        *([f"license: {json.dumps(licence)}"] if licence else []),
        "library_name: gansmith",
        f"tags: {json.dumps(['gan', *([] if is_file(config.preset) else [config.preset])])}",
        "---",
        f"\n# {name.rpartition('/')[2]}\n",
        _about(run, config),
    ]
    if sheet is not None:
        link = f"![Generated samples]({sheet.name})"
        shown = link if sheet.suffix == ".png" else f"```text\n{sheet.read_text('utf-8')}\n```"
        parts.append(f"\nGenerated, not selected:\n\n{shown}")
    parts += ["\n## Use\n", _use(run, config, name), "\n## Numbers\n", *_numbers(metrics)]
    parts += ["\n## Training\n", _training(run, config), "\n## Data\n", _data(run), ""]
    return "\n".join(parts)


def _about(run: Run, config: Config) -> str:
    paper = f" ({run.preset.cites})" if run.preset.cites else ""
    return (
        f"`{config.preset}`{paper}, trained on {run.spec.name} with Gansmith {__version__}. "
        f"The state of step {run.step} of {config.steps}."
    )


def _use(run: Run, config: Config, name: str) -> str:
    folder = name.rpartition("/")[2]
    trust, python = "", ""
    note = []
    if is_file(config.preset):
        trust, python = " --trust", ", trust=True"
        note.append(
            f"The preset is Python code, in `{PRESET_COPY}/`. It is executed with `--trust` only, "
            "and can then do all that you can: read it first.\n"
        )
    if run.spec.condition is not None:
        said = how_to_condition(run.spec.condition)
        note.append(f"{said[0].upper()}{said[1:]}.\n")
    return "\n".join(
        [
            *note,
            "```sh",
            "pip install 'gansmith[hub]'",
            f"gansmith pull {name} {folder}",
            f"gansmith {run.next_command(folder)}{trust}",
            "```",
            "\n```python",
            "import gansmith\n",
            f'run = gansmith.open_run("hf:{name}"{python})',
            "```",
        ]
    )


def _numbers(metrics: Mapping[str, Any]) -> Iterator[str]:
    if not metrics:
        yield "This state was not measured."
        return
    numbers = [Measured.from_json(plain) for plain in metrics["numbers"].values()]
    yield "Real data: the same number with real examples in place of generated ones.\n"
    yield "| number | generated | real data | better |\n| --- | --- | --- | --- |"
    for number in numbers:
        real = "" if number.real is None else f"{number.real:.4g}"
        yield f"| {number.name} | {number.value:.4g} | {real} | {number.better} |"
    yield "\nHow each was computed; numbers of another protocol cannot be compared with them:\n"
    alike: dict[str, list[str]] = {}
    for number in numbers:
        how = number.protocol
        counts = ", ".join(f"{count} {kind}" for kind, count in how.counts.items())
        told = (
            f"{how.features}; reference: {how.reference} of {how.data}; {counts}; resizing: "
            f"{how.resize}; seed {how.seed}"
        )
        notes = f" ({'; '.join(how.notes)})" if how.notes else ""
        alike.setdefault(told, []).append(number.name + notes)
    for told, names in alike.items():
        yield f"- {', '.join(names)}: {told}"
    versions = numbers[0].protocol.versions.items()
    yield f"\nMeasured with {', '.join(f'{name} {version}' for name, version in versions)}."


def _training(run: Run, config: Config) -> str:
    keywords = " ".join(f"{name}={value}" for name, value in config.keywords.items())
    return (
        f"Seed {config.seed}, {config.steps} steps, {config.precision}; {keywords}. All options "
        "are in `config.json`. The checkpoint holds the players only: training cannot be resumed, "
        "`gansmith train PRESET --from FOLDER` starts from them."
    )


def _data(run: Run) -> str:
    spec = run.spec
    return (
        f"{spec.name}: {spec.train} training and {spec.held_out} held-out examples, fingerprint "
        f"`{spec.fingerprint}`, licence of the data: {spec.licence or 'not stated'}. None of its "
        "examples are in these files; its words or class names are, where it has some."
    )
