"""The card of an exported player: all that its user has to know, as plain JSON."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gansmith.core.game import Program
from gansmith.presets import find_preset
from gansmith.runs.run import Run
from gansmith.version import __version__

ROWS = 16  # of the batch in the lines of code
MEANINGS = {
    "image": "pictures in [-1, 1]",
    "unpaired": "pictures in [-1, 1]",
    "sound": "sounds in [-1, 1]",
    "points": "points, in the units of the data",
    "labels": "logits of labels, above 0 what is there",
    "text": "word numbers; 0 ends a sentence and fills it up",
}


def card(run: Run, name: str, program: Program, form: str) -> dict[str, Any]:
    """What goes in and comes out, where the player is from, and how to load it.

    form: "torch-export" or "onnx".
    """
    config, spec = run.config, run.config.spec
    y = program.module(*(given.example for given in program.inputs.values()))
    return {
        "name": name,
        "inputs": [
            {"name": key, **_kind(x.example), "meaning": x.meaning, "code": x.code}
            for key, x in program.inputs.items()
        ],
        "output": {"name": "y", **_kind(y), "meaning": MEANINGS[spec["kind"]]},
        "load": lines(name, program, form, spec["kind"], y),
        "preset": config.preset,
        "paper": find_preset(config.preset).cites,
        "keywords": config.keywords,
        "data": {key: spec[key] for key in ("name", "licence", "fingerprint")},
        "classes": list(spec["classes"]),
        "vocabulary": list(run.dataset.vocabulary),
        "step": run.step,
        "seed": config.seed,
        "gansmith": __version__,
        "torch": torch.__version__,
    }


def lines(name: str, program: Program, form: str, kind: str, y: Tensor) -> list[str]:
    """The program in a few lines of Python, run where its files are."""
    names = list(program.inputs)
    text = [f"{key} = {given.code}" for key, given in program.inputs.items()]
    if form == "onnx":
        feed = ", ".join(f'"{key}": {key}.numpy()' for key in names)
        opening = f'{name} = onnxruntime.InferenceSession("{name}.onnx")'
        text += [opening, f"y = torch.from_numpy({name}.run(None, {{{feed}}})[0])"]
    else:
        text += [f'{name} = torch.export.load("{name}.pt2").module()']
        text += [f"y = {name}({', '.join(names)})"]
    modules = ["torch"] + ["onnxruntime"] * (form == "onnx") + ["json"] * (kind == "text")
    return [f"import {', '.join(sorted(modules))}", *text, *_shown(name, kind, y)]


def _shown(name: str, kind: str, y: Tensor) -> list[str]:
    """From what comes out to what one looks at."""
    if kind in ("image", "unpaired"):
        shape = (ROWS, *y.shape[1:])
        return [f"pixels = ((y + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)  # {shape}"]
    if kind == "text":
        return [
            f'words = json.load(open("{name}.json"))["vocabulary"]',
            'sentences = [" ".join(words[i] for i in row if i) for row in y.tolist()]',
        ]
    return []


def _kind(tensor: Tensor) -> dict[str, Any]:
    dtype = str(tensor.dtype).removeprefix("torch.")
    return {"shape": ["batch", *tensor.shape[1:]], "dtype": dtype}
