"""The card of an exported player: all that its user has to know, as plain JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from gansmith.core.protocols import ConditionalSampler, ExportableModule
from gansmith.modalities import Modality, modality_of
from gansmith.runs.run import Run
from gansmith.version import __version__


def card(run: Run, name: str, program: ExportableModule, form: str) -> dict[str, Any]:
    """What goes in and comes out, where the player is from, and how to load it.

    form: "torch-export" or "onnx".
    """
    config, spec, modality = run.config, run.spec, modality_of(run.spec)
    condition = spec.conditioned_on if isinstance(run.game, ConditionalSampler) else None
    y = program.module(*(given.example for given in program.inputs.values()))
    return {
        "name": name,
        "inputs": [
            {"name": key, **_shape(x.example), "meaning": x.meaning, "code": x.code}
            for key, x in program.inputs.items()
        ],
        "output": {"name": "y", **_shape(y), "meaning": program.output or modality.output},
        "load": load_code(name, program, form, modality, y),
        "preset": config.preset,
        "paper": run.preset.cites,
        "keywords": config.keywords,
        "data": {"name": spec.name, "licence": spec.licence, "fingerprint": spec.fingerprint},
        "classes": list(spec.classes),
        "vocabulary": list(run.examples.vocabulary),
        "condition": None if condition is None else asdict(condition),
        "condition_vocabulary": list(run.examples.condition_vocabulary),
        "step": run.step,
        "seed": config.seed,
        "gansmith": __version__,
        "torch": torch.__version__,
    }


def load_code(
    name: str, program: ExportableModule, form: str, modality: Modality, y: Tensor
) -> list[str]:
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
    text += [] if program.output else modality.code(name, y)
    modules = ["torch"] + ["onnxruntime"] * (form == "onnx")
    modules += ["json"] * any("json." in line for line in text)
    return [f"import {', '.join(sorted(modules))}", *text]


def _shape(tensor: Tensor) -> dict[str, Any]:
    dtype = str(tensor.dtype).removeprefix("torch.")
    return {"shape": ["batch", *tensor.shape[1:]], "dtype": dtype}
