"""A terminal that is not UTF-8, and one whose reader has left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WORDS = """
from gansmith.cli import main
main(["list", "presets"])
main(["train", "crf", "--data", "words.txt", "--steps", "1", "--batch", "4", "--out", "run"])
main(["report", "run"])
main(["train", "nsgan", "--data", "\\u65e5\\u672c"])
"""


def test_letters_that_a_terminal_lacks(tmp_path: Path) -> None:
    lines = "".join(f"gr\u00fcn \u65e5 {word}\n" for word in "abcdefgh" * 5)
    (tmp_path / "words.txt").write_text(lines, encoding="utf-8")
    terminal = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", WORDS],
        cwd=tmp_path,
        env=os.environ | terminal | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
    )
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert rb"no path is called '\u65e5\u672c'" in line
    assert b"report.html" in done.stdout
    report = tmp_path / "run" / "report.html"
    assert "gr\u00fcn" in report.read_text(encoding="utf-8")


def test_a_mistake_is_a_mistake_also_where_nobody_reads_stderr() -> None:
    end, gone = os.pipe()
    os.close(end)
    words = [sys.executable, "-m", "gansmith", "trian"]
    assert subprocess.run(words, stdout=subprocess.PIPE, stderr=gone).returncode == 2
    os.close(gone)
