"""Data that is a Python object, and data and metrics out of one's own file, by the whole run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import gansmith
from gansmith.cli import main
from gansmith.core.rng import Rng
from gansmith.data import DataError
from gansmith.diagnosis import diagnose
from gansmith.modalities import MODALITIES
from gansmith.report.compare import compare
from gansmith.runs.trust import ChangedCodeError, UntrustedError

TINY: dict[str, Any] = dict(width=4, batch=8)
POINTS = Rng(0).normal(200, 2)
OWN = """
from pathlib import Path
from beside import COUNT
from gansmith.core.rng import Rng

Path(__file__).with_name("executed").touch()

def my_data():
    return Rng(0).normal(COUNT, 2)

def spread(real, generated):
    assert generated.shape == real.shape and generated.dtype == real.dtype
    return (generated.double().std() - real.double().std()).abs()

def share(generated, real):
    return (generated.double().mean(1) > 0).double().mean()
share.better = "higher"

def broken(generated, real):
    return float("nan")

def failing(generated, real):
    return real[10**6]

def other(a, b):
    return 1.0
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for modality in MODALITIES.values():
        monkeypatch.setattr(type(modality), "score_count", 64)
    Path("own.py").write_text(OWN)
    Path("beside.py").write_text("COUNT = 200")


def test_a_run_on_an_object_goes_on_when_it_is_given_again() -> None:
    run = gansmith.train("nsgan", data=POINTS, steps=2, out="run", **TINY)
    assert run.config.data == "object:Tensor"
    assert len(gansmith.open_run("run").sample(3)) == 3  # without the data
    for use in (lambda x: x.resume(steps=3), lambda x: x.evaluate(20)):
        with pytest.raises(DataError, match=r"an object in Python, Tensor .*run.resume\(data="):
            use(gansmith.open_run("run"))
    with pytest.raises(DataError, match="has changed since the run began"):
        gansmith.open_run("run", data=POINTS + 1)
    again = gansmith.open_run("run", data=POINTS.numpy())
    assert "energy" in again.evaluate(20)
    assert gansmith.open_run("run").resume(steps=3, data=POINTS).choose("latest").step == 3
    assert gansmith.open_run("run").config.data == "object:Tensor"
    whole = gansmith.train("nsgan", data=POINTS, steps=3, out="whole", **TINY).choose("latest")
    assert whole.sample(5).equal(gansmith.open_run("run").choose("latest").sample(5))
    # and by a name that gives the same data, which the run keeps
    main(["train", "--resume", "run", "--steps", "4", "--data", "own.py:my_data", "--trust"])
    assert gansmith.open_run("run").config.data == f"{Path('own.py').absolute()}:my_data"
    assert Path("run/code/data/beside.py").read_text() == "COUNT = 200"


def test_other_uses_of_a_run_on_an_object() -> None:
    gansmith.train("nsgan", data=POINTS, steps=2, val=0.4, out="run", **TINY)
    assert diagnose("run", data=POINTS, n=60).against == "Tensor"
    for against in (POINTS, "own.py:my_data"):
        (found,) = compare(["run"], against, n=20, metrics=["energy", "own.py:spread"])
        assert list(found.numbers) == ["energy", "own.py:spread"]


