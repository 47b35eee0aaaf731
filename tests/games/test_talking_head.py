"""The talking head: how pictures are dealt out, who moves what, and fine-tuning of one person."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.data import DataError, DataSpec
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.condition import Condition, split_references
from gansmith.data.spec import Dataset
from gansmith.games.fine_tuning import FineTuning
from gansmith.games.talking_head import TalkingHead
from gansmith.inference.talking_head import person_generator
from gansmith.networks.talking_head import (
    AdaINBlock,
    TalkingHeadDiscriminator,
    TalkingHeadGenerator,
)
from gansmith.presets import PRESETS

K = 3


def people(n: int = 6, channels: int = 3) -> Dataset:
    """Pictures of one grey: frame k of person i has 25 i + k, its landmark picture 100 more."""
    frame = 25 * torch.arange(n)[:, None] + torch.arange(K + 1)
    seen, marks = (
        (frame + shift).to(torch.uint8)[:, :, None, None, None].expand(-1, -1, 3, 16, 16)
        for shift in (0, 100)
    )
    real = {"real": seen[:, 0, :channels].contiguous(), "person": torch.arange(n)}
    sources = torch.cat([seen[:, 1:], marks[:, 1:]], 2).flatten(1, 2)
    given = torch.cat([marks[:, 0], sources], 1)
    condition = Condition("references", channels=3 + 6 * K, height=16, width=16)
    return with_condition(image_dataset("people", real, real), condition, given, given)


def game(**keywords: float) -> TalkingHead:
    torch.manual_seed(0)
    small = dict(width=4, embed_dim=6, shots=2) | keywords
    chosen = PRESETS["talking-head"]
    made = chosen.build(people().spec, **chosen.keywords(small)).game
    assert isinstance(made, TalkingHead)
    return made


def drawn(g: TalkingHead, key: int = 0) -> Batch:
    return g.draw(Batch(**people().train), Rng(key))


def floats(x: Batch) -> Batch:
    return x.to(torch.device("cpu"), torch.contiguous_format)


def test_every_picture_is_dealt_with_its_own_landmarks_and_to_one_place_only() -> None:
    g, first = game(), set()
    for key in range(30):
        x = drawn(g, key)
        assert x.sources.shape == (6, 2, 6, 16, 16)
        frames = torch.cat([torch.cat([x.real, x.condition], 1)[:, None], x.sources], 1)[..., 0, 0]
        assert (frames[:, :, 3] - frames[:, :, 0] == 100).all()
        level = frames[:, :, 0].long()
        assert (level // 25 == torch.arange(6)[:, None]).all()
        assert all(len(row.unique()) == 3 for row in level)
        first |= set((level[:, 0] % 25).tolist())
    assert first == set(range(K + 1))


def test_the_vector_is_the_mean_over_pictures_in_any_order() -> None:
    g, x = game(), floats(drawn(game()))
    both = g.E(x.sources)
    apart = (g.E(x.sources[:, :1]) + g.E(x.sources[:, 1:])) / 2
    torch.testing.assert_close(both, apart)
    torch.testing.assert_close(both, g.E(x.sources.flip(1)))


def test_the_answer_is_that_of_the_landmarks_and_the_persons_vector() -> None:
    g, data = game(), people()
    given = data.held_out["condition"].float() / 127.5 - 1
    marks, sources = split_references(given, 3)
    wanted = g.G(marks, g.G.to_styles(g.E(sources)))
    torch.testing.assert_close(g.generate(given, Rng(0)), wanted)
    one = torch.cat([given[:, :3], given[:, 3:9]], 1)  # a single source will do
    assert g.generate(one, Rng(0)).shape == (6, 3, 16, 16)


def test_d_is_a_product_with_the_persons_vector_and_anyones() -> None:
    D = game().D
    x, marks = Rng(1).normal(5, 3, 16, 16), Rng(2).normal(5, 3, 16, 16)
    seen, person = D.features(x, marks), D.W(torch.arange(5))
    v = seen[-1].mean((2, 3))
    wanted = torch.einsum("bc,bc->b", v, person + D.w0) + D.bias
    torch.testing.assert_close(D.logits(seen, person), wanted)
    nobody = D.logits(seen, torch.zeros(5, 6))
    torch.testing.assert_close(D.logits(seen, person) - nobody, (v * person).sum(1))


def test_the_vector_is_drawn_to_w_and_w_moves_in_ds_phase_only() -> None:
    g = game(match_weight=3.0)
    x = floats(drawn(g))
    g.requires_grad_(False)
    g.E.requires_grad_(True)
    terms = g.g_loss(x)
    person = g.D.W(x.person)
    torch.testing.assert_close(terms["match"], 3 * (g.E(x.sources) - person).abs().mean())
    assert terms["match"].requires_grad
    g.requires_grad_(False)
    g.D.requires_grad_(True)
    g.d_loss(x)["adv"].backward()
    assert g.D.W.weight.grad is not None
    assert float(g.D.W.weight.grad.abs().sum()) > 0
    assert all(p.grad is None for p in [*g.E.parameters(), *g.G.parameters()])


@torch.no_grad()
def test_the_features_are_those_of_all_maps_but_the_last() -> None:
    g = game(fm_weight=2.0)
    x = floats(drawn(g))
    fake = g.G(x.condition, g.G.to_styles(g.E(x.sources)))
    maps = zip(
        g.D.features(fake, x.condition)[:-1], g.D.features(x.real, x.condition)[:-1], strict=True
    )
    wanted = 2 * sum(float((a - b).abs().mean()) for a, b in maps) / 2
    assert float(g.g_loss(x)["feature_matching"]) == pytest.approx(wanted, rel=1e-5)


def test_styles_set_mean_and_deviation() -> None:
    layer, x = AdaINBlock(3, 4), Rng(0).normal(2, 3, 8, 8)
    gain, shift = torch.full((2, 4), 0.5), torch.tensor([[1.0, 2, 3, 4], [0, 0, 0, 0]])
    y = layer(x, torch.cat([gain, shift], 1))
    torch.testing.assert_close(y.mean((2, 3)), shift, atol=1e-5, rtol=0)
    assert (y.std((2, 3), unbiased=False) - 1.5).abs().max() < 0.01


def test_a_side_that_4_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 4; got 30"):
        TalkingHeadGenerator(3, 30, 4, 6)
    assert TalkingHeadDiscriminator(3, 16, 4, 6, 9).W.num_embeddings == 9


def test_other_data_and_too_many_shots_are_refused() -> None:
    build = PRESETS["talking-head"].build
    plain = image_dataset("plain", *[{"real": torch.zeros(4, 3, 16, 16, dtype=torch.uint8)}] * 2)
    with pytest.raises(DataError, match="plain has none"):
        build(plain.spec)
    with pytest.raises(DataError, match="--shots 4 is not between 1 and 3"):
        build(people().spec, shots=4)
    with pytest.raises(DataError, match="leave out --channels"):
        build(people(channels=1).spec, shots=1)


@pytest.mark.parametrize(
    "preset", ["cgan", "gan-cls", "projection", "acgan", "regression", "pix2pix"]
)
def test_other_presets_refuse_a_likeness_and_say_who_takes_it(preset: str) -> None:
    spec: DataSpec = people().spec
    with pytest.raises(DataError, match="reference images|images of a person") as error:
        PRESETS[preset].build(spec)
    assert "talking-head" in str(error.value)


def sources_of(data: Dataset, person: int) -> tuple[Tensor, Tensor]:
    _, sources = split_references(data.held_out["condition"], 3)
    return sources[person, :, :3], sources[person, :, 3:]


def test_without_steps_a_person_is_what_e_says() -> None:
    g, data = game(), people()
    head = person_generator(g, *sources_of(data, 2))
    given = data.held_out["condition"].float() / 127.5 - 1
    torch.testing.assert_close(head(given[2:3, :3]), g.generate(given[2:3], Rng(0)))


def test_fine_tuning_comes_nearer_to_the_pictures_and_leaves_the_game_alone() -> None:
    g, data = game(), people()
    before = {k: v.clone() for k, v in g.state_dict().items()}
    pictures, marks = sources_of(data, 3)
    true, asked = (x.float() / 127.5 - 1 for x in (pictures, marks))
    with torch.no_grad():  # as a run that is used has it
        first, tuned, again = (
            person_generator(g, pictures, marks, steps, lr=5e-3) for steps in (0, 30, 30)
        )
    errors = [float((head(asked) - true).abs().mean()) for head in (first, tuned)]
    assert errors[1] < 0.5 * errors[0], errors
    assert tuned(asked).equal(again(asked))
    assert not tuned.styles.equal(first.styles)
    assert all(value.equal(before[key]) for key, value in g.state_dict().items())


def test_ds_vector_of_the_person_starts_as_es_and_moves() -> None:
    g, data = game(), people()
    pictures, marks = sources_of(data, 1)
    sources = torch.cat([pictures, marks], 1).float().div(127.5).sub(1).unsqueeze(0)
    tuning = FineTuning(g, sources)
    torch.testing.assert_close(tuning.D.person.data, g.E(sources))
    x = Batch(real=sources[0, :, :3], condition=sources[0, :, 3:])
    tuning.g_loss(x)
    tuning.d_loss(x)["adv"].backward()
    assert tuning.D.person.grad is not None


@pytest.mark.parametrize("counts", [(0, 0), (2, 1)])
def test_pictures_without_landmarks_are_refused(counts: tuple[int, int]) -> None:
    blank = [torch.zeros(n, 3, 16, 16, dtype=torch.uint8) for n in counts]
    with pytest.raises(ValueError, match=f"got {counts[0]} and {counts[1]}"):
        person_generator(game(), *blank)
