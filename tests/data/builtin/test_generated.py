"""The generated points and the toy grammar are what their docstrings say."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

from gansmith.data import DATA, accepts, modes, open_data
from gansmith.data.builtin.generated import SAMPLERS, mixture, open_generated
from gansmith.data.builtin.grammar import RULES, WORDS, is_sentence, open_grammar, probability
from gansmith.data.spec import DataError

PINS = {
    "ring": "98fa1cef0831f7af",
    "grid": "4cff4833153dcf6e",
    "moons": "2e3bd883df6429be",
    "swiss-roll": "1988fbeef8258689",
    "mixture-1d": "a1c827430b975912",
}


@pytest.fixture(scope="module")
def grammar():
    return open_grammar()


def tokens(sentence: str) -> list[int]:
    return [WORDS.index(word) for word in sentence.split()]


@pytest.mark.parametrize("name", SAMPLERS)
def test_points_are_the_same_everywhere(name):
    dataset = open_data(name)
    assert dataset.spec.fingerprint == PINS[name]
    assert (dataset.spec.train, dataset.spec.held_out) == (50_000, 10_000)
    assert dataset.spec.dim == (1 if name == "mixture-1d" else 2)
    assert not torch.equal(dataset.train["real"][:10_000], dataset.held_out["real"])
    assert DATA[name].licence == dataset.spec.licence == "CC0-1.0"


@pytest.mark.parametrize(("name", "count", "std"), [("ring", 8, 0.01), ("grid", 25, 0.05)])
def test_mixtures_fill_their_modes_evenly_with_their_std(name, count, std):
    centres, known = modes(name)
    assert centres.shape == (count, 2)
    assert known == std
    points = open_generated(name).train["real"]
    nearest = torch.cdist(points, centres).argmin(1)
    share = nearest.bincount(minlength=count) / len(points)
    assert (share * count - 1).abs().max() < 0.1
    assert (points - centres[nearest]).std().item() == pytest.approx(std, rel=0.02)


def test_where_the_modes_are():
    ring, grid = modes("ring")[0], modes("grid")[0]
    torch.testing.assert_close(ring.norm(dim=1), torch.ones(8))
    torch.testing.assert_close(ring[1], torch.full((2,), math.sqrt(0.5)))
    assert sorted(set(grid.flatten().tolist())) == [-4.0, -2.0, 0.0, 2.0, 4.0]
    assert len(set(map(tuple, grid.tolist()))) == 25


def test_the_mixture_on_the_line_has_the_moments_of_its_formula():
    points = open_generated("mixture-1d").train["real"].double()
    assert points.mean().item() == pytest.approx(1.01, abs=0.03)
    assert points.std().item() == pytest.approx(1.8305, abs=0.02)
    left = points[points < -0.99]
    assert len(left) / len(points) == pytest.approx(0.1818, abs=0.01)
    centres, std, weights = mixture("mixture-1d")
    torch.testing.assert_close(std**2, torch.tensor([0.0625, 2.0]))
    assert centres.flatten().tolist() == [-1.0, 2.0]
    assert weights.sum().item() == pytest.approx(1)


def test_what_has_no_modes():
    assert modes("moons") is None
    assert modes("mixture-1d") is None
    assert modes("fashion") is None
    with pytest.raises(DataError, match="moons"):
        mixture("moons")
    with pytest.raises(DataError, match="cube"):
        open_generated("cube")


def test_moons_lie_on_two_half_circles():
    points = open_generated("moons").train["real"]
    upper = ((points.norm(dim=1) - 1).abs() < 0.25) & (points[:, 1] > -0.2)
    lower = (((points - torch.tensor([1.0, 0.5])).norm(dim=1) - 1).abs() < 0.25) & (
        points[:, 1] < 0.7
    )
    assert (upper | lower).all()
    share = (points[:, 0] < -0.2).float().mean().item() + (points[:, 0] > 1.2).float().mean().item()
    assert 0.3 < share < 0.5


def test_the_roll_goes_once_and_a_half_around():
    radius = open_generated("swiss-roll").train["real"].norm(dim=1)
    assert 0.2 < radius.min() < 1 / 3
    assert 1 < radius.max() < 1.1


def test_rules_are_probabilities_and_reach_every_word():
    for rules in RULES.values():
        assert sum(chance for chance, _ in rules) == pytest.approx(1)
    assert len(WORDS) == 25
    assert WORDS[0] == "<end>"


@pytest.mark.parametrize(
    "sentence",
    [
        "a cat sleeps",
        "the old dogs that see a cat sleep",
        "every child likes the big birds that run",
        "the big cat that sees the red dogs likes some old birds that see every small child",
    ],
)
def test_sentences(sentence):
    sentence = sentence.replace("small", "old")
    assert is_sentence(tokens(sentence))
    assert is_sentence([*tokens(sentence), 0, 5, 5])
    assert is_sentence(torch.tensor([*tokens(sentence), 0], dtype=torch.int16))


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "a cat sleep",
        "a cats sleep",
        "the old dogs that see a cat sleeps",
        "every dogs run",
        "the cat sees",
        "a cat sleeps a dog",
        "cat sleeps",
        "the old big cat sleeps",
        "a cat that sees a dog that runs sleeps",
    ],
)
def test_no_sentences(sentence):
    assert not is_sentence(tokens(sentence))


def test_tokens_that_are_no_words_make_no_sentence():
    assert not is_sentence([99])
    assert not is_sentence([-1])


def test_grammar_data(grammar):
    spec = grammar.spec
    assert spec.fingerprint == "950d77f3ae8f5135"
    assert (spec.vocab, spec.length, spec.train, spec.held_out) == (25, 17, 20_000, 4_000)
    lengths = grammar.train["lengths"]
    assert (lengths.min(), lengths.max()) == (3, 17)
    assert grammar.train["tokens"].dtype == torch.int16
    assert grammar.vocabulary == WORDS
    assert len(set(grammar.train["tokens"].flatten().tolist())) == 25


def test_every_drawn_sentence_is_one_and_almost_no_scrambled_one_is(grammar):
    accept = accepts("grammar")
    rows = grammar.held_out["tokens"][:500].tolist()
    assert all(accept(row) for row in rows)
    draw = np.random.default_rng(0)
    longer = [[t for t in row if t] for row in rows if row[4]]
    assert sum(accept(draw.permutation(row).tolist()) for row in longer) < 0.02 * len(longer)
    assert accepts("captions") is None


def test_probability_is_how_often_a_sentence_is_drawn(grammar):
    drawn = Counter(grammar.sentences(grammar.train["tokens"]))
    for sentence, count in drawn.most_common(5):
        expected = 20_000 * probability(tokens(sentence))
        assert abs(count - expected) < 5 * expected**0.5
    # .5 (singular) .75 (no clause) .7 (no adjective) / 3 articles / 4 nouns .5 (rests) / 2 verbs
    assert probability(tokens("a cat sleeps")) == pytest.approx(0.5 * 0.75 * 0.7 / 12 * 0.5 / 2)


def test_short_sentences_have_the_mass_that_the_rules_give():
    singular = [["a", "the", "every"], ["cat", "dog", "bird", "child"], ["sleeps", "runs"]]
    total = sum(
        probability(tokens(f"{a} {n} {v}"))
        for a in singular[0]
        for n in singular[1]
        for v in singular[2]
    )
    assert total == pytest.approx(0.5 * 0.75 * 0.7 * 0.5)
