"""What every preset offers: it is rebuilt from JSON, documented, and makes what it should."""

from __future__ import annotations

import inspect
import json
from itertools import combinations, permutations
from pathlib import Path

import pytest
import torch
from small import BATCH, CASES, SMALL, recipe
from torch import Tensor

from gansmith.core.game import Game
from gansmith.core.protocols import Classifies, ConditionalSampler, HasDecoder, Samples, Translates
from gansmith.core.rng import Rng
from gansmith.data import DataSpec
from gansmith.data.require import NOUNS
from gansmith.presets import PRESETS
from gansmith.presets.keywords import keyword_help
from gansmith.runs.config import Config
from gansmith.sampling.generate import generate, to_model_input

DOCS = Path(__file__).parents[2] / "docs"
every_case = pytest.mark.parametrize("name", CASES)
every_preset = pytest.mark.parametrize("preset", PRESETS)


@every_case
def test_it_is_built_anew_from_its_json(name: str, tmp_path: Path) -> None:
    preset, case = CASES[name]
    spec = case.data().spec
    keywords = PRESETS[preset].keywords(case.keywords)
    Config(preset, keywords, spec.name, {}, spec.to_json(), seed=3).save(tmp_path)
    read = Config.load(tmp_path)
    assert read.keywords == keywords
    assert DataSpec.from_json(read.spec) == spec
    torch.manual_seed(read.seed)
    again = PRESETS[read.preset].build(DataSpec.from_json(read.spec), **read.keywords)
    first = recipe(name, 3)
    assert again.batch == first.batch == BATCH
    one, two = first.game.state_dict(), again.game.state_dict()
    assert one.keys() == two.keys()
    assert sum(value.numel() for value in one.values()) > 100
    assert all(value.equal(two[key]) for key, value in one.items())
    another = recipe(name, 4).game.state_dict()
    assert not all(value.equal(another[key]) for key, value in one.items())


@every_case
def test_what_it_samples_has_the_shape_and_range_of_its_data(name: str) -> None:
    game, spec = recipe(name).game.requires_grad_(False).eval(), CASES[name][1].data().spec
    if spec.domains:
        assert not isinstance(game, Samples)
        return
    if isinstance(game, ConditionalSampler):
        answers_have_the_shape_and_range(name, game)
        return
    if isinstance(game, Classifies):
        real = CASES[name][1].data().held_out["real"][:5]
        p = game.classify(to_model_input(real, game))
        assert p.shape == (5, len(spec.classes))
        torch.testing.assert_close(p.sum(1), torch.ones(5))
        return
    assert isinstance(game, Samples)
    x = game.sample(5, Rng(1))
    check(x, spec, 5)
    if spec.kind != "text":  # an untrained writer may say the same twice
        assert not x[0].equal(x[1])
    assert x.equal(game.sample(5, Rng(1)))
    assert not x.equal(game.sample(5, Rng(2)))


def answers_have_the_shape_and_range(name: str, game: ConditionalSampler) -> None:
    case = CASES[name][1]
    dataset = case.data()
    x = generate(game, dataset, 5, Rng(1))
    check(x, dataset.spec, 5)
    assert x.equal(generate(game, dataset, 5, Rng(1)))
    alike = bool({"noise", "variety"} & set(case.lacks))
    assert x.equal(generate(game, dataset, 5, Rng(2))) is alike
    given = to_model_input(dataset.conditions(dataset.held_out, 5), game)
    if dataset.spec.kind != "text":  # untrained, the most probable sentence may be one for all
        assert not game.generate(given, Rng(1)).equal(game.generate(given.roll(1, 0), Rng(1)))


def check(x: Tensor, spec: DataSpec, n: int) -> None:
    """Raise unless x holds n examples as players see them."""
    if spec.kind == "text":
        assert (x.dtype, x.shape) == (torch.int64, (n, spec.length))
        assert 0 <= int(x.min()) <= int(x.max()) < spec.vocab
        assert not (x * ((x == 0).cumsum(1) > 0)).any()  # after the end there is nothing
        return
    if spec.kind == "labels":
        assert (x.dtype, x.shape) == (torch.float32, (n, len(spec.classes)))
        assert 0 < float(x.min()) <= float(x.max()) < 1
        return
    picture = (spec.channels, spec.size, spec.size)
    shapes = {"points": (spec.dim,), "audio": (spec.length,)}
    assert x.shape == (n, *shapes.get(spec.kind, picture))
    assert x.dtype == torch.float32
    assert x.isfinite().all()
    if spec.kind != "points":
        assert float(x.abs().max()) <= 1


@every_case
def test_what_it_decodes_is_what_it_samples(name: str) -> None:
    game = recipe(name).game.requires_grad_(False).eval()
    if not isinstance(game, HasDecoder):
        pytest.skip("has no codes")
    codes = game.latent.sample(5, Rng(1))
    assert codes.shape == (5, game.latent.dim)
    assert isinstance(game, Samples)
    assert game.decode(codes).equal(game.sample(5, Rng(1)))


@every_case
def test_what_it_translates_keeps_shape_and_range(name: str) -> None:
    case = CASES[name][1]
    game: Game = recipe(name).game.requires_grad_(False).eval()
    if not isinstance(game, Translates):
        assert case.data().domains == {}
        return
    generate = {}
    for source, target in permutations(case.data().domains, 2):
        rows = case.data().domains[source].train["real"][:5]
        generate[source, target] = game.translate(to_model_input(rows, game), source, target)
        check(generate[source, target], case.data().spec, 5)
    assert not any(x.equal(y) for x, y in combinations(generate.values(), 2))
    with pytest.raises(ValueError, match="'nowhere'"):
        game.translate(to_model_input(rows, game), source, "nowhere")


@every_preset
def test_every_keyword_is_documented_and_a_plain_value(preset: str) -> None:
    entry = PRESETS[preset]
    help_ = keyword_help(entry.build)
    for keyword, value in entry.keywords({}, paper=True).items():
        assert help_[keyword], keyword
        assert json.loads(json.dumps(value)) == value
    assert entry.cites in (inspect.getdoc(entry.build) or "")


@every_preset
def test_a_misspelt_keyword_names_the_nearest(preset: str) -> None:
    with pytest.raises(TypeError, match="did you mean 'steps'"):
        PRESETS[preset].keywords({"stebs": 1})


@every_preset
def test_it_refuses_other_data_by_name(preset: str) -> None:
    taken = set(SMALL[preset])
    other = "gan-points" if "points" not in taken else "seqgan-text"
    spec = CASES[other][1].data().spec
    with pytest.raises(ValueError, match=rf"{preset} is trained on .* holds {NOUNS[spec.kind]}"):
        PRESETS[preset].build(spec)


@every_preset
def test_its_entry_in_the_docs_and_its_citation_exist(preset: str) -> None:
    pages = {path: path.read_text() for path in sorted(DOCS.rglob("*.md"))}
    identifier = PRESETS[preset].cites.removeprefix("arXiv:")
    found = [p for p, page in pages.items() if f"`{preset}`" in page and identifier in page]
    assert found, f"no page in docs/ names `{preset}` together with {identifier}"