def test_data_and_metrics_of_a_file_from_train_to_resume(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["nsgan", "--data", "own.py:my_data", "--metrics", "own.py:share,own.py:spread"]
    main(["train", *words, "--width", "4", "--batch", "8", "--steps", "2", "--out", "run"])
    assert "gansmith evaluate run --trust" in capsys.readouterr().out
    scores = [json.loads(line) for line in Path("run/scores.jsonl").read_text().splitlines()]
    assert scores[-1]["metric"] == "share"
    assert len(scores[-1]["numbers"]) == 2
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    main(["evaluate", "../run", "--trust", "-n", "20"])
    numbers = json.loads((tmp_path / "run/metrics.json").read_text())["numbers"]
    own = {number["name"]: number for number in numbers.values()}
    assert own["share"]["better"] == "higher"
    assert set(own["spread"]["protocol"]["counts"].values()) == {16}
    assert own["spread"]["protocol"]["data"].startswith("my_data (")
    main(["train", "--resume", "../run", "--steps", "3", "--trust"])
    capsys.readouterr()
    main(["evaluate", "../run", "--trust", "--metrics", "energy,../own.py:spread"])
    said = capsys.readouterr().out
    assert "energy distance" in said
    assert "spread" in said
    assert "share" not in said


@pytest.fixture
def trained() -> None:
    gansmith.train(
        "nsgan", data="own.py:my_data", metrics=["own.py:spread"], steps=2, out="run", **TINY
    )
    shutil.copytree("run", "stranger's")  # so that nothing of it has been executed here
    shutil.copy("own.py", "stranger.py")
    page = Path("stranger's/config.json")
    page.write_text(page.read_text().replace("own.py", "stranger.py"))
    Path("executed").unlink()


@pytest.mark.parametrize("part", ["data", "metric-1"])
@pytest.mark.usefixtures("trained")
def test_neither_data_nor_metrics_are_executed_without_trust(part: str) -> None:
    page = Path("stranger's/config.json")
    config = json.loads(page.read_text())
    if part == "data":
        config["metrics"] = []
    else:
        config["data"] = "ring"
    page.write_text(json.dumps(config))
    run = gansmith.open_run("stranger's")
    if part != "data":
        run.dataset = gansmith.open_run("run", trust=True).dataset
    for use in (lambda: run.resume(steps=3), lambda: run.measure(20)):
        with pytest.raises(UntrustedError, match=f"the {part[:4]}.* is code .*stranger"):
            use()
    assert not Path("executed").exists()
    assert len(run.sample(3)) == 3  # which needs neither


@pytest.mark.usefixtures("trained")
def test_files_of_data_and_metrics_that_changed_or_moved_are_named() -> None:
    assert Path("run/code/metric-1/own.py").read_text() == OWN
    Path("beside.py").write_text("COUNT = 201")
    for use in (lambda x: x.resume(steps=3), lambda x: x.evaluate(20, metrics=["energy"])):
        with pytest.raises(ChangedCodeError, match=r"^beside.py of the data .*run/code/data holds"):
            use(gansmith.open_run("run", trust=True))
    run = gansmith.open_run("run", trust=True, data="run/code/data/own.py:my_data")
    with pytest.raises(ChangedCodeError, match=r"^beside.py of the metric .*restore it, or sta"):
        run.evaluate(20)
    Path("beside.py").write_text("COUNT = 200")
    assert "own.py:spread" in " ".join(run.evaluate(20))
    Path("own.py").write_text(OWN + "# a comment")
    with pytest.raises(ChangedCodeError, match="--data FILE.py:NAME where it is now"):
        gansmith.open_run("run", trust=True).dataset  # noqa: B018
    # a person who says that this is the data still has to give the same
    assert gansmith.open_run("run", trust=True, data="own.py:my_data").dataset.spec.train == 184


SMALL: dict[str, dict[str, Any]] = {
    "nsgan": dict(data="digits"),
    "cgan": dict(data="digits", latent=4, embed_dim=4),
    "cyclegan": dict(data="emoji:noto+twemoji", size=8, blocks=1, d_width=2, d_layers=1,
                     pool_size=2),
    "seqgan": dict(data="grammar", hidden_dim=4, embed_dim=4, filters=2, mle_steps=1,
                   d_pretrain_steps=1, rollouts=1),
}  # fmt: skip


@pytest.mark.parametrize("preset", SMALL)
def test_a_metric_of_ones_own_measures_any_kind_of_data(preset: str) -> None:
    keywords = dict(batch=4, steps=1) | SMALL[preset]
    if preset != "seqgan":
        keywords |= dict(width=2)
    run = gansmith.train(preset, metrics=["own.py:spread"], out="run", **keywords)
    assert run.read("best")[1]["best"]["metric"].startswith("spread")

    def rows(generated: Tensor, real: Tensor) -> int:
        assert generated.shape == real.shape
        real.zero_()
        return len(real)

    alone = run.measure(20, metrics="own.py:spread")
    found = run.measure(20, metrics=[rows, "own.py:spread"])
    assert list(found) == ["rows", "own.py:spread"]
    assert found["rows"].value >= 16
    assert found["own.py:spread"].protocol.data.startswith(run.spec.name)
    spread = [one["own.py:spread"] for one in (alone, found)]
    assert spread[0].value == spread[1].value  # what `rows` did to its copy changes nothing
    assert spread[0].real == spread[1].real


def test_what_is_no_metric_is_refused() -> None:
    common: dict[str, Any] = dict(data=POINTS, steps=1, out="run", **TINY)
    for name, why in (
        ("own.py", "say which of its functions is the metric, own.py:mine"),
        ("own.py:failing", r"failing raised IndexError: .*\(own.py, line \d+\)"),
        ("own.py:broken", "gave nan; a metric gives one finite number"),
        ("own.py:COUNT", "a metric is a function of `generated` and `real`"),
        ("own.py:other", "a metric is a function of `generated` and `real`"),
        ("own.py:nothing", "unknown name in"),
        ("none.py:x", "an existing Python file"),
    ):
        with pytest.raises(ValueError, match=why):
            gansmith.train("nsgan", metrics=[name], **common)
    function: Any = max
    with pytest.raises(TypeError, match="a function of your own as my_file.py:my_preset; got"):
        gansmith.train(function, **common)
    with pytest.raises(TypeError, match="give a function of your own as my_file.py:mine"):
        gansmith.train("nsgan", metrics=[max], **common)
    assert not Path("run").exists()


def test_a_sweep_on_an_object_by_a_metric_of_ones_own() -> None:
    pytest.importorskip("optuna")
    from gansmith.sweeps.study import Sweep

    options: dict[str, Any] = dict(vary={"lr": [1e-3, 1e-4]}, metric="own.py:share", steps=1)
    begun = Sweep.begin("nsgan", data=POINTS, trials=1, out="sweep", **options, **TINY).play()
    assert begun.config.better == "higher"
    for trust, data, why in (
        (False, POINTS, "the metric of .*sweep.json is code"),
        (True, None, r"began with an object in Python, .*Sweep.open\(folder, data="),
        (True, POINTS + 1, "has changed since the sweep began"),
    ):
        with pytest.raises((UntrustedError, DataError), match=why):
            Sweep.open("sweep", trust=trust, data=data).extend(2).play()
    trials = Sweep.open("sweep", trust=True, data=POINTS).extend(2).play().trials()
    assert [trial.state for trial in trials] == ["done", "done"]
    assert all(torch.tensor(trial.score).isfinite() for trial in trials)
