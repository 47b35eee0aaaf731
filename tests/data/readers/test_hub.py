"""Data sets of the hub's form, in folders of this machine: columns found by their types."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.data import DataError, Dataset, open_data

datasets = pytest.importorskip("datasets", reason="the extra gansmith[datasets]")
ROWS = 12


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library keeps what it makes in the test's folder, and asks no network."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()


def picture(shade: int) -> dict[str, Any]:
    page = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), shade, np.uint8)).save(page, "PNG")
    return {"bytes": page.getvalue(), "path": None}


def sound(number: int) -> dict[str, Any]:
    page = io.BytesIO()
    with wave.open(page, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((1000 * np.sin(np.arange(8000) / (number + 2))).astype("<i2").tobytes())
    return {"bytes": page.getvalue(), "path": None}


def made(columns: dict[str, list[Any]], **types: Any) -> Any:
    rows = datasets.Dataset.from_dict(columns)
    for name, kind in types.items():
        rows = rows.cast_column(name, kind)
    return rows


def pictures(*more: str, rows: int = ROWS) -> Any:
    """Columns `image` and those asked for."""
    columns = {
        "image": [picture(20 * k) for k in range(rows)],
        "url": [f"a/{k}" for k in range(rows)],
        "label": [k % 2 for k in range(rows)],
        "caption": [f"shade\tnumber {k % 3}" for k in range(rows)],
        "captions": [[f"shade {k % 3}", "a shade"] for k in range(rows)],
    }
    types = {"image": datasets.Image(), "label": datasets.ClassLabel(names=["a/b", "c"])}
    chosen = {name: columns[name] for name in ("image", *more)}
    return made(chosen, **{name: kind for name, kind in types.items() if name in chosen})


def opened(folder: Path, split: str = "", **options: Any) -> Dataset:
    return open_data(f"hf:{folder}{split}", **options)


def test_images_and_classes_with_their_split(tmp_path: Path) -> None:
    test = pictures("label", "url", rows=4)
    both = datasets.DatasetDict(train=pictures("label", "url"), test=test)
    both.save_to_disk(tmp_path / "shades")
    dataset = opened(tmp_path / "shades")
    spec = dataset.spec
    assert (spec.kind, spec.size, spec.classes) == ("image", 8, ("a-b", "c"))
    assert (spec.train, spec.held_out, spec.name) == (ROWS, 4, "shades")
    shades = dataset.train["real"][:, 0, 0, 0].tolist()
    labels = dataset.train["label"].tolist()
    assert sorted(zip(shades, labels, strict=True)) == [(20 * k, k % 2) for k in range(ROWS)]
    assert spec.source.endswith("(image, label)")
    part = opened(tmp_path / "shades", ":test").spec
    assert (part.train, part.held_out) == (2, 2)  # of each class one is held out


def test_the_first_rows_of_a_split_are_streamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    load = datasets.load_dataset
    monkeypatch.setattr(
        datasets, "load_dataset", lambda *a, **k: asked.append(k["streaming"]) or load(*a, **k)
    )
    (tmp_path / "shades").mkdir()
    pictures("label").to_parquet(tmp_path / "shades" / "train-00000-of-00001.parquet")
    some = opened(tmp_path / "shades", ":train[:6]")
    whole = opened(tmp_path / "shades", ":train")
    assert asked == [True, False]
    assert some.spec.train + some.spec.held_out == 6
    assert whole.spec.train + whole.spec.held_out == ROWS
    assert opened(tmp_path / "shades").spec.fingerprint == whole.spec.fingerprint


def test_captions_condition_the_images(tmp_path: Path) -> None:
    pictures("caption", "url").save_to_disk(tmp_path / "one")
    dataset = opened(tmp_path / "one", val=0.3)
    assert dataset.spec.condition is not None
    assert dataset.spec.condition.kind == "sentence"
    assert {"shade", "number", "0", "1", "2"} <= set(dataset.condition_vocabulary)
    pictures("captions").save_to_disk(tmp_path / "several")
    several = opened(tmp_path / "several", val=0.3)
    assert several.spec.train == 2 * (ROWS - several.spec.held_out)


def test_images_in_files_are_read_from_there(tmp_path: Path) -> None:
    for k in range(ROWS):
        place = tmp_path / "tree" / "train" / "ab"[k % 2] / f"{k}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(picture(20 * k)["bytes"])
    dataset = opened(tmp_path / "tree", val=0.3)
    assert dataset.spec.classes == ("a", "b")
    real = torch.cat([dataset.train["real"], dataset.held_out["real"]])
    assert sorted(real[:, 0, 0, 0].tolist()) == [20 * k for k in range(ROWS)]


def test_sounds_and_their_classes(tmp_path: Path) -> None:
    columns = {"audio": [sound(k) for k in range(ROWS)], "word": [k % 2 for k in range(ROWS)]}
    names = datasets.ClassLabel(names=["no", "yes"])
    made(columns, audio=datasets.Audio(decode=False), word=names).save_to_disk(tmp_path / "words")
    spec = opened(tmp_path / "words").spec
    assert (spec.kind, spec.rate, spec.length, spec.classes) == ("audio", 8000, 8192, ("no", "yes"))


def test_sentences_and_the_classes_that_occur(tmp_path: Path) -> None:
    columns = {
        "text": [f"the {'cat' * (k // 2 + 1)}\nsees it" for k in range(ROWS)],
        "mood": [2 * (k % 2) for k in range(ROWS)],
    }
    names = datasets.ClassLabel(names=["sad", "calm", "glad"])
    made(columns, mood=names).save_to_disk(tmp_path / "lines")
    dataset = opened(tmp_path / "lines", val=0.4)
    assert (dataset.spec.kind, dataset.spec.classes) == ("text", ("sad", "glad"))
    assert "the cat sees it" in dataset.sentences(dataset.train["tokens"])


def test_a_row_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    rows = [picture(20 * k) for k in range(ROWS)]
    rows[3] = {"bytes": b"no picture", "path": None}
    made({"image": rows}, image=datasets.Image()).save_to_disk(tmp_path / "bad")
    with pytest.raises(DataError, match=r"1 of 12 images cannot be used:\n  train/00000003.png"):
        opened(tmp_path / "bad")
    dataset = opened(tmp_path / "bad", skip_bad=True)
    assert list(dataset.skipped) == ["train/00000003.png"]


def test_rows_without_a_class_are_refused_or_left_out(tmp_path: Path) -> None:
    rows = pictures("label").to_dict()
    rows["label"][5] = None
    kind = datasets.ClassLabel(names=["a", "b"])
    made(rows, image=datasets.Image(), label=kind).save_to_disk(tmp_path / "some")
    with pytest.raises(DataError, match="row 5 of train has no label"):
        opened(tmp_path / "some")
    spec = opened(tmp_path / "some", skip_bad=True).spec
    assert spec.train + spec.held_out == ROWS - 1


def test_what_cannot_be_found_or_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder"):
        opened(tmp_path / "nowhere")
    made({"a": [1, 2, 3]}).save_to_disk(tmp_path / "numbers")
    with pytest.raises(DataError, match=r"no column of images.*a \(Value\('int64'\)\)"):
        opened(tmp_path / "numbers")
    made({"a": ["x", "y"], "b": ["x", "y"]}).save_to_disk(tmp_path / "strings")
    with pytest.raises(DataError, match="of a, b none is called caption"):
        opened(tmp_path / "strings")
    pictures().save_to_disk(tmp_path / "shades")
    with pytest.raises(DataError, match="has no split odd; name one of train: hf:NAME:SPLIT"):
        opened(tmp_path / "shades", ":odd")
    (tmp_path / "tables").mkdir()
    pictures().to_parquet(tmp_path / "tables" / "train.parquet")
    with pytest.raises(DataError, match=r'Unknown split "odd".*hf:NAME:SPLIT'):
        opened(tmp_path / "tables", ":odd")
    datasets.DatasetDict(odd=pictures()).save_to_disk(tmp_path / "odd")
    with pytest.raises(DataError, match="has no split train; name one of odd"):
        opened(tmp_path / "odd")


def test_without_a_network_it_says_so() -> None:
    with pytest.raises(DataError, match="Check the name and the network"):
        open_data("hf:nobody/nothing")
