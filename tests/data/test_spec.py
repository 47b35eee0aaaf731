"""The description of a data set, the checks on its tensors, and bringing images to a size."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.data.build import (
    fingerprint,
    image_dataset,
    points_dataset,
    text_dataset,
)
from gansmith.data.domains import domains_dataset
from gansmith.data.spec import DataError, DataSpec
from gansmith.data.transforms.resize import convert_channels, resize, resized


def images(count: int, channels: int = 1, size: int = 8, start: int = 0) -> torch.Tensor:
    values = torch.arange(start, start + count * channels * size * size)
    return (values * 37 % 256).to(torch.uint8).view(count, channels, size, size)


def labelled(count: int) -> dict[str, torch.Tensor]:
    return {"real": images(count), "label": torch.arange(count) % 2}


def small(channels: int = 1, size: int = 8):
    return image_dataset(
        "small",
        {"real": images(6, channels, size)},
        {"real": images(2, channels, size, 5)},
        licence="MIT",
    )


def test_a_spec_survives_json():
    pair = domains_dataset("pair", {"a": small(), "b": small()}, paired=True)
    again = DataSpec.from_json(json.loads(json.dumps(pair.spec.to_json())))
    assert again == pair.spec
    assert again.domains["b"].train == 6


def test_a_spec_refuses_unknown_keys_and_kinds():
    with pytest.raises(DataError, match="colour"):
        DataSpec.from_json({"kind": "image", "name": "x", "colour": 3})
    with pytest.raises(DataError, match="smell"):
        DataSpec(kind="smell", name="x")


def test_image_spec_counts():
    spec = image_dataset("x", labelled(6), labelled(2), classes=["no", "yes"]).spec
    assert (spec.size, spec.channels, spec.train, spec.held_out) == (8, 1, 6, 2)
    assert spec.classes == ("no", "yes")


def test_the_fingerprint_covers_every_value_shape_dtype_and_split():
    train, held_out = {"real": images(6)}, {"real": images(2)}
    first = fingerprint(train, held_out)
    assert len(first) == 16
    changed = train["real"].clone()
    changed[5, 0, 7, 7] += 1
    others = {
        fingerprint({"real": changed}, held_out),
        fingerprint(held_out, train),
        fingerprint({"real": train["real"].view(6, 1, 4, 16)}, held_out),
        fingerprint({"real": train["real"].view(torch.int8)}, held_out),
        fingerprint({"other": train["real"]}, held_out),
    }
    assert first not in others
    assert len(others) == 5
    assert fingerprint({"real": train["real"].flip(0).flip(0)}, held_out) == first


def test_a_large_field_is_sampled_with_its_ends(monkeypatch):
    monkeypatch.setattr("gansmith.data.build.WHOLE", 100)
    monkeypatch.setattr("gansmith.data.build.SAMPLED_ROWS", 3)
    values = torch.arange(2000).view(1000, 2)
    prints = [fingerprint({"real": values}, {})]
    for row in (0, 999, 3):
        changed = values.clone()
        changed[row] = -1
        prints.append(fingerprint({"real": changed}, {}))
    assert prints[0] == prints[3]
    assert len(set(prints)) == 3


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_points_that_are_not_finite_are_refused_by_row(bad):
    points = torch.zeros(5, 2)
    points[3, 1] = bad
    with pytest.raises(DataError, match="row 3 of held_out"):
        points_dataset("x", torch.zeros(4, 2), points)


def test_points_become_float32():
    points = points_dataset("x", torch.zeros(4, 3, dtype=torch.float64), torch.zeros(1, 3))
    assert points.train["real"].dtype == torch.float32
    assert (points.spec.dim, points.spec.train, points.spec.held_out) == (3, 4, 1)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({"real": images(4).float()}, "uint8"),
        ({"real": images(4).view(4, 1, 4, 16)}, "square"),
        ({"real": images(4, 2)}, "1 or 3 channels"),
        ({"real": images(0)}, "not one training"),
        ({"real": images(4), "label": torch.zeros(3, dtype=torch.int64)}, "one length"),
        ({"real": images(4), "label": torch.tensor([0, 1, 2, 0])}, "row 2 has label 2"),
        ({"real": images(4), "label": torch.zeros(4)}, "int64"),
    ],
)
def test_bad_pictures_are_refused(train, message):
    held_out = {name: value[:1] for name, value in train.items()}
    with pytest.raises(DataError, match=message):
        image_dataset("x", train, held_out, classes=["no", "yes"])


def test_the_held_part_must_look_like_the_training_part():
    with pytest.raises(DataError, match="differ"):
        image_dataset("x", {"real": images(2)}, {"real": images(2, size=4)})
    with pytest.raises(DataError, match="held_out has"):
        image_dataset("x", labelled(2), {"real": images(2)}, classes=["no", "yes"])


def text(rows, lengths, dtype=torch.int16):
    return {"tokens": torch.tensor(rows, dtype=dtype), "lengths": torch.tensor(lengths)}


def test_text_and_its_sentences():
    good = text([[1, 2, 0], [2, 0, 0]], [2, 1])
    dataset = text_dataset("x", good, good, ["<end>", "a", "cat"])
    assert (dataset.spec.vocab, dataset.spec.length) == (3, 3)
    assert dataset.sentences(torch.tensor([[1, 2, 0], [2, 0, 1]])) == ["a cat", "cat"]
    with pytest.raises(DataError, match="no words"):
        small().sentences(torch.zeros(1, 2))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (text([[1, 3, 0]], [2]), r"0\.\.2"),
        (text([[1, 0, 2]], [3]), "non-zero up to"),
        (text([[1, 2, 0]], [1]), "non-zero up to"),
        (text([[1, 2, 0]], [2], torch.int64), "int16"),
        (text([[1, 2, 0]], [2.0]), "int64"),
    ],
)
def test_bad_text_is_refused(bad, message):
    with pytest.raises(DataError, match=message):
        text_dataset("x", bad, bad, ["<end>", "a", "cat"])


@pytest.mark.parametrize("size", [3, 5, 12])
def test_resize_is_pillows_lanczos(size):
    rows = images(3, 3, 8)
    out = resize(rows, size)
    want = [Image.fromarray(x.permute(1, 2, 0).numpy()).resize((size, size), 1) for x in rows]
    assert torch.equal(out, torch.from_numpy(np.stack(want)).permute(0, 3, 1, 2))
    with pytest.raises(DataError, match="1 pixel"):
        resize(rows, 0)


def test_recolour():
    grey = images(2, 1)
    assert torch.equal(convert_channels(convert_channels(grey, 3), 1), grey)
    primaries = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255]], dtype=torch.uint8)
    assert convert_channels(primaries.view(3, 3, 1, 1), 1).flatten().tolist() == [76, 150, 29]
    with pytest.raises(DataError, match="to become 2"):
        convert_channels(grey, 2)


def test_conformed_says_what_it_did_and_leaves_the_rest():
    dataset = small()
    assert resized(dataset, 8, 1) is dataset
    assert resized(dataset) is dataset
    other = resized(dataset, 12, 3)
    assert (other.spec.size, other.spec.channels, other.spec.licence) == (12, 3, "MIT")
    assert other.spec.filter == "8 to 12 pixels, lanczos"
    assert resized(dataset, None, 3).spec.filter == ""
    both = domains_dataset("x", {"a": dataset, "b": dataset})
    assert resized(both, 4).train["b"].shape == (6, 1, 4, 4)
    with pytest.raises(DataError, match="points"):
        resized(points_dataset("p", torch.zeros(2, 2), torch.zeros(1, 2)), 8)
