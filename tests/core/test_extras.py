"""The command that a missing optional dependency is answered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from gansmith.core import extras


def test_from_a_checkout_it_installs_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "__file__", str(tmp_path / "gansmith" / "core" / "extras.py"))
    assert extras.install("sweep") == "pip install 'gansmith[sweep]'"
    (tmp_path / "pyproject.toml").touch()
    assert extras.install("sweep") == f"pip install -e '{tmp_path}[sweep]'"
