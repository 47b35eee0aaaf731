"""Tensors and a few texts in one safetensors file, with a checksum of everything in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

KEY = "sha256"
LONGEST = 10**8  # bytes of a header, as safetensors has it


def pack(tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> bytes:
    """The bytes of a file of contiguous tensors in memory of their own, and texts by name."""
    return save(dict(tensors), {**texts, KEY: _checksum(tensors, texts)})


def unpack(content: bytes) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the texts that `pack` was given.

    Raises ValueError when the bytes are no such file, or any of them has changed.
    """
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    texts = _texts(content[8 : 8 + int.from_bytes(content[:8], "little")])
    if texts.pop(KEY, "") != _checksum(tensors, texts):
        raise ValueError("it has changed since it was written: its checksum is another")
    return tensors, texts


def read_texts(path: Path) -> dict[str, str]:
    """The texts of a file, unchecked, without its tensors.

    Raises ValueError when it is no such file.
    """
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return _texts(file.read(min(length, LONGEST)))


def _texts(header: bytes) -> dict[str, str]:
    try:
        texts: dict[str, str] = json.loads(header).get("__metadata__", {})
        return texts
    except (AttributeError, RecursionError) as error:
        raise ValueError(f"its header is no object of JSON: {error}") from error


def _checksum(tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> str:
    """A SHA-256 of the texts, and of the name, type, shape and values of each tensor."""
    digest = hashlib.sha256(json.dumps(sorted(texts.items())).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
