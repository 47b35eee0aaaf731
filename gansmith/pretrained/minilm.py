"""A small BERT as a sentence encoder (arXiv:1810.04805, arXiv:2002.10957), from local files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

LAYER = {  # torch's names of a layer's parts -> BERT's
    "self_attn.out_proj": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "linear1": "intermediate.dense",
    "linear2": "output.dense",
    "norm2": "output.LayerNorm",
}


class MiniLM(nn.Module):
    """Tokens to one vector of unit length: the mean of the last layer over the tokens.

    forward: tokens (B, T) int64, mask (B, T) bool, true where there is a token -> (B, width).
    """

    def __init__(
        self, vocab: int, places: int, width: int, inner: int, heads: int, layers: int
    ) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(vocab, width), nn.Embedding(places, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        layer = nn.TransformerEncoderLayer(
            width, heads, inner, 0.0, "gelu", layer_norm_eps=1e-12, batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        place = torch.arange(tokens.shape[1], device=tokens.device)
        h = self.norm(self.words(tokens) + self.places(place))
        h = self.layers(h, src_key_padding_mask=~mask) * mask[:, :, None]
        return F.normalize(h.sum(1))


def load_minilm(folder: Path) -> MiniLM:
    """The network of a folder with model.safetensors, in BERT's names, and config.json; frozen.

    Raises OSError or ValueError for files that are missing or hold another network.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    state = load_file(folder / "model.safetensors")
    try:
        net = MiniLM(
            *(
                config[key]
                for key in (
                    "vocab_size",
                    "max_position_embeddings",
                    "hidden_size",
                    "intermediate_size",
                    "num_attention_heads",
                    "num_hidden_layers",
                )
            )
        )
        net.load_state_dict(_renamed(state, config["num_hidden_layers"]))
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"{folder} does not hold a BERT encoder: {error}") from error
    return net.requires_grad_(False).eval()


def _renamed(state: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """BERT's weights under torch's names; the embedding of the one segment joins the positions."""
    embed = "embeddings."
    new = {
        "words.weight": state[f"{embed}word_embeddings.weight"],
        "places.weight": state[f"{embed}position_embeddings.weight"]
        + state[f"{embed}token_type_embeddings.weight"][0],
    }
    for end in ("weight", "bias"):
        new[f"norm.{end}"] = state[f"{embed}LayerNorm.{end}"]
        for n in range(layers):
            ours, theirs = f"layers.layers.{n}.", f"encoder.layer.{n}."
            new[f"{ours}self_attn.in_proj_{end}"] = torch.cat(
                [
                    state[f"{theirs}attention.self.{part}.{end}"]
                    for part in ("query", "key", "value")
                ]
            )
            for mine, its in LAYER.items():
                new[f"{ours}{mine}.{end}"] = state[f"{theirs}{its}.{end}"]
    return new
