"""How an optional dependency is installed."""

from __future__ import annotations

import shlex
from pathlib import Path


def install(extra: str) -> str:
    """The command that installs an extra: from the checkout, where the package lies in one."""
    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").is_file():
        return f"pip install -e {shlex.quote(f'{checkout}[{extra}]')}"
    return f"pip install 'gansmith[{extra}]'"
