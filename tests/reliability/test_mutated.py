"""Damaged files of every kind: no traceback, no hang, no more memory than is promised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("mutated.py")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limit is set as on Linux")
def test_damaged_files_are_read_or_refused_in_words() -> None:
    """2,000 files, each cut, flipped or overwritten in up to three places, within 2 GiB."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPT), "2000"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
