"""The lab: verdicts, controls, interruption; and that every experiment is whole."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from gansmith.cli import main
from gansmith.core.trainer import NonFiniteError
from gansmith.lab import Arms, Check, Experiment, Form, judged, play, read
from gansmith.lab.experiment import Numbers, below
from gansmith.lab.experiments import EXPERIMENTS
from gansmith.lab.report import write_report

CHEAP = ("T6", "T7", "WD6", "M3")


def check(arms: Arms) -> list[Check]:
    return [below("value", arms.mean("claim", "value"), 1.0)]


def steady(arm: str, seed: int, values: dict[str, float]) -> Numbers:
    return {"value": values[arm] + seed, "list": [1, 2]}


def made(**values: float) -> Experiment:
    return Experiment(
        id="T6",  # the report knows experiments by id
        title="A title",
        says="A claim.",
        paper="textbook",
        metric="value",
        criterion="at most 1",
        arms=("claim", "control"),
        run=steady,
        check=check,
        control={"claim": "control"},
        fails="the control",
        quick=Form(1, {"values": values}),
        full=Form(2, {"values": values}),
    )


def quiet(line: str) -> None:
    """Says nothing."""


@pytest.mark.parametrize(
    ("claim", "control", "word"),
    [(0.5, 2.0, "holds"), (1.5, 2.0, "does not hold"), (0.5, 0.5, "inconclusive")],
)
def test_verdicts(claim: float, control: float, word: str, tmp_path: Path) -> None:
    verdict = play(made(claim=claim, control=control), tmp_path, say=quiet)
    assert verdict.word == word
    page = json.loads((tmp_path / "T6.json").read_text())
    assert page["verdict"]["word"] == word
    assert page["command"] == "gansmith lab run T6"
    assert [run["arm"] for run in page["runs"]] == ["claim", "control"]


def test_seeds_are_averaged_and_the_full_form_is_another_file(tmp_path: Path) -> None:
    experiment = made(claim=0.5, control=2.0)
    assert play(experiment, tmp_path, full=True, say=quiet).word == "holds"  # 0.5 and 1.5
    assert play(experiment, tmp_path, full=True, seeds=3, say=quiet).word == "does not hold"
    arms, page = read(tmp_path / "T6-full.json", experiment)
    assert arms.each("claim", "value") == [0.5, 1.5, 2.5]
    assert page["command"] == "gansmith lab run T6 --full --seeds 3"
    assert not (tmp_path / "T6.json").exists()


def test_a_diverged_seed_is_a_result_that_passes_nothing(tmp_path: Path) -> None:
    def diverges(arm: str, seed: int, values: dict[str, float]) -> Numbers:
        if arm == "claim":
            raise NonFiniteError("step 3: it is nan")
        return {"value": 5.0}

    experiment = replace(made(claim=0.0, control=2.0), run=diverges)
    assert play(experiment, tmp_path, say=quiet).word == "does not hold"
    arms, _ = read(tmp_path / "T6.json", experiment)
    assert arms.diverged("claim") == 1
    assert math.isnan(arms.mean("claim", "value"))


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    played: list[str] = []

    def interrupted(arm: str, seed: int, values: dict[str, float]) -> Numbers:
        played.append(arm)
        if len(played) == 2:
            raise KeyboardInterrupt
        return steady(arm, seed, values)

    experiment = replace(made(claim=0.5, control=2.0), run=interrupted)
    with pytest.raises(KeyboardInterrupt):
        play(experiment, tmp_path, say=quiet)
    page = json.loads((tmp_path / "T6.json").read_text())
    assert page["verdict"]["word"] == "inconclusive"
    assert play(experiment, tmp_path, say=quiet).word == "holds"
    assert played == ["claim", "control", "control"]
    play(experiment, tmp_path, say=quiet)
    assert len(played) == 3
    changed = replace(experiment, quick=Form(1, {"values": {"claim": 0.1, "control": 3.0}}))
    play(changed, tmp_path, say=quiet)
    assert len(played) == 5  # other settings, other results


def test_without_an_arm_nothing_is_said() -> None:
    assert judged(made(), Arms({"claim": [{"value": 0.0}], "control": []})).word == "inconclusive"


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=list(EXPERIMENTS))
def test_every_experiment_is_whole(experiment: Experiment) -> None:
    words = (experiment.title, experiment.says, experiment.paper, experiment.metric)
    assert all((*words, experiment.criterion, experiment.fails))
    assert experiment.control
    assert set(experiment.control) | set(experiment.control.values()) <= set(experiment.arms)
    assert experiment.quick.seeds <= experiment.full.seeds
    assert set(experiment.quick.settings) == set(experiment.full.settings)
    assert EXPERIMENTS[experiment.id] is experiment


@pytest.mark.parametrize("id_", CHEAP)
def test_cheap_ones_hold_and_their_controls_fail(id_: str, tmp_path: Path) -> None:
    verdict = play(EXPERIMENTS[id_], tmp_path, say=quiet)
    assert verdict.word == "holds"
    assert any(not check.passed for check in verdict.control)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--out", str(tmp_path)]
    main(["lab", "run", "T7", "WD6", *words])
    said = capsys.readouterr().out
    assert "T7: holds" in said
    assert "  yes  a small step lowers the divergence" in said
    main(["lab", "list", *words])
    assert "holds" in capsys.readouterr().out
    main(["lab", "report", *words])
    assert (tmp_path / "pictures" / "T7.png").stat().st_size > 5000
    table = (tmp_path / "README.md").read_text()
    assert "| T7 | G may only move a little | quick, 1 seed | holds |" in table
    page = (tmp_path / "report.html").read_text()
    assert "gansmith lab run T7" in page
    assert "data:image/png;base64" in page
    assert "http" not in page.replace("http-equiv", "")  # opens offline


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lab", "rum"], "unknown lab command 'rum'; did you mean 'run'?"),
        (["lab", "run"], "say which: gansmith lab run ID"),
        (["lab", "run", "T66"], "unknown experiment 'T66'; did you mean"),
        (["lab", "run", "T6", "--seeds", "0"], "one seed at least"),
    ],
)
def test_mistakes(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert said in capsys.readouterr().err


def test_a_report_needs_results(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no results"):
        write_report(tmp_path)
