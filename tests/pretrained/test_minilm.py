"""The sentence encoder against BERT written out, on random weights in the format of its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.pretrained.minilm import load_minilm

VOCAB, PLACES, WIDTH, INNER, HEADS, LAYERS = 11, 9, 8, 12, 2, 3
CONFIG = {
    "vocab_size": VOCAB,
    "max_position_embeddings": PLACES,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
}


def state() -> dict[str, Tensor]:
    """Random weights under BERT's names."""
    shapes = {
        "embeddings.word_embeddings.weight": (VOCAB, WIDTH),
        "embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for n in range(LAYERS):
        for name, (out, into) in {
            "attention.self.query": (WIDTH, WIDTH),
            "attention.self.key": (WIDTH, WIDTH),
            "attention.self.value": (WIDTH, WIDTH),
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
        }.items():
            shapes[f"encoder.layer.{n}.{name}.weight"] = (out, into)
            shapes[f"encoder.layer.{n}.{name}.bias"] = (out,)
        for name in ("attention.output", "output"):
            for end in ("weight", "bias"):
                shapes[f"encoder.layer.{n}.{name}.LayerNorm.{end}"] = (WIDTH,)
    return {name: 0.5 * Rng(1, k).normal(*shape) for k, (name, shape) in enumerate(shapes.items())}


def put(folder: Path, weights: dict[str, Tensor] | None = None) -> Path:
    (folder / "config.json").write_text(json.dumps(CONFIG))
    extra = {"embeddings.position_ids": torch.arange(PLACES)[None]}
    save_file((state() if weights is None else weights) | extra, folder / "model.safetensors")
    return folder


def by_hand(w: dict[str, Tensor], tokens: list[int]) -> Tensor:
    """One sentence through BERT, head by head, then its mean at unit length."""

    def linear(name: str, x: Tensor) -> Tensor:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(name: str, x: Tensor) -> Tensor:
        centred = x - x.mean(1, keepdim=True)
        std = (centred.square().mean(1, keepdim=True) + 1e-12).sqrt()
        return centred / std * w[f"{name}.LayerNorm.weight"] + w[f"{name}.LayerNorm.bias"]

    h = w["embeddings.word_embeddings.weight"][tokens]
    h = h + w["embeddings.position_embeddings.weight"][: len(tokens)]
    h = norm("embeddings", h + w["embeddings.token_type_embeddings.weight"][0])
    for n in range(LAYERS):
        layer = f"encoder.layer.{n}"
        parts = [linear(f"{layer}.attention.self.{k}", h) for k in ("query", "key", "value")]
        heads = []
        for q, k, v in zip(*(part.chunk(HEADS, 1) for part in parts), strict=True):
            heads.append((q @ k.T / (WIDTH / HEADS) ** 0.5).softmax(1) @ v)
        attended = linear(f"{layer}.attention.output.dense", torch.cat(heads, 1))
        h = norm(f"{layer}.attention.output", h + attended)
        inner = F.gelu(linear(f"{layer}.intermediate.dense", h))
        h = norm(f"{layer}.output", h + linear(f"{layer}.output.dense", inner))
    return F.normalize(h.mean(0), dim=0)


def test_it_is_bert_whatever_the_sentence_is_filled_up_with(tmp_path: Path) -> None:
    net = load_minilm(put(tmp_path))
    assert not net.training
    assert not any(part.requires_grad for part in net.parameters())
    sentences = [[1, 2, 3, 4, 5], [7], [3, 2, 1]]
    tokens = torch.full((3, 7), 9)  # what fills up is a token like others
    there = torch.zeros(3, 7, dtype=torch.bool)
    for row, words in enumerate(sentences):
        tokens[row, : len(words)] = torch.tensor(words)
        there[row, : len(words)] = True
    wanted = torch.stack([by_hand(state(), words) for words in sentences])
    torch.testing.assert_close(net(tokens, there), wanted, atol=1e-5, rtol=1e-4)


def test_files_of_another_network_are_refused(tmp_path: Path) -> None:
    weights = state()
    del weights["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ValueError, match=r"does not hold a BERT .*encoder.layer.1.output.dense.bi"):
        load_minilm(put(tmp_path, weights))
    with pytest.raises(ValueError, match="does not hold a BERT"):
        load_minilm(
            put(tmp_path, state() | {"embeddings.word_embeddings.weight": torch.ones(3, 3)})
        )
    with pytest.raises(FileNotFoundError):
        load_minilm(tmp_path / "nowhere")
