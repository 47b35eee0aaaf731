"""Several domains of any kind of data: joined, split from classes, pooled."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gansmith.data import DataError, Dataset, domains_dataset, mixed_source, open_data, open_source
from gansmith.data.audio import audio_dataset
from gansmith.data.build import image_dataset, points_dataset, text_dataset, with_factors
from gansmith.data.domains import classes_as_domains, domain_names, domains_as_classes
from gansmith.data.text import END, UNKNOWN


def images(name: str, value: int, count: int = 4, size: int = 8, channels: int = 3) -> Dataset:
    """Images of one value, and of the next for those held out."""
    shape = (channels, size, size)
    parts = [
        {
            "real": torch.full((n, *shape), value + out, dtype=torch.uint8),
            "label": torch.arange(n) % 2,
        }
        for out, n in enumerate((count, 2))
    ]
    return image_dataset(name, *parts, classes=["no", "yes"], licence="MIT", source=name)


def sentences(name: str, words: list[str], rows: list[list[int]]) -> Dataset:
    tokens = torch.tensor(rows, dtype=torch.int16)
    part = {"tokens": tokens, "lengths": (tokens != 0).sum(1)}
    return text_dataset(name, part, dict(part), [END, *words])


def tones(name: str, count: int = 3, rate: int = 8000, length: int = 16) -> Dataset:
    part = {"real": torch.full((count, length), 0.5), "lengths": torch.full((count,), length)}
    return audio_dataset(name, part, dict(part), rate)


def test_three_domains_keep_their_names_order_and_sizes() -> None:
    parts = {"photo": images("p", 0, 6), "cartoon": images("c", 50), "2d art": images("a", 100)}
    three = domains_dataset("styles", parts)
    assert list(three.domains) == list(three.spec.domains) == ["photo", "cartoon", "d2d_art"]
    assert set(three.train) == {f"{d}{end}" for d in three.domains for end in ("", "_label")}
    assert (three.spec.kind, three.spec.size, three.spec.channels) == ("image", 8, 3)
    assert (three.spec.train, three.spec.held_out) == (6, 2)
    assert (three.spec.classes, three.spec.licence) == (("no", "yes"), "MIT")
    assert three.domains["photo"] is parts["photo"]
    assert three.held_out["cartoon"].unique().tolist() == [51]


def test_the_fingerprint_depends_on_the_domains_and_their_names() -> None:
    a, b = images("a", 0), images("b", 9)
    prints = [
        domains_dataset("x", parts).spec.fingerprint
        for parts in ({"a": a, "b": b}, {"a": b, "b": a}, {"a": a, "c": b})
    ]
    assert len(set(prints)) == 3


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"a": images("a", 0)}, "two domains or more; got 1"),
        ({"a": images("a", 0), "b": images("b", 0, size=4)}, "differ in size: a 8, b 4.*--size"),
        ({"a": images("a", 0), "b": images("b", 0, channels=1)}, "in channels: .*--channels"),
        ({"a": images("a", 0), "b": tones("b")}, "one kind; got a image, b audio"),
        ({"a": tones("a"), "b": tones("b", rate=4000)}, "differ in rate: a 8000, b 4000"),
        ({"a": tones("a"), "b": tones("b", length=8)}, "differ in length: a 16, b 8"),
    ],
)
def test_domains_that_do_not_fit_are_refused(parts: dict[str, Dataset], why: str) -> None:
    with pytest.raises(DataError, match=why):
        domains_dataset("x", parts)


def test_pairs_need_equal_counts_and_domains_have_none_of_their_own() -> None:
    a, b = tones("a"), tones("b", 4)
    assert domains_dataset("x", {"a": a, "b": b}).spec.paired is False
    with pytest.raises(DataError, match="equal counts of held-out examples; got a 3, b 4"):
        domains_dataset("x", {"a": a, "b": b}, paired=True)
    two = domains_dataset("x", {"a": a, "b": a})
    with pytest.raises(DataError, match="domain c has domains of its own"):
        domains_dataset("y", {"c": two, "d": two})


def test_fields_of_two_domains_must_not_have_one_name() -> None:
    with pytest.raises(DataError, match="'a_label'"):
        domains_dataset("x", {"a": images("a", 0), "a_label": images("b", 0)})


def test_names_become_identifiers_that_a_batch_can_have() -> None:
    names = ["photo", "line art", "3d", "class", "to", "note", "a-b", "a b", "", "Ünï"]
    found = list(domain_names(names).values())
    assert found == [
        "photo",
        "line_art",
        "d3d",
        "class_",
        "to_",
        "note_",
        "a_b",
        "a_b_",
        "d",
        "Ünï",
    ]
    assert all(name.isidentifier() for name in found)
    assert len(set(found)) == len(names)


def test_sentences_of_all_domains_have_one_vocabulary() -> None:
    formal = sentences("formal", [UNKNOWN, "good", "day"], [[2, 3, 0], [1, 3, 0]])
    casual = sentences("casual", ["day", "hi"], [[2, 1], [2, 0]])
    both = domains_dataset("tone", {"formal": formal, "casual": casual})
    assert both.vocabulary == (END, UNKNOWN, "good", "day", "hi")
    assert (both.spec.vocab, both.spec.length) == (5, 3)
    assert both.sentences(both.train["formal"]) == ["good day", "<unk> day"]
    assert both.sentences(both.train["casual"]) == ["hi day", "hi"]
    assert both.train["casual"].shape == (2, 3)
    assert both.train["casual_lengths"].tolist() == [2, 1]
    assert both.domains["casual"].sentences(both.train["casual"]) == ["hi day", "hi"]


def test_a_batch_of_every_domain_in_an_order_of_its_own() -> None:
    x = torch.arange(40.0)[:, None]
    part = points_dataset("p", x, x[:4])
    batch = open_source(domains_dataset("x", dict(one=part, two=part, three=part)), 40, 0).at(1)
    assert set(batch) == {"one", "two", "three"}
    assert all(rows.sort(0).values.equal(x) for rows in batch.values())
    assert not batch["one"].equal(batch["two"])
    assert not batch["two"].equal(batch["three"])


def uneven() -> Dataset:
    parts = {
        name: points_dataset(name, first + torch.arange(float(n))[:, None], torch.zeros(1, 1))
        for name, n, first in (("few", 3, 0), ("many", 50, 100), ("some", 7, 200))
    }
    return domains_dataset("uneven", parts)


def test_a_mixed_stream_draws_domains_evenly_and_reads_each_in_full() -> None:
    source = mixed_source(uneven(), 7, seed=5)
    batches = [source.at(n) for n in range(30)]
    real, label = (torch.cat([batch[key] for batch in batches]) for key in ("real", "label"))
    assert real.shape == (210, 1)
    assert label.bincount().tolist() == [70, 70, 70]
    assert (real[:, 0] // 100).long().equal(label)  # the label is the domain
    counts = (real[label == 1] - 100).long().flatten().bincount(minlength=50)
    assert (counts.min(), counts.max()) == (1, 2)  # 70 draws of 50 examples
    assert len({tuple(batch["label"].tolist()) for batch in batches}) > 20  # in random order


def test_a_mixed_batch_is_a_pure_function_of_its_number() -> None:
    forth = [mixed_source(uneven(), 4, seed=1).at(n)["real"] for n in range(9)]
    source = mixed_source(uneven(), 4, seed=1)
    for n in (8, 3, 0, 5, 3, 7, 1, 2, 6, 4):
        assert source.at(n)["real"].equal(forth[n])
    assert not mixed_source(uneven(), 4, seed=2).at(0)["real"].equal(forth[0])
    with pytest.raises(DataError, match="from 0"):
        source.at(-1)


def test_classes_are_mixed_as_domains_are() -> None:
    real = torch.arange(10, dtype=torch.uint8)[:, None, None, None]
    label = torch.tensor([0] * 9 + [1])
    skewed = image_dataset("x", {"real": real, "label": label}, {"real": real, "label": label},
                           classes=["common", "rare"])  # fmt: skip
    batch = mixed_source(skewed, 8, seed=0).at(2)
    assert batch["label"].bincount().tolist() == [4, 4]
    assert set(batch["real"][batch["label"] == 1].flatten().tolist()) == {9}
    with pytest.raises(DataError, match="neither domains nor classes"):
        mixed_source(points_dataset("p", torch.zeros(2, 1), torch.zeros(1, 1)), 2, 0)


def test_classes_become_domains_and_domains_classes() -> None:
    digits = open_data("digits")
    ten = open_data("domains:digits")
    assert list(ten.domains) == [f"d{n}" for n in range(10)]
    assert ten.spec.name == "domains:digits"
    for number, domain in enumerate(ten.domains.values()):
        assert domain.train["real"].equal(digits.train["real"][digits.train["label"] == number])
        assert domain.spec.classes == ()
        assert set(domain.train) == {"real"}
    again = domains_as_classes(ten)
    assert (again.spec.classes, again.spec.train) == (tuple(ten.domains), 1437)
    assert again.train["label"].bincount().equal(digits.train["label"].bincount())
    three = again.held_out["real"][again.held_out["label"] == 3]
    assert three.equal(digits.held_out["real"][digits.held_out["label"] == 3])


def test_a_factor_can_be_the_domains() -> None:
    voices = open_data("domains-speaker:spoken-digits")
    assert list(voices.domains)[:2] == ["george", "jackson"]
    assert voices.spec.domains["george"].train == 250
    assert voices.spec.kind == "audio"
    assert voices.spec.rate == 8000
    digit = voices.held_out["george_label"].bincount()
    assert digit.tolist() == [5] * 10  # the other labels stay


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("domains:ring", "ring has no classes"),
        ("domains:emoji:noto+twemoji", "already has the domains noto, twemoji"),
        ("domains-pitch:spoken-digits", "no factor 'pitch'; it has speaker, digit, label"),
        ("labelled:digits", "digits has one domain only"),
    ],
)
def test_what_cannot_be_split_or_pooled_is_refused(data: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        open_data(data)


def test_a_class_that_is_not_held_out_is_no_domain() -> None:
    real = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
    fields = [{"real": real, "label": torch.tensor(x)} for x in ([0, 1, 0, 1], [0, 0, 0, 0])]
    with pytest.raises(DataError, match="yes has 2 training and 0 held-out examples"):
        classes_as_domains(image_dataset("x", *fields, classes=["no", "yes"]))


def test_wrappers_apply_to_each_domain() -> None:
    data = open_data("grey:emoji:noto+twemoji")
    assert data.spec.name == "grey:emoji:noto+twemoji"
    assert data.spec.paired
    assert data.held_out["noto_condition"].shape == (160, 1, 32, 32)
    batch = open_source(data, 4, seed=0).at(0)
    assert set(batch) >= {"noto", "noto_condition", "twemoji", "twemoji_condition"}
    luma = open_data("grey:emoji:noto").held_out["condition"]
    assert data.held_out["noto_condition"].equal(luma)


def test_factors_have_names_and_values() -> None:
    x: Tensor = torch.zeros(4, 2)
    data = with_factors(
        points_dataset("p", x, x),
        {"speaker": ("ann", "bob")},
        {"speaker": torch.tensor([0, 1, 1, 0])},
        {"speaker": torch.tensor([1, 1, 1, 1])},
    )
    train, held_out, names = data.labels_of("speaker")
    assert (train.tolist(), held_out.tolist(), names) == ([0, 1, 1, 0], [1] * 4, ("ann", "bob"))
    assert data.train["factor_speaker"] is train
    with pytest.raises(DataError, match="no factor 'label'; it has speaker"):
        data.labels_of("label")
    with pytest.raises(DataError, match="train factor speaker row 1 has label 1"):
        with_factors(points_dataset("p", x, x), {"speaker": ("ann",)}, data_of(data, "train"), {})


def data_of(data: Dataset, split: str) -> dict[str, Tensor]:
    return {"speaker": getattr(data, split)["factor_speaker"]}
