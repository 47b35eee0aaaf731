import json
from pathlib import Path

import pytest
import torch
from PIL import Image

import gansmith
from gansmith.api import ENDLESS, fresh, open_run, plan, train
from gansmith.data import DataError
from gansmith.presets import PRESETS
from gansmith.runs.run import Run

TINY = dict(width=4, batch=8, d_steps=1)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_package_offers_what_it_names() -> None:
    assert gansmith.train is train
    assert gansmith.open_run is open_run
    for name in gansmith.__all__:
        assert getattr(gansmith, name).__name__ == name
    with pytest.raises(AttributeError, match="gansmith has no 'trian'; it has Batch"):
        gansmith.trian  # noqa: B018


def test_train_plays_a_run_that_can_be_opened_again() -> None:
    run = train("wgan-gp", data="ring", steps=3, seed=5, **TINY)
    assert run.folder == Path("runs/wgan-gp-ring-0000")
    assert run.choose("latest").step == 3
    again = open_run(run.folder).choose("latest")
    points = run.sample(9, seed=1)
    assert (points.shape, points.dtype) == ((9, 2), torch.float32)
    assert torch.equal(again.sample(9, seed=1), points)
    assert not torch.equal(again.sample(9, seed=2), points)


def test_a_plan_writes_nothing_and_resolves_everything(tmp_path: Path) -> None:
    run = plan("wgan-gp", data="ring", lr=7e-3, steps=40, seed=3, micro=2, clip=1.0)
    config = run.config
    assert config.keywords == PRESETS["wgan-gp"].keywords({"lr": 7e-3, "steps": 40})
    assert config.keywords["lr"] == 7e-3
    assert (config.steps, config.seed, config.micro, config.clip) == (40, 3, 2, 1.0)
    assert config.show == 10  # a short run is looked at four times
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
    assert plan("cyclegan", minutes=2, decay=True).config.steps == ENDLESS


def test_minutes_are_refused_where_the_rate_falls_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from gansmith.presets.classic import nsgan\n"
        "from gansmith.core.recipe import falling\n"
        "def early(spec, *, steps: int = 10):\n"
        "    recipe = nsgan(spec, steps=steps)\n"
        "    recipe.schedule = falling(0.25)\n"
        "    return recipe\n"
    )
    with pytest.raises(ValueError, match="changes its learning rate in the first half"):
        plan(f"{path}:early", data="ring", minutes=2)
    assert plan(f"{path}:early", data="ring", steps=8).config.steps == 8


@pytest.mark.parametrize("name", ["gan", "wgan", "fgan", "seqgan"])
def test_paper_takes_the_paper_s_constants_and_words_win(name: str) -> None:
    preset = PRESETS[name]
    small = {k: 4 for k in ("width", "hidden", "filters") if k in preset.keywords({})}
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
    assert plan("nsgan", data="ring", width=4).config.data == "ring"


@pytest.mark.parametrize(
    ("keywords", "error", "hint"),
    [
        (dict(data="ring", widht=4), TypeError, "keyword 'widht'; did you mean 'width'?"),
        (dict(data="ring", steps=3, minutes=1), ValueError, "give one of them"),
        (dict(data="ring", steps=0), ValueError, "steps must be above 0; got 0"),
        (dict(data="nothing"), DataError, "no data set and no path is called 'nothing'"),
        (dict(data="ring", begin_from="nowhere"), FileNotFoundError, "nowhere is not a run"),
        (dict(data="ring", precision="float8"), ValueError, "precision is one of"),
        (dict(data="ring", micro=3, batch=8), ValueError, "does not divide into 3"),
        (dict(data="ring", micro=0), ValueError, "at least one micro-batch"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_written(
    keywords: dict, error: type, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=hint.replace("?", r"\?")):
        train("wgan-gp", out="run", **keywords)
    assert not list(tmp_path.iterdir())


def test_players_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    donor = train("wgan-gp", data="ring", steps=1, out="donor", **TINY)
    with pytest.raises(ValueError, match="do not fit this run"):
        train("wgan-gp", data="ring", steps=1, begin_from=donor.folder, out="run", width=5)
    assert [path.name for path in tmp_path.iterdir()] == ["donor"]


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
    assert fresh(tmp_path, "gan", "ring").name == "gan-ring-0004"
    assert fresh(tmp_path, "gan", "grid").name == "gan-grid-0000"
    assert (
        fresh(tmp_path, "cyclegan", "emoji:noto+twemoji").name == "cyclegan-emoji-noto+twemoji-0000"
    )
    assert fresh(tmp_path, "/my dir/own.py:mine", "/my data/x y").name == "own-x-y-0000"
