"""All numbers of a game against the held-out split, for each kind of data."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.images import to_float, to_uint8
from gansmith.core.rng import Rng
from gansmith.data import Dataset, open_data
from gansmith.data.transforms.degrade import degrade
from gansmith.evaluation import adherence, evaluate
from gansmith.metrics import Measured
from gansmith.modalities import MODALITIES
from gansmith.runs.plan import plan
from gansmith.runs.run import Run

COUNT = 100


class HeldOut(nn.Module):
    """Generates the held-out examples: as good as a game can be."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self.dataset = dataset
        self.weight = nn.Parameter(torch.zeros(1))

    def sample(self, n: int, rng: Rng) -> Tensor:
        held_out = self.dataset.held_out
        if self.dataset.spec.kind == "text":
            return held_out["tokens"][:n].long()
        return to_float(held_out["real"][:n])

    def translate(self, x: Tensor, source: str, target: str) -> Tensor:
        return to_float(self.dataset.domains[target].held_out["real"][: len(x)])


class Conditional(HeldOut):
    """The same, for the data's conditions in order."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        assert dataset.spec.conditioned_on is not None
        self.condition_field = dataset.spec.conditioned_on.field

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        return self.sample(len(conditions), rng)


class Classifier(nn.Module):
    """Is sure of class 0."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def classify(self, x: Tensor) -> Tensor:
        return torch.eye(10)[0].expand(len(x), -1)


def few(dataset: Dataset) -> Dataset:
    """The data set with its first examples only."""
    train, held_out = (
        {k: v[:COUNT] for k, v in x.items()} for x in (dataset.train, dataset.held_out)
    )
    domains = {name: few(domain) for name, domain in dataset.domains.items()}
    spec = replace(dataset.spec, held_out=min(COUNT, dataset.spec.held_out))
    return replace(dataset, spec=spec, train=train, held_out=held_out, domains=domains)


def measured(name: str) -> dict[str, Measured]:
    dataset = few(open_data(name))
    return evaluate.measure(HeldOut(dataset), dataset, COUNT, 0)


def test_images() -> None:
    found = measured("digits")
    assert set(found) >= {"cfid", "cis", "precision", "recall", "sharpness"}
    assert found["cfid"].value == pytest.approx(0.0, abs=1e-2)
    assert found["cfid"].real is not None
    assert found["cfid"].real > 0.1
    assert found["precision"].value == found["recall"].value == 1.0
    assert found["sharpness"].value == pytest.approx(1.0, abs=1e-3)


def test_points() -> None:
    found = measured("ring")
    assert set(found) >= {"energy", "sliced", "modes", "high_quality"}
    assert found["energy"].value == pytest.approx(0.0, abs=1e-6)
    assert found["modes"].value == 8


def test_text() -> None:
    found = measured("grammar")
    assert set(found) >= {"jsd_1", "jsd_2", "jsd_3", "valid", "copies"}
    assert found["jsd_2"].value == pytest.approx(0.0, abs=1e-9)
    assert found["valid"].value == 1.0


def test_audio() -> None:
    found = measured("spoken-digits")
    assert set(found) == {"spectrum", "spread"}
    assert found["spectrum"].value == pytest.approx(0.0, abs=1e-6)


def test_translation_is_measured_in_both_directions() -> None:
    dataset = few(open_data("emoji:noto+twemoji"))
    names = [f"cfid_{way}" for way in ("noto_to_twemoji", "twemoji_to_noto")]
    found = evaluate.measure(HeldOut(dataset), dataset, only=names)
    numbers = [found[name] for name in names]
    assert [number.value for number in numbers] == pytest.approx([0.0, 0.0], abs=1e-2)
    assert [number.name for number in numbers] == [
        "cFID, noto to twemoji",
        "cFID, twemoji to noto",
    ]
    assert numbers[0].real != numbers[1].real


def test_three_domains_have_six_directions() -> None:
    dataset = few(open_data("emoji:noto+twemoji+openmoji"))
    game = HeldOut(dataset)
    ways = [f"{a}_to_{b}" for a, b in permutations(dataset.domains, 2)]
    known = evaluate.available(dataset, game)
    assert [key.removeprefix("cfid_") for key in known if key.startswith("cfid_")] == ways
    wanted = [f"{key}_{way}" for way in ways for key in ("cfid", "l1_to_pair")]
    found = evaluate.measure(game, dataset, only=wanted)
    assert list(found) == wanted
    assert all(found[f"l1_to_pair_{way}"].value == 0 for way in ways)


@pytest.mark.parametrize("name", ["digits", "ring", "grammar", "spoken-digits"])
def test_every_number_says_how_it_was_computed(name: str) -> None:
    dataset = open_data(name)
    for number in measured(name).values():
        assert number.better in ("lower", "higher", "near")
        assert number.real is not None
        assert number.protocol.features
        assert COUNT in number.protocol.counts.values()
        assert number.protocol.data == f"{name} ({dataset.spec.fingerprint})"


