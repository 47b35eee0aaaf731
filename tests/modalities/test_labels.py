"""Label sets: tables, sheets and numbers."""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from gansmith.data import DataError, Dataset, open_data
from gansmith.metrics import labels as label_metrics
from gansmith.modalities import MODALITIES
from gansmith.modalities.labels import class_table, names_of, table

LABELS = MODALITIES["labels"]


@cache
def collages() -> Dataset:
    return open_data("collages")


def true(n: int) -> Tensor:
    return collages().held_out["real"][:n]


def test_a_table_names_what_is_above_a_half() -> None:
    made = torch.tensor([[0.9, 0.2], [0.5, 0.51]])
    assert names_of(made[0], ["a", "b"]) == ["a"]
    lines = table(["x.png", "y.png"], made, ["a", "b"]).splitlines()
    assert lines == [
        "image\tlabels\ta\tb",
        "x.png\ta\t0.900\t0.200",
        "y.png\tb\t0.500\t0.510",
    ]


def test_a_table_of_classes_names_the_likeliest() -> None:
    made = torch.tensor([[0.4, 0.3, 0.3], [0.1, 0.1, 0.8]])
    lines = class_table(["x.png", "y.png"], made, ["a", "b", "c"]).splitlines()
    assert lines == [
        "image\tclass\ta\tb\tc",
        "x.png\ta\t0.400\t0.300\t0.300",
        "y.png\tc\t0.100\t0.100\t0.800",
    ]


def test_a_sheet_shows_images_with_their_labels() -> None:
    given = collages().held_out["condition"]
    right, wrong = (LABELS.sheet(x, collages(), given) for x in (true(20), true(20).roll(1, 0)))
    assert right != wrong
    with Image.open(io.BytesIO(right.content)) as page:
        assert min(page.size) > 300


def test_labels_are_saved_as_a_table_of_held_out_images(tmp_path: Path) -> None:
    LABELS.save([true(5)], tmp_path / "out", collages())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["labels.tsv"]
    with (tmp_path / "out" / "labels.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["image"] for row in rows] == [f"held-out {n}" for n in range(5)]
    names = collages().spec.classes
    assert [row["labels"] for row in rows] == [",".join(names_of(x, names)) for x in true(5)]


def test_a_comparison_is_a_table_of_names() -> None:
    sheet = LABELS.compare({"real": true(20), "mine": true(20).roll(1, 0)}, collages())
    lines = [line.split("\t") for line in sheet.content.decode().splitlines()]
    assert sheet.suffix == ".txt"
    assert lines[0] == ["held-out", "real", "mine"]
    assert len(lines) == 13
    assert lines[3][2] == lines[2][1]


def test_the_score_is_one_minus_f1_on_training_examples() -> None:
    labels = collages().train["real"][:50]
    assert LABELS.score(labels, collages()) == 0
    assert LABELS.score(1 - labels, collages()) == 1


def test_only_the_wanted_numbers_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed")

    monkeypatch.setattr(label_metrics, "novel_share", refuse)
    monkeypatch.setattr(label_metrics, "f1_per_label", refuse)
    assert LABELS.measure(true(30), collages(), only=["exact"])["exact"].value == 1
    with pytest.raises(AssertionError, match="computed"):
        LABELS.measure(true(30), collages(), only=["novel"])


def test_the_numbers_that_are_named_are_those_that_are_measured() -> None:
    assert set(LABELS.measure(true(30), collages())) == set(LABELS.available(collages()))


def test_labels_are_not_diagnosed() -> None:
    with pytest.raises(DataError, match="labels cannot be diagnosed"):
        LABELS.evidence(torch.zeros(60, 10), collages(), 0)
    assert LABELS.code("C", torch.zeros(16, 10)) == []
