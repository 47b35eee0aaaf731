import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from gansmith.api import train
from gansmith.core.game import Game
from gansmith.core.rng import Rng
from gansmith.export import export as module
from gansmith.export.export import export
from gansmith.runs.run import Run

TINY = dict(width=4, batch=8, steps=2)
BARE = """
import json, sys
sys.modules["gansmith"] = None  # whoever imports it fails
import numpy as np, torch
torch.set_num_threads(1)
folder, name = sys.argv[1:]
program = torch.export.load(f"{folder}/{name}.pt2").module()
given = np.load(f"{folder}/given.npz")
np.savez(f"{folder}/made.npz", *[program(torch.from_numpy(given[k])).numpy() for k in given.files])
import os
os.chdir(folder)
there = {}
exec("\\n".join(json.load(open(f"{name}.json"))["load"]), there)
json.dump({k: v for k, v in there.items() if k == "sentences"}, open("lines.json", "w"))
json.dump(list(there["pixels"].shape) if "pixels" in there else [], open("pixels.json", "w"))
"""


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("digits") / "run"
    return train("nsgan", data="digits", prior="uniform", latent=6, out=out, **TINY)


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Run:
    small = dict(hidden_dim=6, embed_dim=6, filters=4, rollouts=1, batch=4, mle_steps=1)
    folder = tmp_path_factory.mktemp("text")
    words = ["the", "a", "cat", "dog", "sees", "likes"]
    lines = [" ".join(words[(n * k) % 6] for k in range(1, 2 + n % 4)) for n in range(40)]
    (folder / "lines.txt").write_text("\n".join(lines))
    out = folder / "run"
    return train("seqgan", data=folder / "lines.txt", d_pretrain_steps=0, steps=1, out=out, **small)


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("cycle")
    for domain in ("trainA", "trainB"):
        (folder / "data" / domain).mkdir(parents=True)
        for n in range(30):
            pixels = Rng(n).integers(256, 8, 8, 3).to(torch.uint8).numpy()
            Image.fromarray(pixels).save(folder / "data" / domain / f"{n}.png")
    small = dict(width=2, blocks=1, d_width=2, d_layers=1, pool_size=2, batch=2)
    return train("cyclegan", data=folder / "data", steps=1, out=folder / "run", **small)


def elsewhere(out: Path, name: str, *given: np.ndarray) -> list[np.ndarray]:
    """What the exported program makes of arrays in a process that has no gansmith."""
    np.savez(out / "given.npz", *given)
    command = [sys.executable, "-c", BARE, str(out), name]
    done = subprocess.run(command, capture_output=True, text=True, cwd=out)
    assert done.returncode == 0, done.stderr
    made = np.load(out / "made.npz")
    return [made[key] for key in made.files]


def test_a_program_makes_the_same_images_without_gansmith(digits: Run, tmp_path: Path) -> None:
    paths = export(digits, tmp_path)
    assert [path.name for path in paths] == ["G.pt2", "G.safetensors", "G.json"]
    codes = [digits.game.latent.sample(n, Rng(3, n)) for n in (1, 5)]
    for code, made in zip(
        codes, elsewhere(tmp_path, "G", *map(torch.Tensor.numpy, codes)), strict=True
    ):
        want = digits.game.decode(code)
        assert made.shape == (len(code), 1, 8, 8)
        assert want.std() > 1e-3
        torch.testing.assert_close(torch.from_numpy(made), want, atol=1e-6, rtol=0)
    assert json.loads((tmp_path / "pixels.json").read_text()) == [16, 1, 8, 8]


def test_a_writer_writes_the_same_sentences_without_gansmith(
    sentences: Run, tmp_path: Path
) -> None:
    export(sentences, tmp_path)
    writer = sentences.game.G
    uniforms = [Rng(4, n).uniform(n, writer.length) for n in (1, 5, 200)]
    made = elsewhere(tmp_path, "G", *map(torch.Tensor.numpy, uniforms))
    for u, tokens in zip(uniforms, made, strict=True):
        assert torch.equal(torch.from_numpy(tokens), writer.sample(u))
    assert len(set(map(tuple, made[2].tolist()))) > 50
    card = json.loads((tmp_path / "G.json").read_text())
    assert card["vocabulary"] == list(sentences.dataset.vocabulary)
    assert card["output"]["dtype"] == "int64"
    lines = json.loads((tmp_path / "lines.json").read_text())["sentences"]
    assert len(lines) == 16
    assert {word for line in lines for word in line.split()} <= set(card["vocabulary"][1:])


