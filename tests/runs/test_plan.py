"""From a request to a run: everything is resolved and checked, nothing is written."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from gansmith.data import DataError
from gansmith.presets import PRESETS
from gansmith.runs.plan import next_folder, plan
from gansmith.runs.run import ENDLESS, Run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_plan_writes_nothing_and_resolves_everything(tmp_path: Path) -> None:
    run = plan("wgan-gp", data="ring", lr=7e-3, steps=40, seed=3, micro=2, clip=1.0)
    config = run.config
    assert config.keywords == PRESETS["wgan-gp"].keywords({"lr": 7e-3, "steps": 40})
    assert config.keywords["lr"] == 7e-3
    assert (config.steps, config.seed, config.micro, config.clip) == (40, 3, 2, 1.0)
    assert config.sample_every == 10  # a short run has four sample sheets
    assert config.spec["fingerprint"]
    assert config.versions["torch"] == torch.__version__
    json.dumps(config.__dict__)
    assert not list(tmp_path.iterdir())


def test_a_preset_s_own_data_and_steps_are_taken() -> None:
    config = plan("seqgan").config
    assert (config.data, config.steps) == ("grammar", 1200)


def test_minutes_leave_the_steps_open() -> None:
    config = plan("nsgan", data="ring", minutes=2).config
    assert (config.steps, config.minutes) == (ENDLESS, 2)
    assert plan("cyclegan", minutes=2, lr_decay=True).config.steps == ENDLESS


def test_minutes_are_refused_where_the_rate_falls_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from gansmith.presets.classic import nsgan\n"
        "from gansmith.core.recipe import linear_decay\n"
        "def early(spec, *, steps: int = 10):\n"
        "    recipe = nsgan(spec, steps=steps)\n"
        "    recipe.schedule = linear_decay(0.25)\n"
        "    return recipe\n"
    )
    with pytest.raises(ValueError, match="changes its learning rate in the first half"):
        plan(f"{path}:early", data="ring", minutes=2)
    assert plan(f"{path}:early", data="ring", steps=8).config.steps == 8


@pytest.mark.parametrize("name", ["gan", "wgan", "fgan", "seqgan"])
def test_paper_takes_the_paper_s_constants_and_keywords_win(name: str) -> None:
    preset = PRESETS[name]
    small = {k: 4 for k in ("width", "hidden_dim", "filters") if k in preset.keywords({})}
    data = None if name == "seqgan" else "ring"
    kept = plan(name, data=data, paper=True, **small).config.keywords
    assert preset.paper
    assert kept == preset.keywords({}) | preset.paper | small


def test_a_path_is_kept_whole(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    for n in range(12):
        Image.new("L", (8, 8), n).save(tmp_path / "own" / f"{n}.png")
    config = plan("nsgan", data=Path("own"), width=4, val=0.25).config
    assert config.data == str(tmp_path / "own")
    assert config.options == {"val": 0.25}
    assert config.spec["channels"] == 1


def test_a_folder_called_as_a_data_set_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "ring").mkdir()
    with pytest.raises(DataError, match="give ./ring for the path, or gansmith:ring"):
        plan("nsgan", data="ring", width=4)
    assert plan("nsgan", data="gansmith:ring", width=4).config.spec["name"] == "ring"


def test_a_taken_folder_is_refused() -> None:
    Path("run").mkdir()
    Path("run/notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty and holds no run"):
        plan("nsgan", data="ring", out="run")
    Path("run/notes.txt").unlink()
    assert plan("nsgan", data="ring", out="run").folder == Path("run")
    Run.begin(Path("run"), plan("nsgan", data="ring", out="run").config)
    with pytest.raises(FileExistsError, match="already holds a run of 'nsgan'"):
        plan("gan", data="ring", out="run")


def test_folders_are_counted_up_and_have_plain_names(tmp_path: Path) -> None:
    (tmp_path / "gan-ring-0003").mkdir()
    (tmp_path / "gan-ring-mine").mkdir()
    assert next_folder(tmp_path, "gan", "ring").name == "gan-ring-0004"
    assert next_folder(tmp_path, "gan", "grid").name == "gan-grid-0000"
    assert (
        next_folder(tmp_path, "cyclegan", "emoji:noto+twemoji").name
        == "cyclegan-emoji-noto+twemoji-0000"
    )
    assert next_folder(tmp_path, "/my dir/own.py:mine", "/my data/x y").name == "own-x-y-0000"
