"""Names of data on the hub, which need no library."""

from __future__ import annotations

from pathlib import Path

import pytest

from gansmith.data import DataError, open_data, parse_name
from gansmith.data.hub_name import HubName, parse_hub_name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("hf:mnist", HubName("mnist")),
        ("hf:user/set:train", HubName("user/set", split="train")),
        ("hf:user/set:small:train[:500]", HubName("user/set", "small", "train", 500)),
        ("hf:./here", HubName("./here")),
        (r"hf:C:\sets\here:test", HubName(r"C:\sets\here", split="test")),
    ],
)
def test_a_name_has_these_parts(name: str, parts: HubName) -> None:
    assert parse_hub_name(name) == parts
    assert str(parts) == name


@pytest.mark.parametrize("name", ["hf:", "hf:a:b:c:d", "hf:a:train[5:]"])
def test_other_forms_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="hf:NAME:SPLIT"):
        parse_hub_name(name)


def test_only_a_folder_has_a_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    name = parse_name("grey:hf:./sets/mine:train")
    assert (name.wrappers, name.is_path) == (("grey",), False)
    assert str(name.absolute()) == f"grey:hf:{tmp_path}/sets/mine:train"
    assert str(name.absolute().placeless()) == "grey:hf:./mine:train"
    assert str(parse_name("hf:user/set").absolute().placeless()) == "hf:user/set"


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(RuntimeError, match=r"pip install .*\[datasets\]"):
        open_data("hf:mnist")
