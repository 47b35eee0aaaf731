"""Names in one's own Python file."""

from __future__ import annotations

from pathlib import Path

import pytest

from gansmith.core.python_file import in_python_file, load_from_file, located


@pytest.mark.parametrize("name", ["a.py:f", "x/y z.py:_f1", "C:\\x\\a.py:f", "~/a.py:função"])
def test_what_names_something_in_a_file(name: str) -> None:
    assert in_python_file(name)


@pytest.mark.parametrize("name", ["a.py", "a.py:", "a.py:1", "photos:f", "a.py:f/b", ".py:f", "f"])
def test_what_does_not(name: str) -> None:
    assert not in_python_file(name)


def test_what_a_file_defines_is_taken_and_what_it_does_not_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("x = 3")
    assert load_from_file("a.py:x") == load_from_file(located("a.py:x")) == 3
    assert located("a.py:x") == f"{tmp_path / 'a.py'}:x"
    for name, why in (("a.py:y", "unknown name in .*a.py 'y'"), ("b.py:x", "an existing Python")):
        with pytest.raises(ValueError, match=why):
            load_from_file(name)
