"""Held-out examples kept beside a run, so that it can be sampled when its data is gone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from gansmith.core import tensor_file
from gansmith.core.files import write_atomic
from gansmith.data.build import prefixed
from gansmith.data.spec import DataError, Dataset, DataSpec, Fields

EXAMPLES = "examples.safetensors"
WORDS = "vocabulary.json"
VOCABULARIES = ("vocabulary", "condition_vocabulary")


def save_examples(dataset: Dataset, folder: Path) -> None:
    """Write the held-out examples and the vocabularies of a data set into a folder.

    examples.safetensors has a tensor for each field, of data with domains DOMAIN/FIELD;
    vocabulary.json the words of the tokens. `example_set` makes a data set small first.
    """
    parts = dataset.domains or {"": dataset}
    tensors = {
        _key(name, field): rows.contiguous()
        for name, part in parts.items()
        for field, rows in part.held_out.items()
    }
    words = {
        _key(name, field): getattr(part, field)
        for name, part in parts.items()
        for field in VOCABULARIES
    }
    write_atomic(folder / EXAMPLES, tensor_file.pack(tensors, {}))
    write_atomic(folder / WORDS, json.dumps(words, ensure_ascii=False).encode())


def load_examples(spec: DataSpec, folder: Path) -> Dataset:
    """The data set of a spec with the held-out examples that `save_examples` wrote, and no others.

    Raises DataError when the files are not there, are damaged, or hold another kind of data.
    """
    try:
        tensors, _ = tensor_file.unpack((folder / EXAMPLES).read_bytes())
        words = json.loads((folder / WORDS).read_text(encoding="utf-8"))
        parts = {
            name: _loaded(name, part, tensors, words)
            for name, part in (spec.domains or {"": spec}).items()
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"the examples in {folder} cannot be read: {error}") from error
    if not spec.domains:
        return parts[""]
    train, held_out = (
        _joined({name: getattr(part, split) for name, part in parts.items()})
        for split in ("train", "held_out")
    )
    return Dataset(spec, train, held_out, next(iter(parts.values())).vocabulary, domains=parts)


def _key(domain: str, field: str) -> str:
    return f"{domain}/{field}" if domain else field


def _loaded(
    name: str, spec: DataSpec, tensors: Fields, words: Mapping[str, Sequence[str]]
) -> Dataset:
    prefix = _key(name, "")
    held_out = {
        key.removeprefix(prefix): rows
        for key, rows in tensors.items()
        if key.startswith(prefix) and "/" not in key.removeprefix(prefix)
    }
    main = "tokens" if spec.kind == "text" else "real"
    if main not in held_out:
        raise DataError(f"{spec.name} is {spec.kind}, and there is no field {_key(name, main)!r}")
    train = {key: rows[:0] for key, rows in held_out.items()}
    vocabulary, condition_vocabulary = (tuple(words[_key(name, field)]) for field in VOCABULARIES)
    return Dataset(spec, train, held_out, vocabulary, condition_vocabulary)


def _joined(parts: Mapping[str, Fields]) -> Fields:
    return {key: rows for name, part in parts.items() for key, rows in prefixed(name, part).items()}
