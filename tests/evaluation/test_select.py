"""The number by which `best` is chosen, for each kind of data."""

import pytest
import torch
from torch import nn

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.evaluation import select

COUNT = 200


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch):
    monkeypatch.setattr(select, "COUNT", COUNT)
    select._reference.cache_clear()


class Copier(nn.Module):
    """Gives back real training examples, partly replaced by noise."""

    def __init__(self, dataset, noise: float) -> None:
        super().__init__()
        self.dataset, self.noise = dataset, noise
        self.weight = nn.Parameter(torch.zeros(1))

    def sample(self, n, rng):
        kind = self.dataset.spec.kind
        real = self.dataset.train["tokens" if kind == "text" else "real"][-n:]
        if kind == "text":
            swapped = rng.integers(self.dataset.spec.vocab, *real.shape)
            return torch.where(rng.uniform(*real.shape) < self.noise, swapped, real.long())
        real = real.float() / 127.5 - 1 if kind == "image" else real
        return real.lerp(rng.normal(*real.shape), self.noise)

    def translate(self, pictures, to):
        assert pictures.dtype == torch.float32
        assert -1 <= float(pictures.min()) < 0 < float(pictures.max()) <= 1
        real = self.dataset.train[to][-len(pictures) :].float() / 127.5 - 1
        return real.lerp(Rng(0).normal(*real.shape), self.noise)


@pytest.mark.parametrize(
    ("data", "metric"),
    [
        ("digits", "cFID (quick)"),
        ("ring", "energy distance"),
        ("grammar", "JSD-2"),
        ("emoji:noto+twemoji", "cFID (quick, mean of both ways)"),
    ],
)
def test_real_examples_score_lower_than_spoilt_ones(data, metric):
    dataset = open_data(data)
    real, spoilt, noise = (select.score(Copier(dataset, x), dataset, 0) for x in (0.0, 0.5, 1.0))
    assert {x["metric"] for x in (real, spoilt, noise)} == {metric}
    assert 0 <= real["value"] < 0.6 * spoilt["value"] < 0.6 * noise["value"]


def test_the_score_is_a_function_of_game_and_seed():
    dataset = open_data("ring")
    game = Copier(dataset, 0.5)
    assert select.score(game, dataset, 1) == select.score(game, dataset, 1)
    assert select.score(game, dataset, 1) != select.score(game, dataset, 2)


def test_held_out_examples_do_not_choose_the_best():
    dataset = open_data("digits")
    before = select.score(Copier(dataset, 0.5), dataset, 0)
    dataset.held["real"].zero_()
    select._reference.cache_clear()
    assert select.score(Copier(dataset, 0.5), dataset, 0) == before


def test_a_style_is_judged_as_its_set_is():
    assert select.judge_of("emoji:noto", 3) is select.judge_of("emoji:noto", 3)
    assert select.judge_of("emoji:noto", 3).about == select.judge_of("emoji", 3).about


def test_chosen_metrics_are_taken_against_training_data():
    dataset = open_data("digits")
    names = ["precision", "cfid", "sharpness"]
    real, noise = (select.score(Copier(dataset, x), dataset, 0, names) for x in (0.0, 1.0))
    assert list(real["numbers"]) == names
    assert real["metric"] == "precision"
    assert real["value"] == real["numbers"]["precision"] > noise["value"]
    assert select.beats(real, noise)
    assert not select.beats(noise, real)
    dataset.held["real"].zero_()
    assert select.score(Copier(dataset, 0.0), dataset, 0, names) == real


@pytest.mark.parametrize(("data", "name"), [("ring", "modes_20"), ("grammar", "valid")])
def test_metrics_of_points_and_sentences(data, name):
    dataset = open_data(data)
    select.check_metrics([name], dataset)
    found = select.score(Copier(dataset, 0.0), dataset, 0, [name])
    assert found["better"] == "higher"
    assert found["value"] > 0


def test_a_metric_that_there_is_not_is_refused_before_the_run():
    dataset = open_data("digits")
    with pytest.raises(ValueError, match="unknown metric 'cfdi'; did you mean 'cfid'"):
        select.check_metrics(["cfdi"], dataset)
    with pytest.raises(ValueError, match="cis is good near the real data's"):
        select.check_metrics(["cis", "cfid"], dataset)
    select.check_metrics(["cfid", "cis"], dataset)
    select.check_metrics(["cfid_ab"], open_data("emoji:noto+twemoji"))
