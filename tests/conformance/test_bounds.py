"""Every keyword of every preset with values that no one should give: refused, or it trains."""

from __future__ import annotations

import math
import typing
from pathlib import Path
from typing import Any

import pytest
from small import SMALL

from gansmith.core.bounds import OPTIONS, check_bounds
from gansmith.core.trainer import NonFiniteError, Trainer
from gansmith.data import open_source
from gansmith.presets import PRESETS, find_preset
from gansmith.presets.keywords import BOUNDS
from gansmith.runs.plan import plan

VALUES: dict[type, list[Any]] = {
    int: [-1, 0, 10**20],
    float: [math.nan, math.inf, -1.0, 0.0, 1e20],
    str: ["nan", ""],
}


def keywords_of(name: str) -> dict[str, Any]:
    """The types of a preset's keywords, without None."""
    hints = typing.get_type_hints(PRESETS[name].build)
    return {
        keyword: next(x for x in (*typing.get_args(hints[keyword]), hints[keyword]) if x in VALUES)
        for keyword in PRESETS[name].keywords({})
        if hints[keyword] is not bool
    }


def refused(name: str, keyword: str, value: object) -> bool:
    try:
        PRESETS[name].keywords({keyword: value})
    except ValueError as error:
        return str(error).startswith(f"{keyword} ")
    return False


LEFT = {
    (keyword, value): name
    for name in PRESETS
    for keyword, kind in keywords_of(name).items()
    for value in VALUES[kind]
    if not refused(name, keyword, value)
}


@pytest.mark.parametrize("name", PRESETS)
def test_every_keyword_with_a_number_has_bounds(name: str) -> None:
    preset = PRESETS[name]
    numbers = {keyword for keyword, kind in keywords_of(name).items() if kind is not str}
    assert numbers <= set(BOUNDS)
    for defaults in (preset.keywords({}), preset.keywords({}, paper=True)):
        check_bounds({keyword: defaults[keyword] for keyword in numbers}, BOUNDS)
    for keyword in numbers:
        for value in (math.nan, math.inf, -math.inf, 10**40):
            assert refused(name, keyword, value)


@pytest.mark.parametrize(("keyword", "value"), LEFT)
def test_what_is_not_refused_at_once_is_refused_by_the_preset_or_trains(
    keyword: str, value: object
) -> None:
    name = LEFT[keyword, value]
    case = next(iter(SMALL[name].values()))
    data = case.data()
    preset = PRESETS[name]
    said = ""
    try:
        recipe = preset.build(data.spec, **preset.keywords(case.keywords | {keyword: value}))
        source = (recipe.source or open_source)(data, recipe.batch, 0)
        trainer = Trainer(recipe.game, source, optim=recipe.optim, steps=2)
        trainer.fit()
    except (ValueError, OSError, NonFiniteError) as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.parametrize(
    "given",
    [
        {"seed": -1}, {"seed": 10**20}, {"minutes": math.nan}, {"steps": 0}, {"clip": -1.0},
        {"micro": 0}, {"data": ""}, {"preset": " "}, {"val": 1.0}, {"lr": math.nan}, {"width": -3},
    ],
)  # fmt: skip
def test_python_is_told_the_same(
    given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=rf"^{next(iter(given))} (must be a number in|is empty)"):
        plan(**{"preset": "wgan-gp", "data": "ring"} | given)
    assert not list(tmp_path.iterdir())


def test_a_keyword_of_one_s_own_may_mean_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def mine(spec, *, p: float = -0.5, lr: float = 1.0): ...\n")
    preset = find_preset(f"{tmp_path}/mine.py:mine")
    assert preset.keywords({"p": -0.25})["p"] == -0.25
    with pytest.raises(ValueError, match="p must be a number in"):
        preset.keywords({"p": math.nan})
    assert OPTIONS["seed"] is BOUNDS["seed"]
