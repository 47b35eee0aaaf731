"""Collages: the rules, the images, and label sets in general."""

import pytest
import torch

from gansmith.data import DataError, open_data
from gansmith.data.build import image_dataset, labels_dataset, with_condition
from gansmith.data.builtin.collages import CELL, GARMENTS, keeps_rules, label_sets
from gansmith.data.condition import Condition
from gansmith.data.spec import DataSpec
from gansmith.data.transforms.resize import resized
from gansmith.data.transforms.swap_labels import swap_labels


def names_of(row):
    return {name for name, value in zip(GARMENTS, row.tolist(), strict=True) if value}


def test_forty_sets_are_outfits():
    sets = [names_of(row) for row in label_sets()]
    assert len(sets) == len(set(map(frozenset, sets))) == 40
    for worn in sets:
        assert len(worn & {"Sandal", "Sneaker", "Ankle boot"}) == 1
        assert ("Dress" in worn) != ("Trouser" in worn)
        assert len(worn & {"T-shirt/top", "Pullover", "Shirt"}) == ("Trouser" in worn)
        assert not {"Coat", "Sandal"} <= worn


@pytest.mark.parametrize(
    ("worn", "kept"),
    [
        ({"Dress", "Sneaker"}, True),
        ({"Dress", "Sneaker", "Coat", "Bag"}, True),
        ({"Dress", "Sandal", "Coat"}, False),
        ({"Trouser", "Sneaker"}, False),
        ({"Trouser", "Shirt", "Sneaker", "Sandal"}, False),
        (set(), False),
    ],
)
def test_what_keeps_the_rules(worn, kept):
    row = torch.tensor([[float(name in worn) for name in GARMENTS]])
    assert keeps_rules(row).tolist() == [kept]


def test_collages_are_outfits_of_garments_in_cells():
    data = open_data("collages")
    assert (data.spec.kind, data.spec.train, data.spec.held_out) == ("labels", 6000, 2000)
    for part in (data.train, data.held_out):
        assert bool(keeps_rules(part["real"]).all())
        assert (part["condition"].dtype, part["condition"].shape[1:]) == (torch.uint8, (1, 48, 48))
    seen = {row.tobytes() for row in data.train["real"].bool().numpy()}
    assert len(seen) == 40  # so a set that training never shows breaks a rule, and conversely
    # there is more light in as many of the nine cells as garments are worn
    cells = data.held_out["condition"].float().unfold(2, CELL, CELL).unfold(3, CELL, CELL)
    bright = (cells.mean((-1, -2)).flatten(1) > 45).sum(1)
    assert float((bright == data.held_out["real"].sum(1)).float().mean()) > 0.6
    assert open_data("collages").spec.fingerprint == data.spec.fingerprint


def toy(**changes):
    fields = {"real": torch.eye(4), "condition": torch.zeros(4, 1, 8, 8, dtype=torch.uint8)}
    asked = Condition("image", channels=1, height=8, width=8)
    options = {"names": list("abcd"), "condition": asked} | changes.pop("options", {})
    return labels_dataset("toy", fields | changes, dict(fields), **options)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"real": torch.eye(4) / 2}, "train row 0 has labels that are not 0 or 1"),
        ({"real": torch.eye(4)[:, :3]}, r"train label sets are float32 \(N, 4\)"),
        ({"real": torch.eye(4).long()}, "float32"),
        ({"condition": torch.zeros(4, 1, 8, 8)}, r"train conditions \(image\) are uint8"),
        ({"condition": torch.zeros(3, 1, 8, 8, dtype=torch.uint8)}, "one length"),
        ({"options": {"names": list("abca")}}, "labels have a name each"),
        ({"options": {"condition": Condition("sentence")}}, "are int16 or int32"),
    ],
)
def test_what_is_no_label_set_is_refused(changes, said):
    with pytest.raises(DataError, match=said):
        toy(**changes)


def test_a_spec_of_labels_comes_back_from_json():
    spec = toy().spec
    assert DataSpec.from_json(spec.to_json()) == spec
    assert (spec.classes, spec.conditioned_on.kind) == (("a", "b", "c", "d"), "image")


def test_the_pictures_can_be_brought_to_another_size_and_to_colour():
    data = resized(toy(), 16, 3)
    assert data.train["condition"].shape == (4, 3, 16, 16)
    assert (data.spec.condition.height, data.spec.condition.channels) == (16, 3)
    assert data.train["real"].equal(torch.eye(4))
    assert resized(data, 16) is data


def test_pictures_with_labels_are_turned_around():
    real = torch.arange(8 * 64).view(8, 1, 8, 8).remainder(256).to(torch.uint8)
    images = image_dataset("toy", {"real": real[:6]}, {"real": real[6:]})
    labels = (torch.arange(16).view(8, 2) % 3 == 0).float()
    told = with_condition(images, Condition("label-set", ("x", "y")), labels[:6], labels[6:])
    found = swap_labels(told)
    assert (found.spec.name, found.spec.kind, found.spec.classes) == (
        "to-labels:toy",
        "labels",
        ("x", "y"),
    )
    assert found.held_out["real"].equal(labels[6:])
    assert found.train["condition"].equal(real[:6])
    with pytest.raises(DataError, match="has no label sets"):
        open_data("to-labels:digits")