def test_both_translators_are_programs_of_the_training_size(cycle: Run, tmp_path: Path) -> None:
    names = {path.name for path in export(cycle, tmp_path)}
    assert names == {f"G{way}.{kind}" for way in ("ab", "ba") for kind in
                     ("pt2", "safetensors", "json")}  # fmt: skip
    images = [2 * Rng(5, n).uniform(n, 3, 8, 8) - 1 for n in (1, 5)]
    for name, to in (("Gab", "b"), ("Gba", "a")):
        made = torch.export.load(tmp_path / f"{name}.pt2").module()
        for image in images:
            want = cycle.translate(image, target=to)
            torch.testing.assert_close(made(image), want, atol=1e-6, rtol=0)
    card = json.loads((tmp_path / "Gba.json").read_text())
    assert card["inputs"][0]["name"] == "b"
    assert card["inputs"][0]["shape"] == ["batch", 3, 8, 8]


def test_the_averaged_weights_are_written(digits: Run, tmp_path: Path) -> None:
    export(digits, tmp_path)
    own = load_file(tmp_path / "G.safetensors")
    tensors, _ = digits.read("best")
    assert own
    for name, tensor in own.items():
        assert torch.equal(tensor, tensors[f"ema.players.G.{name}"])
    moved = [k for k, v in own.items() if not torch.equal(v, tensors[f"game.G.{k}"])]
    assert moved  # the average is not the player itself


def test_the_card_says_all_that_a_user_must_know(digits: Run, tmp_path: Path) -> None:
    export(Run.open(digits.folder).choose("latest"), tmp_path)
    card = json.loads((tmp_path / "G.json").read_text())
    assert card["inputs"] == [
        {
            "name": "z",
            "shape": ["batch", 6],
            "dtype": "float32",
            "meaning": "codes: every coordinate from the prior 'uniform'",
            "code": "2 * torch.rand(16, 6) - 1",
        }
    ]
    assert card["output"] == {
        "name": "y",
        "shape": ["batch", 1, 8, 8],
        "dtype": "float32",
        "meaning": "images in [-1, 1]",
    }
    assert card["data"]["licence"] == "CC-BY-4.0"
    assert card["keywords"]["latent"] == 6
    assert card["classes"] == list("0123456789")
    assert (card["preset"], card["paper"], card["step"]) == ("nsgan", "arXiv:1406.2661", 2)


def test_a_program_names_no_file_of_this_machine(digits: Run, tmp_path: Path) -> None:
    program = export(digits, tmp_path)[0].read_bytes()
    assert b"gansmith" not in program
    assert str(Path(module.__file__).parents[1]).encode() not in program


@pytest.mark.parametrize("chosen", ["digits", "sentences", "cycle"])
def test_onnx_makes_the_same(chosen: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    from onnx.reference import ReferenceEvaluator

    run = request.getfixturevalue(chosen)
    paths = export(run, tmp_path, "onnx")
    for name, program in run.game.exports().items():
        assert tmp_path / f"{name}.onnx" in paths
        model = onnx.load(tmp_path / f"{name}.onnx")
        onnx.checker.check_model(model, full_check=True)
        ((key, given),) = program.inputs.items()
        x = Rng(6).uniform(5, *given.example.shape[1:])
        for rows in (x[:1], x):
            made = ReferenceEvaluator(model).run(["y"], {key: rows.numpy()})[0]
            torch.testing.assert_close(torch.from_numpy(made), program.module(rows), atol=1e-5,
                                       rtol=0)  # fmt: skip
    card = json.loads((tmp_path / f"{name}.json").read_text())
    assert any("onnxruntime" in line for line in card["load"])


def test_onnx_that_is_not_installed_is_named(
    digits: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "onnxscript" else "there")
    with pytest.raises(RuntimeError, match=r"needs onnxscript: pip install -e \S+\[onnx\]"):
        export(digits, tmp_path / "out", "onnx")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_exported_is_said(digits: Run, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="exported as torch-export or onnx; got 'pickle'"):
        export(digits, tmp_path / "out", "pickle")  # type: ignore[arg-type]
    bare = Run.open(digits.folder)
    bare._loaded = Game(), 0
    with pytest.raises(TypeError, match="no players that are of use"):
        export(bare, tmp_path / "out")
    assert not (tmp_path / "out").exists()
