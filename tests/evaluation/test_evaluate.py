"""All numbers of a game against the held-out split, for each kind of data."""

import json
import shutil

import pytest
import torch
from torch import nn

from gansmith.api import plan
from gansmith.data import Dataset, open_data
from gansmith.evaluation import evaluate, select
from gansmith.runs.run import Run

COUNT = 150


class Held(nn.Module):
    """Gives back what was held out: as good as a game can be."""

    def __init__(self, dataset) -> None:
        super().__init__()
        self.dataset = dataset
        self.weight = nn.Parameter(torch.zeros(1))

    def sample(self, n, rng):
        held = self.dataset.held
        if self.dataset.spec.kind == "text":
            return held["tokens"][:n].long()
        return held["real"][:n].float() / 127.5 - 1 if "label" in held else held["real"][:n]

    def translate(self, pictures, to):
        return self.dataset.held[to][: len(pictures)].float() / 127.5 - 1


def few(dataset: Dataset) -> Dataset:
    """The data set with its first examples only."""
    train, held = ({k: v[:COUNT] for k, v in x.items()} for x in (dataset.train, dataset.held))
    return Dataset(dataset.spec, train, held, dataset.vocabulary)


def measured(name: str):
    dataset = few(open_data(name))
    return evaluate.measure(Held(dataset), dataset, COUNT, 0)


def test_pictures():
    found = measured("digits")
    assert set(found) >= {"cfid", "cis", "precision", "recall", "sharpness"}
    assert found["cfid"].value == pytest.approx(0.0, abs=1e-2)
    assert found["cfid"].real > 0.1
    assert found["precision"].value == found["recall"].value == 1.0
    assert found["sharpness"].value == pytest.approx(1.0, abs=1e-3)


def test_points():
    found = measured("ring")
    assert set(found) >= {"energy", "sliced", "modes", "high_quality"}
    assert found["energy"].value == pytest.approx(0.0, abs=1e-6)
    assert found["modes"].value == 8


def test_text():
    found = measured("grammar")
    assert set(found) >= {"jsd_1", "jsd_2", "jsd_3", "valid", "copies"}
    assert found["jsd_2"].value == pytest.approx(0.0, abs=1e-9)
    assert found["valid"].value == 1.0


def test_translation_is_measured_both_ways():
    found = measured("emoji:noto+twemoji")
    for way in ("ab", "ba"):
        assert found[f"cfid_{way}"].value == pytest.approx(0.0, abs=1e-2)
    assert {found["cfid_ab"].name, found["cfid_ba"].name} == {"cFID, a to b", "cFID, b to a"}
    assert found["cfid_ab"].real != found["cfid_ba"].real


@pytest.mark.parametrize("name", ["digits", "ring", "grammar"])
def test_every_number_says_how_it_was_computed(name):
    for number in measured(name).values():
        assert number.better in ("lower", "higher", "near")
        assert number.real is not None
        assert number.protocol.features
        assert number.protocol.counts["generated"] == COUNT


def test_a_run_writes_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(select, "COUNT", 64)
    one = plan("gan", data="ring", width=4, batch=4, steps=2, out=tmp_path / "run")
    run = Run.begin(one.folder, one.config).play()
    found = run.choose("latest").evaluate(n=100, seed=3)
    page = json.loads((run.folder / "metrics.json").read_text())
    assert page["step"] == 2
    assert page["fingerprint"] == run.dataset.spec.fingerprint
    assert page["numbers"]["energy"]["value"] == found["energy"].value
    assert run.evaluate(n=100, seed=3)["energy"].value == found["energy"].value
    shutil.rmtree(run.folder)
