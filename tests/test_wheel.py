"""The wheel holds what the checkout has: code, data and licences."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_code_data_and_licences(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", minversion="77", reason="the wheel is built by setuptools 77")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "gansmith", tmp_path / "gansmith", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", "dist", "."], check=True, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    held = zipfile.ZipFile(wheel).namelist()
    files = [path for path in (tmp_path / "gansmith").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path).as_posix() for path in files} <= set(held)
    licences = [name.partition("/licenses/")[2] for name in held if "/licenses/" in name]
    texts = (ROOT / "gansmith" / "data" / "files" / "licences").iterdir()
    assert {Path(name).name for name in licences} == {
        "LICENSE", "LICENSES.md", *(path.name for path in texts)
    }  # fmt: skip
    assert any(name.endswith("entry_points.txt") for name in held)
