"""gansmith export and gansmith report name their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Command = Callable[..., str]


def test_export_and_report_name_their_files(ring: Path, said: Command) -> None:
    text = said("export", ring, "--out", "o")
    assert text == "wrote o/G.pt2\nwrote o/G.safetensors\nwrote o/G.json\n"
    assert all(Path(line.removeprefix("wrote ")).exists() for line in text.splitlines())
    assert said("report", ring) == f"wrote {ring}/report.html\n"
