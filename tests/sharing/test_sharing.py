"""Runs go to a hub and come back; nothing else goes, and nothing that comes is executed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gansmith
from gansmith.cli import main
from gansmith.data import DataError
from gansmith.runs.checkpoint import CheckpointError
from gansmith.runs.run import Run
from gansmith.runs.trust import UntrustedError
from gansmith.sharing.bundle import shared_config, without_places, write_bundle
from gansmith.sharing.hub import HubError, pull, push

NAME = "me/points"
TINY = dict(width=4, batch=8, steps=2)
PRESET = """
from gansmith.presets.classic import nsgan

def mine(spec, *, width: int = 4, latent: int = 2, batch: int = 8, steps: int = 2):
    return nsgan(spec, width=width, latent=latent, batch=batch, steps=steps)
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on points of a person's own."""
    folder = tmp_path_factory.mktemp("of-somebody")
    points = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    np.save(folder / "places.npy", points.numpy())
    run = gansmith.train("nsgan", data=folder / "places.npy", out=folder / "run", **TINY)
    run.evaluate(100)
    return run


@pytest.fixture
def of_file(tmp_path: Path) -> Run:
    (tmp_path / "mine.py").write_text(PRESET)
    return gansmith.train(f"{tmp_path / 'mine.py'}:mine", data="ring", out=tmp_path / "run")


def test_a_pulled_run_samples_as_the_pushed_one(own: Run, hub: Any, tmp_path: Path) -> None:
    push(own, NAME, private=True, licence="mit")
    assert hub.private[NAME]
    pulled = gansmith.open_run(pull(NAME, tmp_path / "there"))
    assert pulled.sample(5).equal(own.sample(5))
    assert pulled.step == own.step
    card = hub.repositories[NAME]["README.md"].decode()
    assert 'license: "mit"' in card
    assert f"gansmith pull {NAME} points\ngansmith sample points -n 64" in card
    numbers = json.loads((own.folder / "metrics.json").read_text())["numbers"].values()
    assert all(f"| {x['name']} | {x['value']:.4g} |" in card for x in numbers)
    assert "licence of the data: not stated" in card


def test_open_run_takes_a_name_of_the_hub(
    own: Run, hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path))
    push(own, NAME)
    assert gansmith.open_run(f"hf:{NAME}").sample(3).equal(own.sample(3))
    sent = json.loads(hub.repositories[NAME]["config.json"])
    hub.repositories[NAME]["config.json"] = json.dumps(sent | {"seed": 5}).encode()
    assert gansmith.open_run(f"hf:{NAME}").config.seed == 5


def test_no_data_no_place_and_no_optimizer_is_sent(own: Run, hub: Any) -> None:
    push(own, NAME)
    files = hub.repositories[NAME]
    assert sorted(files) == [
        "README.md", "checkpoints/best.safetensors", "config.json", "examples.safetensors",
        "metrics.json", "samples.png", "vocabulary.json",
    ]  # fmt: skip
    place = own.folder.parent.name.encode()
    assert place in (own.folder / "config.json").read_bytes()
    assert not any(place in content for content in files.values())
    row = own.dataset.held_out["real"][0].numpy().tobytes()
    assert row in (own.folder / "examples.safetensors").read_bytes()
    assert not any(row in content for content in files.values())
    assert b"optim." not in files["checkpoints/best.safetensors"]


def test_what_an_earlier_push_left_is_removed(own: Run, hub: Any, tmp_path: Path) -> None:
    push(own, NAME)
    hub.repositories[NAME]["notes.txt"] = b"somebody's own"
    numbers = (own.folder / "metrics.json").read_bytes()
    (own.folder / "metrics.json").unlink()
    push(own, NAME)
    (own.folder / "metrics.json").write_bytes(numbers)
    assert "metrics.json" not in hub.repositories[NAME]
    assert b"This state was not measured" in hub.repositories[NAME]["README.md"]
    assert "notes.txt" in hub.repositories[NAME]
    assert not (pull(NAME, tmp_path / "there") / "notes.txt").exists()


def test_a_preset_file_comes_along_and_waits_for_trust(
    of_file: Run, hub: Any, tmp_path: Path
) -> None:
    push(of_file, NAME)
    assert hub.messages == [f"mine.py:mine at step {of_file.step}"]
    assert not any(str(tmp_path).encode() in x for x in hub.repositories[NAME].values())
    (tmp_path / "mine.py").write_text("raise SystemExit('another file of this name')")
    folder = pull(NAME, tmp_path / "there")
    with pytest.raises(UntrustedError):
        gansmith.open_run(folder).sample(2)
    assert gansmith.open_run(folder, trust=True).sample(2).equal(of_file.sample(2))