def test_a_conditional_game_is_also_measured_by_its_conditions() -> None:
    dataset = degrade("noise", few(open_data("digits")))
    game = Conditional(dataset)
    found = evaluate.measure(game, dataset, COUNT, 0)
    assert set(found) == set(evaluate.available(dataset, game))
    assert found["l1"].value == 0
    assert found["l1"].protocol.data.startswith("noise:digits (")
    assert set(evaluate.measure(HeldOut(dataset), dataset, COUNT, 0)) == set(found) - {"l1", "psnr"}


class Answers(Conditional):
    """Gives the held-out example of each condition, whichever conditions it gets."""

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        held_out = self.dataset.held_out
        known = {row.numpy().tobytes(): n for n, row in enumerate(held_out["condition"])}
        rows = [known[row.numpy().tobytes()] for row in to_uint8(conditions)]
        return to_float(held_out["real"][rows])


def test_fewer_samples_are_compared_with_the_true_examples_of_their_conditions() -> None:
    dataset = open_data("down2:digits")  # no two conditions are equal
    found = evaluate.measure(
        Answers(dataset), dataset, 40, only=["cfid", "precision", "recall", "l1"]
    )
    assert found["cfid"].protocol.counts["generated"] == 40
    assert found["cfid"].value == pytest.approx(0, abs=1e-6)
    assert (found["precision"].value, found["recall"].value) == (1, 1)
    assert found["l1"].value == 0


def test_the_examples_of_a_domain_are_of_all_classes() -> None:
    dataset = open_data("emoji:noto+twemoji")
    seen: list[Tensor] = []

    class Recorder(HeldOut):
        def translate(self, x: Tensor, source: str, target: str) -> Tensor:
            seen.append(x)
            return to_float(self.dataset.domains[target].held_out["real"][: len(x)])

    evaluate.measure(Recorder(dataset), dataset, 40, only=["l1_to_pair_noto_to_twemoji"])
    held_out = to_float(dataset.domains["noto"].held_out["real"]).flatten(1)
    places = torch.cdist(seen[0].flatten(1), held_out).argmin(1)
    assert len(seen[0]) == 40
    assert places.max() > 0.8 * len(held_out) > 0.2 * len(held_out) > places.min()


def test_only_the_wanted_numbers_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = degrade("noise", few(open_data("digits")))

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed")

    with monkeypatch.context() as patch:
        patch.setattr(type(MODALITIES["image"]), "measure", refuse)
        found = evaluate.measure(Conditional(dataset), dataset, COUNT, 0, only=["psnr"])
        assert list(found) == ["psnr"]
    row = adherence.ADHERENCE["image", "image"]._replace(measure=refuse)
    monkeypatch.setitem(adherence.ADHERENCE, ("image", "image"), row)
    found = evaluate.measure(Conditional(dataset), dataset, COUNT, 0, only=["sharpness"])
    assert list(found) == ["sharpness"]
    monkeypatch.setattr(HeldOut, "sample", refuse)
    with pytest.raises(ValueError, match="unknown metric 'sharpnes'; did you mean 'sharpness'"):
        evaluate.measure(HeldOut(dataset), dataset, COUNT, 0, only=["sharpnes"])


def test_a_classifier_is_measured_by_its_classes_alone() -> None:
    dataset = few(open_data("digits"))
    found = evaluate.measure(Classifier(), dataset, COUNT, 0)
    assert set(found) == set(evaluate.available(dataset, Classifier()))
    share = float((dataset.held_out["label"] == 0).double().mean())
    assert found["classifier_accuracy"].value == pytest.approx(share)
    assert found["classifier_accuracy"].protocol.data.startswith("digits (")
    assert found["classifier_nll"].value > 1
    only = evaluate.measure(Classifier(), dataset, COUNT, 0, only=["classifier_nll"])
    assert list(only) == ["classifier_nll"]


def test_what_cannot_be_measured_is_refused() -> None:
    dataset = few(open_data("ring"))
    with pytest.raises(ValueError, match="at least one sample is measured; got -n 0"):
        evaluate.measure(HeldOut(dataset), dataset, 0)
    short = replace(dataset, spec=replace(dataset.spec, held_out=3))
    with pytest.raises(ValueError, match="3 held-out examples, .* 4 at least.* larger --val"):
        evaluate.measure(HeldOut(short), short)


def test_a_run_writes_its_numbers(tmp_path: Path) -> None:
    planned = plan("gan", data="ring", width=4, batch=4, steps=2, out=tmp_path / "run")
    run = Run.begin(planned.folder, planned.config, planned.dataset).play()
    found = run.choose("latest").evaluate(n=100, seed=3)
    page = json.loads((run.folder / "metrics.json").read_text())
    assert page["step"] == 2
    assert page["fingerprint"] == run.dataset.spec.fingerprint
    assert page["numbers"]["energy"]["value"] == found["energy"].value
    assert run.evaluate(n=100, seed=3)["energy"].value == found["energy"].value
