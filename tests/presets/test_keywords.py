"""Every keyword of a preset is explained, once: in its docstring or in the common table."""

from __future__ import annotations

import inspect
import re

import pytest

from gansmith.core.recipe import Recipe
from gansmith.data import DataSpec
from gansmith.presets import PRESETS
from gansmith.presets.keywords import KEYWORDS, docstring_lines, keyword_help, summary

presets = pytest.mark.parametrize("name", PRESETS)


def build(spec: DataSpec, *, width: int = 3, odd: int = 1, lr: float = 0.1) -> Recipe:
    """A preset: of no use.

    It is for this test alone.

    odd: explained
        in two lines.
    lr: of its own.
    """
    raise NotImplementedError


def test_a_docstring_is_taken_apart() -> None:
    doc = inspect.getdoc(build) or ""
    assert summary(doc) == "A preset: of no use.\n\nIt is for this test alone."
    assert docstring_lines(doc) == {"odd": "explained in two lines.", "lr": "of its own."}
    assert docstring_lines("First: line.") == {}


def test_the_common_table_explains_what_the_docstring_does_not() -> None:
    assert keyword_help(build) == {
        "width": KEYWORDS["width"],
        "odd": "explained in two lines.",
        "lr": "of its own.",
    }


@presets
def test_every_keyword_is_explained(name: str) -> None:
    preset = PRESETS[name]
    assert set(keyword_help(preset.build)) == set(preset.keywords({}))


@presets
def test_a_docstring_explains_keywords_that_the_preset_has_and_repeats_nothing(name: str) -> None:
    preset = PRESETS[name]
    own = docstring_lines(inspect.getdoc(preset.build) or "")
    assert set(own) <= set(preset.keywords({}))
    assert not [keyword for keyword, text in own.items() if text == KEYWORDS.get(keyword)]


def test_every_common_keyword_is_that_of_a_preset() -> None:
    used = {keyword for preset in PRESETS.values() for keyword in preset.keywords({})}
    assert set(KEYWORDS) <= used


@presets
def test_the_weights_of_loss_terms_are_called_weights(name: str) -> None:
    help_ = keyword_help(PRESETS[name].build)
    weights = {keyword for keyword, text in help_.items() if re.match(r"weight of", text)}
    named = {"beta", "epsilon"}  # the papers' letters
    assert all(keyword.endswith("_weight") for keyword in weights - named)