def test_a_config_that_names_another_file_gets_the_one_that_came(
    own: Run, hub: Any, tmp_path: Path
) -> None:
    push(own, NAME)
    sent = json.loads(hub.repositories[NAME]["config.json"])
    sent["preset"] = f"{tmp_path / 'elsewhere.py'}:mine"
    sent |= {"data": f"grey:{tmp_path / 'data.py'}:f", "metrics": ["energy", "/own.py:m"]}
    hub.repositories[NAME]["config.json"] = json.dumps(sent).encode()
    folder = pull(NAME, tmp_path / "there")
    config = Run.open(folder).config
    assert config.code_names == {"preset": f"{folder}/code/preset/elsewhere.py:mine"}
    assert (config.data, config.metrics) == ("grey:object:f", ["energy"])


def test_a_pulled_run_is_gone_on_from_and_not_resumed(own: Run, hub: Any, tmp_path: Path) -> None:
    push(own, NAME)
    folder = pull(NAME, tmp_path / "there")
    data = own.folder.parent / "places.npy"
    with pytest.raises(CheckpointError, match="players only.*--from"):
        gansmith.open_run(folder, data=data).resume(steps=4)
    grown = gansmith.train(
        "nsgan", data=data, begin_from=folder, out=tmp_path / "grown", **TINY | {"steps": 1}
    )
    start = grown.choose("0").sample(3)
    assert start.allclose(own.sample(3), atol=1e-6)


def test_without_examples_a_condition_has_to_be_said(tmp_path: Path) -> None:
    data = tmp_path / "pictures"
    data.mkdir()
    for n in range(12):
        _picture(data / f"{n}.png", n)
    lines = [f"{n}.png\t{'red' if n % 2 else 'blue'} square" for n in range(12)]
    (data / "captions.tsv").write_text("\n".join(lines))
    run = gansmith.train(
        "gan-cls", data=data, size=8, out=tmp_path / "run", width=4, batch=4, steps=1
    )
    files = write_bundle(run, tmp_path / "shared", NAME)
    assert "samples.png" not in [path.name for path in files]
    shared = gansmith.open_run(tmp_path / "shared")
    assert shared.sample(2, condition="red square").equal(run.sample(2, condition="red square"))
    with pytest.raises(DataError, match="--prompt WORDS"):
        shared.sample(2)


def _picture(path: Path, n: int) -> None:
    from PIL import Image

    Image.fromarray(np.full((8, 8, 3), 20 * n, np.uint8)).save(path)


def test_numbers_of_another_state_stay(own: Run, tmp_path: Path) -> None:
    at_start = Run.open(own.folder).choose("0")
    write_bundle(at_start, tmp_path / "shared", NAME)
    assert not (tmp_path / "shared" / "metrics.json").exists()


def test_a_file_among_the_keywords_is_refused(own: Run, tmp_path: Path) -> None:
    config = shared_config(own.config)
    config.keywords = {"vgg_weights": str(tmp_path / "vgg.pth")}
    with pytest.raises(ValueError, match="vgg_weights is .*file of your own"):
        shared_config(config)


def test_absolute_paths_of_every_system_are_reduced() -> None:
    plain = {"a": ["/home/me/x.npy", 3], "b": {"c": r"C:\Users\me\x"}, "d": "a/b", "e": "1/2"}
    assert without_places(plain) == {"a": ["x.npy", 3], "b": {"c": "x"}, "d": "a/b", "e": "1/2"}


def test_the_dry_run_writes_what_would_be_sent(
    own: Run, hub: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for _ in range(2):
        main(["push", str(own.folder), NAME, "--dry-run"])
    assert not hub.repositories
    assert "would send" in capsys.readouterr().out
    assert (own.folder / "shared" / "README.md").exists()
    with pytest.raises(SystemExit):
        main(["push", str(own.folder), NAME, "--dry-run", "--out", str(own.folder)])
    assert "is not empty" in " ".join(capsys.readouterr().err.split())


def test_the_commands_say_what_was_sent_and_what_is_next(
    own: Run, hub: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["push", str(own.folder), NAME])
    assert "sent checkpoints/best.safetensors\n" in capsys.readouterr().out
    main(["pull", NAME, str(tmp_path / "there")])
    assert f"sample {tmp_path / 'there'} -n 64" in capsys.readouterr().out


def test_the_hub_says_no_in_words(own: Run, hub: Any, tmp_path: Path) -> None:
    with pytest.raises(HubError, match="has no nobody/nothing that you may use"):
        pull("nobody/nothing", tmp_path / "a")
    hub.refused["/api/repos/create"] = 403
    with pytest.raises(HubError, match="hf auth login"):
        push(own, NAME)
    hub.repositories["some/model"] = {"README.md": b"of something else"}
    with pytest.raises(HubError, match="holds no run of Gansmith"):
        pull("some/model", tmp_path / "b")
    with pytest.raises(ValueError, match="user/name; got 'points'"):
        push(own, "points")
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileExistsError, match="not empty"):
        pull(NAME, own.folder)


def test_without_a_network_it_says_so(
    own: Run, hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match="cannot be reached"):
        push(own, NAME)
    with pytest.raises(HubError, match="cannot be reached"):
        pull(NAME, tmp_path / "there")


def test_without_the_client_it_says_how_to_get_it(
    own: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(RuntimeError, match=r"pip install .*\[hub\]"):
        pull(NAME, tmp_path / "there")
