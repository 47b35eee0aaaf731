"""gansmith completion: what a shell offers, asked of the shell itself."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from gansmith.cli import COMMANDS
from gansmith.cli.completion import script

LINES = {
    "tr": "train translate",
    "train wgan-": "wgan-gp wgan-lp wgan-ct",
    "train wgan-gp --d": "--data --dry-run --device --d-steps",
    "sample run --checkpoint l": "latest",
    "sample run --tru": "--truncation --trust",
    "train --data spoken": "spoken-digits spoken-pictures",
    "train gan --precision b": "bfloat16",
    "export run --format o": "onnx",
    "lab run --i": "",
    "list pr": "presets",
    "evaluate run pic": "",
}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_presets_options_and_values() -> None:
    asked = "\n".join(
        f"COMP_WORDS=(gansmith {line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        '_gansmith; echo "${COMPREPLY[@]}"'
        for line in LINES
    )
    done = subprocess.run(["bash"], input=script() + asked, capture_output=True, text=True)
    assert done.stderr == ""
    assert dict(zip(LINES, done.stdout.split("\n"), strict=False)) == LINES


def test_every_command_is_offered() -> None:
    assert f'words="{" ".join(COMMANDS)}"' in script()
