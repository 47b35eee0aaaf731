"""gansmith train --config and --print-config: a run from a file, and the file of a run."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from gansmith.cli.preset_options import parse_with_preset
from gansmith.cli.train import TrainOptions, preset_of
from gansmith.presets import PRESETS
from gansmith.runs.config import Config
from gansmith.runs.options import options_of, read_options, repeat_command, to_toml, to_words
from gansmith.runs.plan import plan

Command = Callable[..., str]
RING = ["wgan-gp", "--data", "ring", "--width", "4", "--batch", "8", "--d-steps", "1"]
OWN = """
from gansmith.core.recipe import Recipe
from gansmith.data import DataSpec
from gansmith.presets.classic import nsgan
open("executed", "w").close()

def mine(spec: DataSpec, *, breadth: int = 3, steps: int = 2) -> Recipe:
    return nsgan(spec, width=breadth, batch=8, steps=steps)
"""


def same(one: Config, other: Config) -> bool:
    return asdict(one) | {"versions": None} == asdict(other) | {"versions": None}


def test_the_printed_file_repeats_the_command(said: Command, tmp_path: Path) -> None:
    words = [*RING, "--steps", "2", "--seed", "7", "--metrics", "sliced,energy"]
    printed = said("train", *words, "--print-config")
    assert not list(tmp_path.iterdir())
    Path("run.toml").write_text(printed)
    said("train", "--config", "run.toml", "--out", "run")
    config = Config.load(Path("run"))
    assert (config.steps, config.seed, config.metrics) == (2, 7, ["sliced", "energy"])
    assert config.keywords["width"] == 4
    for file in ("run.toml", "run/config.json", "run"):
        assert said("train", "--config", file, "--print-config") == printed


@pytest.mark.parametrize("preset", ["ebm", "vae", "cyclegan", "super-resolution", "seqgan"])
def test_every_form_of_a_run_gives_the_run(preset: str, said: Command, tmp_path: Path) -> None:
    """The TOML file, the words and the command of the report; whatever keywords there are."""
    given = {"seed": 3, "compile": True, "clip": 1e-05, "labelled_seed": 2}
    keywords = {"ebm": {"noise": None}, "vae": {"sigma": 0.5}, "cyclegan": {"lr_decay": True}}
    run = plan(preset, minutes=None, steps=9, **given, **keywords.get(preset, {}))
    Path("run.toml").write_text(to_toml(options_of(run.config)))
    again, _ = read_options(Path("run.toml"))
    assert again == options_of(run.config)
    short = shlex.split(repeat_command(run.config, PRESETS[preset].keywords({})))
    assert len(short) < len(to_words(again))
    for words in (to_words(again), short[2:]):
        name, rest = preset_of(words)
        options, own = parse_with_preset(TrainOptions, str(name), rest)
        asked = {k: v for k, v in vars(options).items() if v != getattr(TrainOptions(), k)}
        assert same(plan(str(name), **asked, **own).config, run.config)


def test_options_of_the_command_have_precedence(said: Command) -> None:
    Path("run.toml").write_text(
        'preset = "wgan-gp"\ndata = "ring"\nminutes = 5\nwidth = 4\nd-steps = 1\nbatch = 8\n'
        'skip_bad = true\nout = "there"\nmetrics = ["sliced", "energy"]\n'
    )
    words = ["--steps", "2", "--no-skip-bad", "--width=6", "-o", "here"]
    said("train", "--config", "run.toml", *words)
    config = json.loads(Path("here/config.json").read_text())
    assert (config["steps"], config["minutes"], config["options"]) == (2, None, {"skip_bad": False})
    assert (config["keywords"]["width"], config["keywords"]["batch"]) == (6, 8)
    assert config["metrics"] == ["sliced", "energy"]
    printed = said("train", "wgan-lp", "--config=run.toml", "--print-config")
    table = tomllib.loads(printed)
    assert (table["preset"], table["minutes"], table["out"]) == ("wgan-lp", 5, "there")
    assert table["skip_bad"] is True


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("widht = 4", "unknown option in run.toml 'widht'; did you mean 'width'?"),
        ("no_nois = true", "unknown option in run.toml 'no_nois'; did you mean 'noise'?"),
        ('resume = "run"', "unknown option in run.toml 'resume'"),
        ("trust = true", "unknown option in run.toml 'trust'"),
        ("width = -4", "width must be a number in [1, 65536]; got -4"),
        ("steps = 0", "steps must be a number in [1, 1000000000]; got 0"),
        ('data = ""', "--data is empty; leave it out"),
        ('data = "rinng"', "'rinng'; did you mean 'ring'?"),
        ("[keywords]\nwidth = 4", "run.toml: keywords must be a number, text, true or false"),
        ("width: 4", "run.toml is no TOML file of options, nor the config.json of a run"),
        ('metrics = ["enrgy"]', "did you mean 'energy'"),
    ],
)
def test_a_mistake_in_a_file_is_one_as_in_the_command(
    content: str, hint: str, refused: Command, tmp_path: Path
) -> None:
    base = 'preset = "ebm"\n' + ("" if "data" in content else 'data = "ring"\n')
    Path("run.toml").write_text(base + content)
    assert hint in refused("train", "--config", "run.toml")
    assert [path.name for path in tmp_path.iterdir()] == ["run.toml"]


def test_a_file_that_is_none_is_said(refused: Command) -> None:
    assert "there is no file run.toml to read options from" in refused(
        "train", "--config", "run.toml"
    )
    Path("config.json").write_text("{}")
    assert "config.json cannot be read" in refused("train", "--config", "config.json")
    assert "leave out --config" in refused("train", "--resume", "run", "--config", "run.toml")
    assert "no option --config" in refused("sweep", "wgan", "--config", "run.toml")


def test_a_preset_file_that_a_file_names_is_executed_with_trust_only(
    said: Command, refused: Command
) -> None:
    Path("own.py").write_text(OWN)
    Path("run.toml").write_text('preset = "own.py:mine"\ndata = "ring"\nbreadth = 4\n')
    words = ["train", "--config", "run.toml", "--out", "run"]
    assert "the preset of run.toml is code in the file own.py" in refused(*words)
    for line in ('data = "own.py:x"', 'data = "ring"\nmetrics = "energy,own.py:x"'):
        Path("other.toml").write_text(f'preset = "gan"\n{line}\n')
        assert "other.toml is code in the file" in refused("train", "--config", "other.toml")
    assert not Path("executed").exists()
    assert "step 2" in said(*words, "--trust")
    assert Config.load(Path("run")).keywords["breadth"] == 4
    Path("own.py").write_text(OWN.replace("batch=8", "batch=4"))
    assert "own.py of the preset" in refused("train", "--config", "run", "--trust")
    assert "step 2" in said("train", "own.py:mine", "--config", "run", "--out", "again")
