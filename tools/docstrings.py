"""How docstrings of this project are shown: `name: text` lines become a list."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

ITEM = re.compile(r"^([a-zA-Z_]\w*(?:, [a-zA-Z_]\w*)*): (.*)$")
CODE = r"^```.*?^```|`[^`\n]*`"
# Markdown in Python takes what a code host does not for emphasis: f*(t) ... f*, g(x)_b ... c_b
MARKS = re.compile(rf"({CODE})|(?<=\bf)\*|(?<=[)|])_", re.S | re.M)


class Items(Extension):
    """Makes a list of the lines that explain parameters and attributes."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        """As griffe calls it, once for every object."""
        if obj.docstring is not None:
            obj.docstring.value = without_marks(listed(obj.docstring.value))


def listed(text: str) -> str:
    """The text with every `name: text` at the start of a line as an item of a list."""
    lines: list[str] = []
    inside = False
    for line in text.split("\n"):
        item = ITEM.match(line)
        if item:
            lines += [] if inside else [""]
            lines.append(f"- `{item[1]}`: {item[2]}")
        elif inside and line and not line.startswith("    "):
            lines += ["", line]
        else:
            lines.append(line)
        inside = bool(item) or (inside and line.startswith("    "))
    return "\n".join(lines)


def without_marks(text: str) -> str:
    """The text with the asterisks and underscores of formulas escaped."""
    return MARKS.sub(lambda match: match[1] or f"\\{match[0]}", text)
