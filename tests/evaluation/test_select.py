"""The score that chooses the best state of a run, for each kind of data."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gansmith.api import train
from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import Dataset, open_data
from gansmith.data.build import image_dataset
from gansmith.data.few_labels import keep_labels
from gansmith.evaluation import select
from gansmith.modalities import MODALITIES, image
from gansmith.runs.plan import plan

COUNT = 120


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "COUNT", COUNT)
    monkeypatch.setattr(image.Image, "score_count", COUNT)


@cache
def opened(name: str) -> Dataset:
    return open_data(name)


def blended(real: Tensor, dataset: Dataset, noise: float, rng: Rng) -> Tensor:
    """Examples as players see them, partly replaced by noise."""
    if dataset.spec.kind == "text":
        other = rng.integers(dataset.spec.vocab, *real.shape)
        return torch.where(rng.uniform(*real.shape) < noise, other, real.long())
    return to_float(real).lerp(rng.normal(*real.shape), noise)


def field_of(dataset: Dataset) -> str:
    return "tokens" if dataset.spec.kind == "text" else "real"


class Copier(nn.Module):
    """Generates real training examples, partly replaced by noise."""

    def __init__(self, dataset: Dataset, noise: float) -> None:
        super().__init__()
        self.dataset, self.noise = dataset, noise
        self.weight = nn.Parameter(torch.zeros(1))

    def sample(self, n: int, rng: Rng) -> Tensor:
        real = self.dataset.train[field_of(self.dataset)][-n:]
        return blended(real, self.dataset, self.noise, rng)

    def translate(self, x: Tensor, source: str, target: str) -> Tensor:
        assert x.dtype == torch.float32
        assert -1 <= float(x.min()) < 0 < float(x.max()) <= 1
        domain = self.dataset.domains[target]
        return blended(domain.train["real"][-len(x) :], domain, self.noise, Rng(0))


class Oracle(nn.Module):
    """Generates the training example whose condition it is given, partly replaced by noise."""

    def __init__(self, dataset: Dataset, noise: float) -> None:
        super().__init__()
        self.dataset, self.noise = dataset, noise
        condition = dataset.spec.conditioned_on
        assert condition is not None
        self.condition_field = condition.field
        self.weight = nn.Parameter(torch.zeros(1))

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        rows = select.training_rows(self.dataset, len(conditions))
        assert len(conditions) == len(rows.train[field_of(self.dataset)])
        return blended(rows.train[field_of(self.dataset)], self.dataset, self.noise, rng)


@pytest.mark.parametrize(
    ("data", "metric"),
    [
        ("digits", "cFID (quick)"),
        ("ring", "energy distance"),
        ("grammar", "JSD-2"),
        ("spoken-digits", "distance of average log spectra, dB"),
        ("emoji:noto+twemoji", "cFID (quick), mean over directions"),
        ("emoji:noto+twemoji+openmoji", "cFID (quick), mean over directions"),
    ],
)
def test_real_examples_score_lower_than_noisy_ones(data: str, metric: str) -> None:
    dataset = opened(data)
    real, half, noise = (select.score(Copier(dataset, x), dataset, 0) for x in (0.0, 0.5, 1.0))
    assert {x["metric"] for x in (real, half, noise)} == {metric}
    assert select.score_name(Copier(dataset, 0.0), dataset) == metric
    assert 0 <= real["value"] < 0.6 * half["value"] < 0.8 * noise["value"]


def test_the_score_is_a_function_of_game_and_seed() -> None:
    dataset = opened("ring")
    game = Copier(dataset, 0.5)
    assert select.score(game, dataset, 1) == select.score(game, dataset, 1)
    assert select.score(game, dataset, 1) != select.score(game, dataset, 2)


def test_held_out_examples_do_not_choose_the_best() -> None:
    before = select.score(Copier(opened("digits"), 0.5), opened("digits"), 0)
    dataset = open_data("digits")
    dataset.held_out["real"].zero_()
    assert select.score(Copier(dataset, 0.5), dataset, 0) == before


def test_chosen_metrics_are_taken_against_training_data() -> None:
    dataset = open_data("digits")
    names = ["precision", "cfid", "sharpness"]
    real, noise = (select.score(Copier(dataset, x), dataset, 0, names) for x in (0.0, 1.0))
    assert list(real["numbers"]) == names
    assert real["metric"] == "precision"
    assert real["value"] == real["numbers"]["precision"] > noise["value"]
    assert select.is_better(real, noise)
    assert not select.is_better(noise, real)
    dataset.held_out["real"].zero_()
    assert select.score(Copier(dataset, 0.0), dataset, 0, names) == real


@pytest.mark.parametrize(("data", "name"), [("ring", "modes_20"), ("grammar", "valid")])
def test_metrics_of_points_and_sentences(data: str, name: str) -> None:
    dataset = opened(data)
    game = Copier(dataset, 0.0)
    select.check_metrics([name], dataset, game)
    found = select.score(game, dataset, 0, [name])
    assert found["better"] == "higher"
    assert found["value"] > 0


@pytest.mark.parametrize(
    ("data", "better"),
    [
        ("digits", {"accuracy": "higher"}),
        ("noise:digits", {"psnr": "higher", "l1": "lower"}),
        ("noisy:spoken-digits", {"sisdr": "higher", "lsd": "lower", "recognized": "higher"}),
        ("emoji-names", {"r_precision": "higher"}),
        ("faces", {"attributes": "higher", "attribute_glasses": "higher"}),
        ("number-words", {"exact": "higher", "wer": "lower"}),
    ],
)
def test_numbers_of_conditions_can_choose_the_best(data: str, better: dict[str, str]) -> None:
    dataset, names = opened(data), list(better)
    true, noisy = (Oracle(dataset, x) for x in (0.0, 0.9))
    for name in names:
        select.check_metrics([name], dataset, true)
    good, bad = (select.score(game, dataset, 0, names) for game in (true, noisy))
    assert good["better"] == better[names[0]]
    assert list(good["numbers"]) == names
    assert select.is_better(good, bad)
    for name in names:
        scores = ({"value": x["numbers"][name], "better": better[name]} for x in (good, bad))
        assert select.is_better(*scores)


def test_a_run_keeps_the_state_that_the_chosen_metric_prefers(tmp_path: Path) -> None:
    run = train("pix2pix", data="edges:digits", metrics=["psnr", "l1"], width=4, batch=4,
                patch_size=7, steps=4, sample_every=1, out=tmp_path / "run")  # fmt: skip
    rows = [json.loads(line) for line in (run.folder / "scores.jsonl").read_text().splitlines()]
    assert {row["metric"] for row in rows} == {"PSNR, dB"}
    assert [list(row["numbers"]) for row in rows] == [["psnr", "l1"]] * 5
    best = max((row for row in rows if row["step"]), key=lambda row: row["value"])
    assert run.choose("best").step == best["step"]


def test_a_metric_that_there_is_not_is_refused_before_the_run() -> None:
    dataset = opened("digits")
    game = Copier(dataset, 0.0)
    with pytest.raises(ValueError, match="unknown metric 'cfdi'; did you mean 'cfid'"):
        select.check_metrics(["cfdi"], dataset, game)
    with pytest.raises(ValueError, match="cis is best near its value for real data"):
        select.check_metrics(["cis", "cfid"], dataset, game)
    select.check_metrics(["cfid", "cis"], dataset, game)
    with pytest.raises(ValueError, match="unknown metric 'accuracy'"):
        select.check_metrics(["accuracy"], dataset, game)  # it generates no class
    select.check_metrics(["accuracy"], dataset, Oracle(dataset, 0.0))
    domains = opened("emoji:noto+twemoji")
    select.check_metrics(["cfid_noto_to_twemoji"], domains, Copier(domains, 0.0))
    with pytest.raises(ValueError, match="unknown metric 'psnr'"):
        plan("nsgan", data="digits", width=4, metrics=["psnr"])


# Conditional games: sample i was generated for the condition of row i of the reference.


@cache
def sorted_digits() -> Dataset:
    """Handwritten digits class by class, as a reader of class folders gives them."""
    digits = opened("digits")
    parts = []
    for part in (digits.train, digits.held_out):
        order = part["label"].argsort(stable=True)
        parts.append({name: rows[order] for name, rows in part.items()})
    return image_dataset("digits", *parts, classes=digits.spec.classes)


class ByClass(nn.Module):
    """Generates real images of the class that `choose` makes of the one in the condition."""

    condition_field = "label"

    def __init__(self, dataset: Dataset, choose: Callable[[int], int]) -> None:
        super().__init__()
        self.dataset, self.choose = dataset, choose
        self.weight = nn.Parameter(torch.zeros(1))

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        real, label = (self.dataset.train[name] for name in ("real", "label"))
        rows = []
        for c in conditions.tolist():
            of_class = (label == self.choose(c)).nonzero().squeeze(1)
            rows.append(of_class[rng.integers(len(of_class), 1)])
        return to_float(real[torch.cat(rows)])


def test_a_game_that_obeys_classes_scores_better_on_sorted_class_folders() -> None:
    dataset = sorted_digits()
    obeys = select.score(ByClass(dataset, lambda c: c), dataset, 0)
    ignores = select.score(ByClass(dataset, lambda c: 0), dataset, 0)
    assert obeys["value"] < 0.2 * ignores["value"]


def test_right_samples_of_wrong_classes_score_worse_than_noisy_ones_of_the_right() -> None:
    dataset = sorted_digits()
    obeys, permutes = (
        select.score(ByClass(dataset, choose), dataset, 0)
        for choose in (lambda c: c, lambda c: (c + 1) % 10)
    )
    assert obeys["metric"] == "cFJD (quick)"
    assert obeys["value"] < 0.3 * permutes["value"]
    blind = MODALITIES["image"].score
    rows = select.training_rows(dataset, COUNT)
    given = rows.train["label"]
    marginal = [
        blind(ByClass(dataset, choose).generate(given, Rng(0)), rows)
        for choose in (lambda c: c, lambda c: (c + 1) % 10)
    ]
    assert marginal[1] < 1.5 * marginal[0]


def test_conditions_count_for_conditional_games_only() -> None:
    for data in ("digits", "number-words"):
        dataset = opened(data)
        plain = select.score(Copier(dataset, 0.0), dataset, 0)["metric"]
        assert plain == {"digits": "cFID (quick)", "number-words": "JSD-2"}[data]


def test_a_game_that_obeys_sentences_scores_better_on_sorted_sentences() -> None:
    dataset = opened("number-words")
    true, noisy = (select.score(Oracle(dataset, x), dataset, 0) for x in (0.0, 1.0))
    assert true == {"metric": "word error rate", "value": 0.0}
    assert noisy["value"] > 0.5


def test_training_rows_have_the_classes_in_proportion_and_go_together() -> None:
    dataset = sorted_digits()
    rows = select.training_rows(dataset, 100)
    assert rows.spec.train == len(rows.train["real"]) == len(rows.train["label"]) == 100
    share = dataset.train["label"].bincount() / len(dataset.train["label"])
    assert ((rows.train["label"].bincount() - 100 * share).abs() <= 1).all()
    pairs = {(x.numpy().tobytes(), int(c)) for x, c in zip(*dataset.train.values(), strict=True)}
    assert all((x.numpy().tobytes(), int(c)) in pairs for x, c in zip(*rows.train.values(),
                                                                      strict=True))  # fmt: skip
    assert select.training_rows(dataset, 100) is rows
    assert len(select.training_rows(dataset, 10**6).train["real"]) == dataset.spec.train


# Games that classify.


class Guesser(nn.Module):
    """Gives the true class of the training images it knows this probability."""

    def __init__(self, dataset: Dataset, right: float) -> None:
        super().__init__()
        part = dataset.labelled or dataset.train
        self.known = {
            to_float(x).numpy().tobytes(): int(c)
            for x, c in zip(part["real"], part["label"], strict=True)
        }
        self.right, self.classes = right, len(dataset.spec.classes)
        self.weight = nn.Parameter(torch.zeros(1))

    def classify(self, x: Tensor) -> Tensor:
        p = torch.full((len(x), self.classes), (1 - self.right) / (self.classes - 1))
        for place, row in enumerate(x):
            p[place, self.known[row.numpy().tobytes()]] = self.right
        return p


@pytest.mark.parametrize("labelled", [0, 50])
def test_a_classifier_is_scored_by_its_cross_entropy_on_labelled_examples(labelled: int) -> None:
    dataset = keep_labels(opened("digits"), labelled) if labelled else opened("digits")
    found = select.score(Guesser(dataset, 0.8), dataset, 0)
    assert found["metric"] == "cross-entropy of the classes, nats"
    assert found["value"] == pytest.approx(-torch.tensor(0.8).log().item())


@pytest.mark.parametrize("labelled", [0, 50])
def test_the_accuracy_of_a_classifier_can_choose_the_best(labelled: int) -> None:
    dataset = keep_labels(opened("digits"), labelled) if labelled else opened("digits")
    game = Guesser(dataset, 0.8)
    names = ["classifier_accuracy", "classifier_nll"]
    select.check_metrics(names, dataset, game)
    found = select.score(game, dataset, 0, names)
    assert (found["value"], found["better"]) == (1.0, "higher")


# What is remembered of a data set goes with it.


def test_the_reference_of_a_score_is_forgotten_with_its_data() -> None:
    real = Rng(1).integers(256, 40, 1, 8, 8).to(torch.uint8)
    dataset = image_dataset("mine", {"real": real}, {"real": real})
    gc.collect()
    references, rows = len(image._REFERENCES), len(select._ROWS)
    game = Copier(dataset, 0.5)
    select.score(game, dataset, 0)
    select.score(game, dataset, 0, ["cfid"])
    assert len(image._REFERENCES) > references
    assert len(select._ROWS) > rows
    alive = weakref.ref(dataset)
    del dataset, game
    gc.collect()
    assert alive() is None
    assert len(image._REFERENCES) == references
    assert len(select._ROWS) == rows
