"""The players of a run for use without Gansmith: weights, a card, and a program.

For a player NAME there are NAME.safetensors (its state dict), NAME.json (what goes in, what
comes out, where it is from, how to load it), and NAME.pt2 or NAME.onnx, which runs where
Gansmith is not installed.
"""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import save
from torch.export import Dim, ExportedProgram

from gansmith.core.extras import install
from gansmith.core.files import write_atomic
from gansmith.core.protocols import ConditionalSampler, ExportableModule, Exports, ExportsFrom
from gansmith.export.inputs import condition_input, example_input
from gansmith.export.model_card import card
from gansmith.runs.run import Run

Form = Literal["torch-export", "onnx"]
TRACES = ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node")
EXTRA = ("onnx", "onnxscript")


def export(run: Run, out: Path, form: Form = "torch-export") -> list[Path]:
    """Write what the run's game exports, at the chosen checkpoint, with averaged weights.

    form: torch-export writes NAME.pt2, which `torch.export.load(path).module()` runs; onnx
        writes NAME.onnx. Both take batches of any length.
    Returns the files. Raises TypeError when the game exports nothing, ValueError for an unknown
    form, and RuntimeError when onnx is asked for and not installed; nothing is written then.
    """
    if form not in FORMS:
        raise ValueError(f"a run is exported as {' or '.join(FORMS)}; got {form!r}")
    suffix, translate = FORMS[form]
    files: dict[Path, bytes] = {}
    for name, program in programs(run).items():
        program.module.eval().requires_grad_(False)
        files[out / f"{name}{suffix}"] = translate(program)
        files[out / f"{name}.safetensors"] = _weights(program)
        page = json.dumps(card(run, name, program, form), indent=2, ensure_ascii=False)
        files[out / f"{name}.json"] = f"{page}\n".encode()
    for path, content in files.items():
        write_atomic(path, content)
    return list(files)


def programs(run: Run) -> dict[str, ExportableModule]:
    """What a run exports, by name. Raises TypeError for a game that exports nothing."""
    game = run.game.cpu()
    if isinstance(game, Exports):
        return game.exports()
    if not isinstance(game, ExportsFrom):
        raise TypeError(f"{run.config.preset} has no players that are of use by themselves")
    condition = run.spec.conditioned_on
    if isinstance(game, ConditionalSampler) and condition is not None:
        return game.exports_from(condition_input(condition))
    return game.exports_from(example_input(run.spec))


def _weights(program: ExportableModule) -> bytes:
    """The state dict as safetensors, each tensor in memory of its own."""
    own = program.module.state_dict()
    return save({name: tensor.clone().contiguous() for name, tensor in own.items()})


def _trace(program: ExportableModule) -> ExportedProgram:
    """The player as a graph with a free first axis, without the file names of this machine."""
    examples = tuple(given.example for given in program.inputs.values())
    free = tuple({0: Dim("batch")} for _ in examples)
    with torch.no_grad():
        traced = torch.export.export(program.module, examples, dynamic_shapes=free)
    for node in traced.graph.nodes:
        for key in TRACES:
            node.meta.pop(key, None)
    return traced


def _torch_program(program: ExportableModule) -> bytes:
    page = io.BytesIO()
    torch.export.save(_trace(program), page)
    return page.getvalue()


def _onnx_program(program: ExportableModule) -> bytes:
    absent = [name for name in EXTRA if find_spec(name) is None]
    if absent:
        raise RuntimeError(
            f"onnx needs {' and '.join(absent)}: {install('onnx')}, or export with "
            "--format torch-export"
        )
    with _quiet():
        try:
            made = torch.onnx.export(
                _trace(program),
                dynamo=True,
                input_names=list(program.inputs),
                output_names=["y"],
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as error:
            reason = str(error).strip().splitlines()[0]
            raise RuntimeError(
                f"torch cannot write this player as ONNX ({reason}); export it with "
                "--format torch-export"
            ) from error
    if made is None:
        raise RuntimeError("torch made no ONNX program; export with --format torch-export")
    return made.model_proto.SerializeToString()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of packages that no player needs."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


FORMS: dict[str, tuple[str, Callable[[ExportableModule], bytes]]] = {
    "torch-export": (".pt2", _torch_program),
    "onnx": (".onnx", _onnx_program),
}
