"""config.json: written whole, read back, and refused with a reason."""

import json
from dataclasses import fields

import pytest

from gansmith.core.files import DamagedError
from gansmith.runs.config import FILE, TYPES, Config


def config(**more) -> Config:
    return Config(
        preset="wgan", keywords={"clip": 0.02}, data="ring", options={"val": 0.1},
        spec={"kind": "points", "name": "ring", "fingerprint": "abc"}, **more,
    )  # fmt: skip


def test_what_was_saved_is_loaded(tmp_path):
    saved = config(seed=7, steps=12, minutes=1.5, clip=3.0, versions={"torch": "2"})
    saved.save(tmp_path / "run")
    assert Config.load(tmp_path / "run") == saved
    assert [path.name for path in (tmp_path / "run").iterdir()] == [FILE]


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is not a run.*gansmith list runs"):
        Config.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", "3", '"words"', '{"preset": "wgan"}'])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match=r"config\.json cannot be read.*Restore it"):
        Config.load(tmp_path)


def test_a_file_that_is_not_text(tmp_path):
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ValueError, match=r"config\.json cannot be read"):
        Config.load(tmp_path)


def test_a_newer_version_is_named(tmp_path):
    config(versions={"gansmith": "9.1"}).save(tmp_path)
    page = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(page | {"telepathy": True}))
    with pytest.raises(ValueError, match=r"does not know its telepathy.*by Gansmith 9\.1"):
        Config.load(tmp_path)


def test_a_run_of_the_first_layout_asks_to_be_trained_anew(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"preset": "gan", "show": 250, "seed": 0}))
    with pytest.raises(
        ValueError, match="earlier Gansmith and cannot be read; train the run anew"
    ) as caught:
        Config.load(tmp_path)
    assert "Restore" not in str(caught.value)


def test_every_option_has_a_type_to_be_checked():
    assert set(TYPES) == {part.name for part in fields(Config)}


@pytest.mark.parametrize(
    ("name", "value"),
    [("steps", "9"), ("spec", {"name": "ring"}), ("spec", 3), ("keywords", []), ("preset", None)],
)
def test_an_option_of_another_type_is_named(tmp_path, name, value):
    config().save(tmp_path)
    page = json.loads((tmp_path / FILE).read_text()) | {name: value}
    (tmp_path / FILE).write_text(json.dumps(page))
    with pytest.raises(DamagedError, match=r"config\.json cannot be read: .*Restore it"):
        Config.load(tmp_path)
    (tmp_path / FILE).write_text("[" * 100_000)
    with pytest.raises(DamagedError, match=r"config\.json cannot be read"):
        Config.load(tmp_path)
