"""Sentences by their meaning: one vector each, kept, and asked for in words the data never had."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import DataError, Dataset, open_data
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.condition import Condition
from gansmith.data.readers.decode_cache import cache_folder
from gansmith.data.transforms import embed_text as module
from gansmith.data.transforms.embed_text import (
    embed_sentences,
    embed_text,
    load_encoder,
    sentence_encoder,
)
from gansmith.presets import PRESETS
from gansmith.sampling.prompts import parse_prompt

WORDS = ["<end>", "<unk>", "red", "heart", "blue"]


def told() -> Dataset:
    real = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 1, 16, 16)
    tokens = torch.tensor([[2, 3], [4, 3], [2, 0], [2, 3], [2, 1], [1, 3]]).to(torch.int16)
    data = image_dataset("toy", {"real": real[:4]}, {"real": real[4:]})
    return with_condition(
        data, Condition("sentence", vocab=5, length=2), tokens[:4], tokens[4:], WORDS
    )


class Hashing:
    """A stand-in for the network: a vector of four numbers out of each sentence's letters."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, sentences: Sequence[str]) -> Tensor:
        self.read += sentences
        digests = [hashlib.sha256(" ".join(s.split()).encode()).digest()[:4] for s in sentences]
        return torch.tensor([list(digest) for digest in digests]) / 127.5 - 1


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hashing:
    found = Hashing()
    monkeypatch.setattr(module, "sentence_encoder", lambda: found)
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    return found


def test_every_picture_is_asked_by_the_vector_of_its_sentence(network: Hashing) -> None:
    dataset = embed_text(told())
    condition = dataset.spec.condition
    assert condition == Condition("embedding", width=4)
    assert condition.shape == (4,)
    assert dataset.spec.name == "embed-text:toy"
    wanted = Hashing()(["red heart", "blue heart", "red", "red heart"])
    assert dataset.train["condition"].equal(wanted)
    assert dataset.held_out["condition"].equal(Hashing()(["red", "heart"]))  # without unknown words
    assert dataset.spec.fingerprint != told().spec.fingerprint


def test_each_sentence_is_read_once_and_for_all(network: Hashing) -> None:
    first = embed_text(told())
    assert sorted(network.read[:3]) == ["blue heart", "red", "red heart"]
    count = len(network.read)
    again = embed_text(told())
    assert len(network.read) == count
    assert again.train["condition"].equal(first.train["condition"])
    for path in cache_folder().glob("embeddings-*.npy"):
        path.write_bytes(b"damaged")
    assert embed_text(told()).train["condition"].equal(first.train["condition"])
    assert len(network.read) == 2 * count


def test_words_that_the_data_never_had_can_be_asked(network: Hashing) -> None:
    asked = parse_prompt(embed_text(told()), "a crimson sign of love", 2)
    assert asked.equal(Hashing()(["a crimson sign of love"]).expand(2, 4))
    with pytest.raises(DataError, match="the prompt is empty"):
        parse_prompt(embed_text(told()), " ", 1)


def test_a_preset_takes_them(network: Hashing) -> None:
    dataset = embed_text(told())
    game = PRESETS["gan-cls"].build(dataset.spec, width=4, latent=3, embed_dim=5).game.eval()
    one, other = (game.generate(dataset.train["condition"][n : n + 1], Rng(1)) for n in (0, 1))  # type: ignore[operator]
    assert one.shape == (1, 1, 16, 16)
    assert not one.equal(other)


def test_data_without_sentences_are_refused() -> None:
    with pytest.raises(DataError, match="fashion is not conditioned on sentences"):
        open_data("embed-text:fashion")


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGE", "no_such_package_anywhere")
    sentence_encoder.cache_clear()
    with pytest.raises(ImportError, match=r"pip install -e \S+\[sentences\]"):
        embed_sentences(["red"])
    sentence_encoder.cache_clear()


def test_a_tokenizer_and_a_network_from_files(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = {"[UNK]": 0, "[PAD]": 1, "red": 2, "heart": 3}
    model = tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    width = 4
    config = dict(
        vocab_size=4, max_position_embeddings=200, hidden_size=width, intermediate_size=4,
        num_attention_heads=1, num_hidden_layers=1,
    )  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    words = Rng(1).normal(4, width)
    state = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": torch.zeros(200, width),
        "embeddings.token_type_embeddings.weight": torch.zeros(2, width),
    }
    layer = "encoder.layer.0"  # which adds nothing
    for part in ("query", "key", "value"):
        state[f"{layer}.attention.self.{part}.weight"] = torch.zeros(width, width)
        state[f"{layer}.attention.self.{part}.bias"] = torch.zeros(width)
    for part in ("attention.output", "intermediate", "output"):
        state[f"{layer}.{part}.dense.weight"] = torch.zeros(width, width)
        state[f"{layer}.{part}.dense.bias"] = torch.zeros(width)
    for part in ("embeddings", f"{layer}.attention.output", f"{layer}.output"):
        state[f"{part}.LayerNorm.weight"] = torch.ones(width)
        state[f"{part}.LayerNorm.bias"] = torch.zeros(width)
    save_file(state, tmp_path / "model.safetensors")
    encode = load_encoder(tmp_path, tokenizer)
    found = encode(["red heart", "heart", "heart " * 300])
    normed = torch.nn.functional.layer_norm(words, (width,))
    pair = normed[2] + normed[3]
    wanted = torch.stack([pair / pair.norm(), *(normed[3] / normed[3].norm(),) * 2])
    torch.testing.assert_close(found, 2 * wanted, atol=1e-4, rtol=1e-4)


def test_the_published_network_says_what_is_published() -> None:
    pytest.importorskip(module.PACKAGE)
    said = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    vectors = torch.nn.functional.normalize(embed_sentences(said))
    likeness = vectors @ vectors.T
    assert likeness[0, 1:].tolist() == pytest.approx([0.6660, 0.1046], abs=1e-3)
    assert float(likeness[1, 2]) == pytest.approx(0.1411, abs=1e-3)
