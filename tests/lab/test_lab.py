"""The lab: verdicts, controls, interruption; and that every experiment is complete."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from gansmith.cli import main
from gansmith.core.trainer import NonFiniteError
from gansmith.lab import (
    Arms,
    Budget,
    Check,
    Experiment,
    compute_verdict,
    read_results,
    run_experiment,
)
from gansmith.lab.experiment import Numbers, all_passed, below
from gansmith.lab.experiments import EXPERIMENTS
from gansmith.lab.report import write_report

CHEAP = {"T6": {}, "WD2": {}, "M3": {}, "T7": {"rates": 3}}  # settings that differ
DETERMINISTIC = {"T7", "T8", "F1"}
LONG = {"C9", "C10", "C11", "L6", "WD6"}  # three seeds take over ten minutes


def check(arms: Arms) -> list[Check]:
    return [below("value", arms.mean("claim", "value"), 1.0)]


def constant_run(arm: str, seed: int, values: dict[str, float]) -> Numbers:
    return {"value": values[arm] + seed, "list": [1, 2]}


def experiment_with(**values: float) -> Experiment:
    return Experiment(
        id="T6",  # the report knows experiments by id
        title="A title",
        claim="A claim.",
        paper="textbook",
        metric="value",
        criterion="at most 1",
        arms=("claim", "control"),
        run=constant_run,
        check=check,
        control={"claim": "control"},
        control_description="the control",
        quick=Budget(1, {"values": values}),
        full=Budget(2, {"values": values}),
    )


def quiet(line: str) -> None:
    """Print nothing."""


@pytest.mark.parametrize(
    ("claim", "control", "outcome"),
    [(0.5, 2.0, "holds"), (1.5, 2.0, "does not hold"), (0.5, 0.5, "inconclusive")],
)
def test_verdicts(claim: float, control: float, outcome: str, tmp_path: Path) -> None:
    verdict = run_experiment(experiment_with(claim=claim, control=control), tmp_path, log=quiet)
    assert verdict.outcome == outcome
    page = json.loads((tmp_path / "T6.json").read_text())
    assert page["verdict"]["outcome"] == outcome
    assert page["command"] == "gansmith lab run T6"
    assert [run["arm"] for run in page["runs"]] == ["claim", "control"]


@pytest.mark.parametrize(
    ("claims", "outcome"),
    [
        ((0.5, 0.6, 0.7), "holds"),
        ((0.5, 0.5, 1.2), "depends on the seed"),  # though the mean is below 1
        ((0.5, 3.0, 3.0), "depends on the seed"),
        ((1.5, 1.6, 1.7), "does not hold"),
    ],
)
def test_where_seeds_disagree_the_verdict_says_so(claims: tuple[float, ...], outcome: str) -> None:
    experiment = experiment_with()
    numbers = {"claim": [{"value": x} for x in claims], "control": [{"value": 2.0}] * 3}
    verdict = compute_verdict(experiment, Arms(numbers))
    assert verdict.outcome == outcome
    assert verdict.seeds == tuple(x <= 1 for x in claims)


def test_a_population_is_judged_as_a_whole() -> None:
    experiment = replace(experiment_with(), population=True)
    numbers = {"claim": [{"value": 0.5}, {"value": 1.2}], "control": [{"value": 2.0}] * 2}
    assert compute_verdict(experiment, Arms(numbers)).outcome == "holds"


@pytest.mark.parametrize(("passing", "outcome"), [(1, "holds"), (2, "inconclusive")])
def test_a_control_may_hold_by_chance_at_fewer_than_half_of_the_seeds(
    passing: int, outcome: str
) -> None:
    controls = [0.5] * passing + [2.0] * (3 - passing)
    numbers = {"claim": [{"value": 0.5}] * 3, "control": [{"value": x} for x in controls]}
    assert compute_verdict(experiment_with(), Arms(numbers)).outcome == outcome


def test_a_control_that_diverged_shows_nothing() -> None:
    control = [{"value": 2.0}, {"diverged": "step 3"}, {"value": 2.0}]
    numbers = {"claim": [{"value": 0.5}] * 3, "control": control}
    assert compute_verdict(experiment_with(), Arms(numbers)).outcome == "inconclusive"


def test_a_control_has_the_numbers_of_the_next_seed() -> None:
    arms = Arms({"a": [{"x": 1.0}, {"x": 2.0}, {"x": 3.0}], "b": [{"x": 0.0}] * 3})
    assert arms.substitute({"b": "a"}).values("b", "x") == [2.0, 3.0, 1.0]
    assert arms.substitute({"b": "a"}).values("a", "x") == [1.0, 2.0, 3.0]


def test_lists_are_averaged_place_by_place() -> None:
    arms = Arms(
        {"a": [{"x": [1.0, 2.0]}, {"x": [3.0, 6.0]}], "b": [{"x": [1.0]}, {"diverged": ""}]}
    )
    assert arms.mean_list("a", "x") == [2.0, 4.0]
    assert math.isnan(arms.mean_list("b", "x")[0])


def test_the_full_run_is_another_file(tmp_path: Path) -> None:
    experiment = experiment_with(claim=0.5, control=2.0)
    run_experiment(experiment, tmp_path, full=True, log=quiet)
    run_experiment(experiment, tmp_path, full=True, seeds=3, log=quiet)
    arms, page = read_results(tmp_path / "T6-full.json", experiment)
    assert arms.values("claim", "value") == [0.5, 1.5, 2.5]
    assert page["command"] == "gansmith lab run T6 --full --seeds 3"
    assert not (tmp_path / "T6.json").exists()


def test_a_diverged_seed_is_a_result_that_passes_nothing(tmp_path: Path) -> None:
    def diverges(arm: str, seed: int, values: dict[str, float]) -> Numbers:
        if arm == "claim":
            raise NonFiniteError("it is nan", step=3)
        return {"value": 5.0}

    experiment = replace(experiment_with(claim=0.0, control=2.0), run=diverges)
    assert run_experiment(experiment, tmp_path, log=quiet).outcome == "does not hold"
    arms, _ = read_results(tmp_path / "T6.json", experiment)
    assert arms.diverged("claim") == 1
    assert math.isnan(arms.mean("claim", "value"))


def test_an_interrupted_experiment_is_resumed(tmp_path: Path) -> None:
    played: list[str] = []

    def interrupted(arm: str, seed: int, values: dict[str, float]) -> Numbers:
        played.append(arm)
        if len(played) == 2:
            raise KeyboardInterrupt
        return constant_run(arm, seed, values)

    experiment = replace(experiment_with(claim=0.5, control=2.0), run=interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(experiment, tmp_path, log=quiet)
    page = json.loads((tmp_path / "T6.json").read_text())
    assert page["verdict"]["outcome"] == "inconclusive"
    assert run_experiment(experiment, tmp_path, log=quiet).outcome == "holds"
    assert played == ["claim", "control", "control"]
    run_experiment(experiment, tmp_path, log=quiet)
    assert len(played) == 3
    changed = replace(experiment, quick=Budget(1, {"values": {"claim": 0.1, "control": 3.0}}))
    run_experiment(changed, tmp_path, log=quiet)
    assert len(played) == 5  # other settings, other results
    renamed = replace(
        changed,
        arms=("claim", "other"),
        control={"claim": "other"},
        run=lambda *_, **__: {"value": 9.0},
    )
    assert run_experiment(renamed, tmp_path, log=quiet).outcome == "holds"


def test_without_an_arm_the_verdict_is_inconclusive() -> None:
    assert (
        compute_verdict(experiment_with(), Arms({"claim": [{"value": 0.0}], "control": []})).outcome
        == "inconclusive"
    )


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=list(EXPERIMENTS))
def test_every_experiment_is_complete(experiment: Experiment) -> None:
    words = (experiment.title, experiment.claim, experiment.paper, experiment.metric)
    assert all((*words, experiment.criterion, experiment.control_description))
    assert experiment.control
    assert set(experiment.control) | set(experiment.control.values()) <= set(experiment.arms)
    assert experiment.quick.seeds <= experiment.full.seeds
    assert set(experiment.quick.settings) == set(experiment.full.settings)
    assert EXPERIMENTS[experiment.id] is experiment
    # one seed is enough where nothing is random, and all there is where a run takes minutes
    assert experiment.quick.seeds >= 3 or experiment.id in DETERMINISTIC | LONG


@pytest.mark.parametrize(("id_", "settings"), CHEAP.items())
def test_cheap_ones_hold_and_their_controls_fail(
    id_: str, settings: dict[str, int], tmp_path: Path
) -> None:
    experiment = EXPERIMENTS[id_]
    budget = replace(experiment.quick, settings={**experiment.quick.settings, **settings})
    verdict = run_experiment(replace(experiment, quick=budget), tmp_path, log=quiet)
    assert verdict.outcome == "holds"
    assert not any(all_passed(checks) for checks in verdict.control)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--out", str(tmp_path)]
    main(["lab", "run", "M7", "WD2", *words])
    text = capsys.readouterr().out
    assert "M7: holds" in text
    assert "  yes  by pixels, not shifted 1 >= 1" in text
    assert "  holds at 3 of 3 seeds" in text
    main(["lab", "list", *words])
    assert "holds" in capsys.readouterr().out
    main(["lab", "report", *words])
    assert (tmp_path / "pictures" / "M7.png").stat().st_size > 5000
    table = (tmp_path / "README.md").read_text()
    assert "| M7 | A shift of two pixels hides a copy | quick, 3 seeds | holds |" in table
    assert "| 3 of 3, control 0 |" in table
    page = (tmp_path / "report.html").read_text()
    assert "gansmith lab run M7" in page
    assert "data:image/png;base64" in page
    assert "http" not in page.replace("http-equiv", "")  # opens offline


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lab", "rum"], "unknown lab command 'rum'; did you mean 'run'?"),
        (["lab", "run"], "name an experiment: gansmith lab run ID"),
        (["lab", "run", "T66"], "unknown experiment 'T66'; did you mean"),
        (["lab", "run", "T6", "--seeds", "0"], "seeds must be a number in [1,"),
    ],
)
def test_mistakes(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert message in capsys.readouterr().err


def test_a_report_needs_results(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no results"):
        write_report(tmp_path)
