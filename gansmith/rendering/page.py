"""The frame of a report: its style, and the small pieces of HTML that it is made of.

Functions that take words escape them; those that take `html` take what these return.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from gansmith.core.images import png_bytes

STYLE = """
:root { color-scheme: light dark; --paper: #fcfcfb; --card: #fff; --ink: #1c1e21; --soft: #62676d;
  --rule: #e3e4e6; --raw: #a9c3e6; --line: #2261b5; --mark: #d0481c; }
@media (prefers-color-scheme: dark) { :root { --paper: #15171a; --card: #1d2024; --ink: #e4e6e8;
  --soft: #9aa1a8; --rule: #34383d; --raw: #3f5f8a; --line: #82b4f5; --mark: #ff8f63; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem 3rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; font-weight: 650; }
h2 { font-size: 1.1rem; margin: 2.4rem 0 .7rem; padding-top: .6rem; border-top: 1px solid var(--rule); }
h3 { font-size: .95rem; margin: 1.1rem 0 .4rem; }
p { margin: .3rem 0; max-width: 46rem; }
.soft, figcaption, th, dt { color: var(--soft); }
figure { margin: 0; }
figcaption { font-size: .84rem; margin-bottom: .2rem; }
b { color: var(--ink); font-weight: 600; }
img { display: block; max-width: 100%; height: auto; border-radius: 4px; }
.large img { width: min(100%, 44rem); }
.row { display: grid; gap: .7rem; grid-template-columns: repeat(auto-fill, minmax(7.4rem, 1fr)); }
.row.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }
.row img { width: 100%; }
.panels { display: grid; gap: 1.2rem 1.4rem;
  align-items: end;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 18.5rem), 1fr)); }
svg { display: block; width: 100%; height: auto; fill: currentColor; color: var(--soft); }
svg * { stroke-linejoin: round; stroke-linecap: butt; }
.mark { color: var(--mark); }
pre, code { font: .84rem/1.5 ui-monospace, monospace; }
pre { margin: 0; padding: .7rem .9rem; background: var(--card); border: 1px solid var(--rule);
  border-radius: 6px; white-space: pre-wrap; max-height: 26rem; overflow-y: auto; }
table { border-collapse: collapse; font-size: .9rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0;
  border-bottom: 1px solid var(--rule); }
th { font-weight: 500; }
td.number { font-variant-numeric: tabular-nums; }
.pair { display: grid; gap: 0 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.pair th { width: 40%; }
.pair td, pre, dd { overflow-wrap: anywhere; }
.panels + p { margin-top: .9rem; }
@media (max-width: 40rem) { th, td { padding-right: .5rem; } }
details { margin-top: .9rem; font-size: .9rem; }
summary { cursor: pointer; }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .1rem .8rem; margin: 0; font-size: .85rem; }
dd { margin: 0; }
"""  # noqa: E501

# The policy makes a browser refuse whatever is not in the file itself.
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(title: str, html: Iterable[str]) -> str:
    """A whole page of sections; empty ones are left out. Bytes that are no text are escaped."""
    body = "\n".join(part for part in html if part)
    whole = PAGE.format(title=escape(title), style=STYLE, body=body)
    return whole.encode("utf-8", "backslashreplace").decode()


def section(title: str, *html: str) -> str:
    """A section under a title; nothing when it would be empty."""
    body = "\n".join(part for part in html if part)
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>" if body else ""


def tag(name: str, words: Any, style: str = "") -> str:
    """Words in an element."""
    return f"<{name}{_class(style)}>{escape(readable(words))}</{name}>"


def box(html: str, style: str) -> str:
    """Pieces side by side, or one apart."""
    return f"<div{_class(style)}>\n{html}\n</div>" if html else ""


def figure(html: str, caption: str) -> str:
    """A picture, a curve or a page of text with what it shows; `caption` is HTML."""
    return f"<figure>\n<figcaption>{caption}</figcaption>\n{html}\n</figure>"


def table(rows: Mapping[str, Any]) -> str:
    """A table of names and values."""
    lines = (f"<tr>{tag('th', name)}{tag('td', value)}</tr>" for name, value in rows.items())
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def listing(rows: Mapping[str, Any]) -> str:
    """A list of names and values, those without a value left out."""
    lines = (tag("dt", name) + tag("dd", value) for name, value in rows.items() if readable(value))
    return "<dl>\n" + "\n".join(lines) + "\n</dl>"


def picture(path: Path, alt: str, side: int) -> str:
    """A PNG file inside the page, no larger than `side` pixels either way.

    A large picture is made smaller, a grey one is stored as one channel.
    """
    with Image.open(path) as opened:
        shrunk = opened.convert("RGB")
    red, green, blue = (channel.tobytes() for channel in shrunk.split())
    if red == green == blue:
        shrunk = shrunk.convert("L")
    shrunk.thumbnail((side, side), Image.Resampling.LANCZOS)
    width, height = shrunk.size
    return image(png_bytes(shrunk), alt, f' width="{width}" height="{height}"')


def image(content: bytes, alt: str, size: str = "", kind: str = "png") -> str:
    """The content of an image file inside the page."""
    encoded = base64.b64encode(content).decode()
    return f'<img alt="{escape(alt)}"{size} src="data:image/{kind};base64,{encoded}">'


def readable(value: Any) -> str:
    """A plain value as a person reads it; of a path only the name, since pages are passed on."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(readable, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {readable(inner)}" for name, inner in value.items())
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else str(value)


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""
