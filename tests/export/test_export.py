import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from gansmith.api import train
from gansmith.core.game import Game
from gansmith.core.rng import Rng, RowRng
from gansmith.data import Condition, DataSpec
from gansmith.export import export as module
from gansmith.export.export import export, programs
from gansmith.export.inputs import condition_input, example_input
from gansmith.presets import find_preset
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
calls = [[given[k] for k in given.files if k.startswith(f"{n}-")] for n in range(len(given.files))]
made = [program(*map(torch.from_numpy, call)).numpy() for call in calls if call]
np.savez(f"{folder}/made.npz", *made)
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
def by_class(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("by_class") / "run"
    return train("cgan", data="digits", latent=6, embed_dim=4, out=out, **TINY)


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


def elsewhere(out: Path, name: str, *given: Any) -> list[np.ndarray]:
    """What the exported program makes of arrays, or tuples of them for several inputs, in a process
    that has no gansmith.
    """
    calls = [call if isinstance(call, tuple) else (call,) for call in given]
    arrays = {f"{n}-{k}": x for n, call in enumerate(calls) for k, x in enumerate(call)}
    np.savez(out / "given.npz", **arrays)
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


def test_a_conditional_program_takes_codes_and_conditions(by_class: Run, tmp_path: Path) -> None:
    assert {path.name for path in export(by_class, tmp_path)} == {
        "G.pt2", "G.safetensors", "G.json"
    }  # fmt: skip
    labels = torch.tensor([3, 3, 0, 9, 1])
    codes = by_class.game.G.latent.sample(5, RowRng(2, 1, 1, rows=range(5)))  # type: ignore[union-attr]
    (made,) = elsewhere(tmp_path, "G", (codes.numpy(), labels.numpy()))
    want = by_class.sample(5, 2, condition=labels)
    torch.testing.assert_close(torch.from_numpy(made), want, atol=1e-6, rtol=0)
    assert not want[0].equal(want[2])
    card = json.loads((tmp_path / "G.json").read_text())
    assert [x["name"] for x in card["inputs"]] == ["z", "c"]
    assert card["inputs"][1]["dtype"] == "int64"
    assert card["condition"]["names"] == list("0123456789")


IMAGES = DataSpec("image", "x", size=8, channels=1, train=90, held_out=9, classes=("a", "b"))
AUDIO = DataSpec("audio", "x", length=2048, rate=8000, train=90, held_out=9)
TEXT = DataSpec("text", "x", vocab=7, length=5, train=90, held_out=9)
TAGS = DataSpec("labels", "x", classes=("sun", "sea"), train=90, held_out=9)
SENTENCE = Condition("sentence", vocab=8, length=4)
PICTURE = Condition("image", channels=1, height=8, width=8)
WAVE = Condition("waveform", length=2048, rate=8000)
CLIP = Condition("clip", channels=2, height=8, width=8, frames=2)
DETERMINISTIC = (
    "super-resolution", "speech-enhancement", "seq2seq", "multi-label", "bce", "talking-head"
)  # fmt: skip
PEOPLE = Condition("references", channels=3 + 2 * 6, height=32, width=32, references=2)


@pytest.mark.parametrize(
    ("preset", "spec", "keywords"),
    [
        ("acgan", IMAGES, {}),
        ("two-score", IMAGES, {}),
        ("projection", IMAGES, {}),
        ("gan-cls", replace(IMAGES, condition=SENTENCE), {}),
        ("stackgan", replace(IMAGES, size=16, condition=SENTENCE), {}),
        (
            "sound-to-image",
            replace(IMAGES, condition=Condition("log-mel", channels=1, height=8, width=8)),
            {},
        ),
        ("regression", replace(IMAGES, condition=PICTURE), {}),
        (
            "pix2pix",
            replace(IMAGES, size=32, condition=replace(PICTURE, height=32, width=32)),
            {"patch_size": 7},
        ),
        ("super-resolution", replace(IMAGES, size=16, condition=PICTURE), {}),
        ("inpainting", replace(IMAGES, condition=replace(PICTURE, channels=2)), {}),
        ("next-frame", replace(IMAGES, condition=CLIP), {"patch_size": 7}),
        ("speech-enhancement", replace(AUDIO, condition=WAVE), {"patch_size": 7}),
        ("segan", replace(AUDIO, condition=WAVE), {}),
        ("multi-label", replace(TAGS, condition=PICTURE), {}),
        ("bce", replace(TAGS, condition=PICTURE), {}),
        ("seq2seq", replace(TEXT, condition=SENTENCE), {"hidden_dim": 6, "embed_dim": 6}),
        ("talking-head", replace(IMAGES, size=32, channels=3, condition=PEOPLE), {"shots": 1}),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_every_conditional_game_is_a_program(
    preset: str, spec: DataSpec, keywords: dict[str, Any]
) -> None:
    chosen = find_preset(preset)
    small = {"width": 4} if "width" in chosen.keywords({}) else {}
    game: Any = chosen.build(spec, **chosen.keywords({**small, **keywords})).game
    game.eval().requires_grad_(False)
    assert spec.condition is not None or spec.classes
    condition = spec.conditioned_on
    assert condition is not None
    ((name, program),) = game.exports_from(condition_input(condition)).items()
    assert name == "G"
    there: dict[str, Any] = {"torch": torch}
    torch.manual_seed(1)
    given = eval(program.inputs["c"].code, there)[:5]
    assert given.shape == (5, *condition.shape)
    latent = getattr(program.module, "latent", None)
    codes = {} if latent is None else {"z": latent.sample(5, Rng(3))}
    assert list(program.inputs) == [*codes, "c"]
    assert bool(codes) == (preset not in DETERMINISTIC)
    page = io.BytesIO(module._torch_program(program))
    made = torch.export.load(page).module()(*codes.values(), given)
    torch.testing.assert_close(made, game.generate(given, Rng(3)), atol=1e-4, rtol=0)


def test_a_classifier_and_a_translator_of_many_domains_are_programs() -> None:
    for preset, spec in (
        ("classifier", IMAGES),
        (
            "stargan",
            replace(IMAGES, size=16, domains=dict.fromkeys("abc", replace(IMAGES, size=16))),
        ),
    ):
        chosen = find_preset(preset)
        game: Any = chosen.build(spec, **chosen.keywords({"width": 4})).game
        game.eval().requires_grad_(False)
        ((_, program),) = game.exports_from(example_input(spec)).items()
        x, there = 2 * Rng(1).uniform(3, *spec.shape) - 1, torch.tensor([0, 2, 1])
        made = torch.export.load(io.BytesIO(module._torch_program(program))).module()
        if preset == "classifier":
            torch.testing.assert_close(made(x), game.classify(x), atol=1e-6, rtol=0)
            assert program.output == "probabilities of the classes"
        else:
            torch.testing.assert_close(made(x, there), game.G(x, there), atol=1e-6, rtol=0)


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


@pytest.mark.parametrize("chosen", ["digits", "by_class", "sentences", "cycle"])
def test_onnx_makes_the_same(chosen: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    from onnx.reference import ReferenceEvaluator

    run = request.getfixturevalue(chosen)
    paths = export(run, tmp_path, "onnx")
    for name, program in programs(run).items():
        assert tmp_path / f"{name}.onnx" in paths
        model = onnx.load(tmp_path / f"{name}.onnx")
        onnx.checker.check_model(model, full_check=True)
        feed = {
            key: Rng(6).uniform(5, *x.example.shape[1:]).to(x.example.dtype)
            for key, x in program.inputs.items()
        }
        for n in (1, 5):
            rows = {key: x[:n] for key, x in feed.items()}
            made = ReferenceEvaluator(model).run(["y"], {k: x.numpy() for k, x in rows.items()})[0]
            torch.testing.assert_close(torch.from_numpy(made), program.module(*rows.values()),
                                       atol=1e-5, rtol=0)  # fmt: skip
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
