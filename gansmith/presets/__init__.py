"""Presets: a game, its parts and its constants, by name.

A preset is a function from a `DataSpec` and plain keywords to a `Recipe`. Its signature is
its configuration: the command line reads it, and config.json holds the resolved values.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gansmith.presets import text, translation, unconditional
from gansmith.presets.own import from_file
from gansmith.recipe import Recipe


@dataclass(frozen=True)
class Preset:
    """A preset and what is said about it.

    build: the function. data: what it is trained on when nothing is said.
    cites: where it is from. paper: the keywords that have other values in the paper.
    """

    build: Callable[..., Recipe]
    data: str
    cites: str
    paper: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The first line of the function's documentation."""
        return (inspect.getdoc(self.build) or self.build.__name__).splitlines()[0]

    def keywords(self, given: dict[str, Any], paper: bool = False) -> dict[str, Any]:
        """All keywords, resolved: defaults, then the paper's if asked for, then those given.

        Raises TypeError for a keyword that the preset does not have, and names the nearest.
        """
        known = {
            name: parameter.default
            for name, parameter in inspect.signature(self.build).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY
        }
        for name in given:
            if name not in known:
                raise TypeError(unknown("keyword", name, known))
        return known | (self.paper if paper else {}) | given


PRESETS: dict[str, Preset] = {
    "gan": Preset(
        unconditional.gan,
        data="fashion",
        cites="arXiv:1406.2661",
        paper=dict(
            network="maxout", width=48, latent=100, lr=0.1, momentum=0.5, batch=100, steps=50_000
        ),
    ),
    "nsgan": Preset(
        unconditional.nsgan,
        data="fashion",
        cites="arXiv:1406.2661",
        paper=dict(
            network="maxout",
            width=48,
            latent=100,
            prior="uniform",
            lr=2e-4,
            batch=100,
            steps=50_000,
        ),
    ),
    "dcgan": Preset(
        unconditional.dcgan,
        data="fashion",
        cites="arXiv:1511.06434",
        paper=dict(width=128, latent=100, lr=2e-4, batch=128, steps=100_000),
    ),
    "lsgan": Preset(
        unconditional.lsgan,
        data="fashion",
        cites="arXiv:1611.04076",
        paper=dict(width=64, latent=1024, lr=2e-4, batch=64, steps=100_000),
    ),
    "fgan": Preset(
        unconditional.fgan,
        data="fashion",
        cites="arXiv:1606.00709",
        paper=dict(
            network="mlp", width=150, latent=100, prior="uniform", lr=2e-4, batch=4096, steps=15_000
        ),
    ),
    "wgan": Preset(
        unconditional.wgan,
        data="fashion",
        cites="arXiv:1701.07875",
        paper=dict(width=64, latent=100, bound=0.01, lr=5e-5, batch=64, steps=100_000),
    ),
    "wgan-gp": Preset(
        unconditional.wgan_gp,
        data="fashion",
        cites="arXiv:1704.00028",
        paper=dict(
            network="resnet", width=128, latent=128, d_steps=5, lr=1e-4, batch=64, steps=100_000
        ),
    ),
    "sngan": Preset(
        unconditional.sngan,
        data="fashion",
        cites="arXiv:1802.05957",
        paper=dict(
            network="sn-resnet",
            width=128,
            latent=128,
            d_steps=5,
            lr=2e-4,
            beta1=0.0,
            beta2=0.9,
            batch=64,
            steps=100_000,
        ),
    ),
    "cyclegan": Preset(
        translation.cyclegan,
        data="emoji:noto+twemoji",
        cites="arXiv:1703.10593",
        paper=dict(
            width=64, blocks=9, patch_width=64, patch_layers=3, identity=0.0, decay=True, batch=1,
            steps=250_000
        ),
    ),
    "seqgan": Preset(
        text.seqgan,
        data="grammar",
        cites="arXiv:1609.05473",
        paper=dict(
            hidden=32, filters=None, rollouts=16, imitate_steps=18_000, judge_steps=11_000,
            d_steps=15, lr=1e-2, rate=1.0, d_lr=1e-4, steps=29_200,
        ),
    ),
}  # fmt: skip


def find_preset(name: str) -> Preset:
    """The preset of this name, or the function of a `file.py:function`.

    Raises ValueError for an unknown name, and names the nearest.
    """
    if ":" in name:
        return Preset(from_file(name), data="fashion", cites="")
    if name not in PRESETS:
        raise ValueError(unknown("preset", name, PRESETS))
    return PRESETS[name]


def unknown(what: str, name: str, known: Any) -> str:
    """The message for a name that is not among the known ones."""
    near = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {name!r}{hint} There are: {', '.join(known)}"
