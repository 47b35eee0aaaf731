"""Tables of the labels and the classes of images, by runs that give some."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.api import train
from gansmith.cli import main
from gansmith.data import open_data
from gansmith.inference.images import write_classes, write_labels
from gansmith.runs.run import Run

SMALL = dict(width=2, batch=8, steps=1)


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train("multi-label", out=tmp_path_factory.mktemp("labels") / "run", **SMALL)


@pytest.fixture(scope="module", params=[None, 40])
def classifier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("classes") / "run"
    few = {} if request.param is None else {"labelled": request.param}
    return train("classifier", data="digits", out=out, **SMALL, **few)


def image(path: Path, size: tuple[int, int] = (60, 48), value: int = 200) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((size[1], size[0], 3), value, np.uint8)).save(path)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


# Labels.


def test_a_folder_of_images_becomes_a_table(
    tagger: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image(tmp_path / "in" / "a.png")
    image(tmp_path / "in" / "deep" / "b.png", (48, 90), 10)
    main(["translate", str(tagger.folder), str(tmp_path / "in"), "-o", str(tmp_path / "out")])
    rows = rows_of(tmp_path / "out" / "labels.tsv")
    assert [row["image"] for row in rows] == ["a.png", "deep/b.png"]
    names = open_data("collages").spec.classes
    for row in rows:
        values = {name: float(row[name]) for name in names}
        assert row["labels"] == ",".join(name for name, value in values.items() if value > 0.5)
        assert all(0 <= value <= 1 for value in values.values())
    table = tmp_path / "out" / "labels.tsv"
    assert capsys.readouterr().out == f"wrote 2 rows to {table}\n"


def test_one_image_and_a_name_for_the_table(tagger: Run, tmp_path: Path) -> None:
    image(tmp_path / "a.png")
    done = write_labels(tagger, tmp_path / "a.png", tmp_path / "t.tsv")
    assert (done.count, done.where) == (1, tmp_path / "t.tsv")
    assert len(rows_of(tmp_path / "t.tsv")) == 1


def test_what_cannot_be_labelled_is_named_and_nothing_is_written(
    tagger: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "bad.png").write_bytes(b"no image")
    words = ["translate", str(tagger.folder), str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    for more, message in (
        ([], "bad.png cannot be read"),
        (["--mask", str(tmp_path / "in" / "a.png")], "takes no --mask: leave it out"),
    ):
        with pytest.raises(SystemExit):
            main([*words, *more])
        assert message in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words[:3], "-o", str(tmp_path / "x.png")])
    assert "labels are written as a table: name it .tsv, not x.png" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    main([*words, "--skip-bad"])
    assert len(rows_of(tmp_path / "out" / "labels.tsv")) == 1


def test_sheets_show_images_with_their_labels(tagger: Run) -> None:
    sheets = sorted((tagger.folder / "samples").glob("*.png"))
    assert sheets
    with Image.open(sheets[0]) as sheet:
        assert min(sheet.size) > 300


def test_a_run_on_labels_is_measured_by_f1(tagger: Run) -> None:
    found = tagger.evaluate(n=300)
    assert set(found) == {"f1", "f1_macro", "exact", "novel"}
    assert found["novel"].real == 0
    assert 0 <= found["f1"].value <= 1
    assert 300 in found["f1"].protocol.counts.values()


def test_a_run_learns_from_images_with_a_table_of_labels(tmp_path: Path) -> None:
    lines = ["name\tbright\tdark"]
    for n in range(24):
        value = (n * 10) % 256
        image(tmp_path / "mine" / f"{n}.png", (16, 16), value)
        lines.append(f"{n}.png\t{int(value > 127)}\t{int(value < 64)}")
    (tmp_path / "mine" / "labels.tsv").write_text("\n".join(lines) + "\n")
    data = f"to-labels:{tmp_path / 'mine'}"
    run = train("multi-label", data=data, channels=1, out=tmp_path / "run", **SMALL)
    assert run.dataset.spec.classes == ("bright", "dark")
    assert run.dataset.train["condition"].shape[1:] == (1, 16, 16)
    truth = run.dataset.train["condition"].float().mean((1, 2, 3)) > 127
    assert run.dataset.train["real"][:, 0].bool().equal(truth)
    main(["translate", str(run.folder), str(tmp_path / "mine"), "-o", str(tmp_path / "t.tsv")])
    assert set(rows_of(tmp_path / "t.tsv")[0]) == {"image", "labels", "bright", "dark"}


# Classes.


def test_classes_of_examples_are_probabilities(classifier: Run) -> None:
    real = classifier.dataset.held_out["real"][:5]
    p = classifier.classify(real)
    assert p.shape == (5, 10)
    torch.testing.assert_close(p.sum(1), torch.ones(5))
    torch.testing.assert_close(classifier.classify(real.float() / 127.5 - 1), p)
    assert classifier.spec.labelled in (0, 40)
    found = classifier.evaluate()
    held_out = classifier.dataset.held_out
    right = classifier.classify(held_out["real"]).argmax(1) == held_out["label"]
    assert found["classifier_accuracy"].value == pytest.approx(float(right.double().mean()))


@pytest.mark.parametrize("command", ["classify", "translate"])
def test_a_folder_of_images_becomes_a_table_of_classes(
    classifier: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    for n, value in enumerate((10, 240)):
        image(tmp_path / "in" / f"{n}.png", (8, 8), value)
    main([command, str(classifier.folder), str(tmp_path / "in"), "-o", str(tmp_path / "out")])
    table = tmp_path / "out" / "classes.tsv"
    assert capsys.readouterr().out == f"wrote 2 rows to {table}\n"
    rows = rows_of(table)
    assert [row["image"] for row in rows] == ["0.png", "1.png"]
    real = torch.tensor([10, 240], dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 8, 8)
    p = classifier.classify(real)
    for row, chances in zip(rows, p, strict=True):
        written = [float(row[name]) for name in classifier.spec.classes]
        assert written == pytest.approx(chances.tolist(), abs=5e-4)


def test_the_table_names_the_likeliest_class(classifier: Run, tmp_path: Path) -> None:
    image(tmp_path / "a.png", (8, 8), 240)
    write_classes(classifier, tmp_path / "a.png", tmp_path / "t.tsv")
    (row,) = rows_of(tmp_path / "t.tsv")
    chances = {name: float(row[name]) for name in classifier.spec.classes}
    assert row["class"] == max(chances, key=lambda name: chances[name])


def test_runs_without_a_classifier_say_so(tagger: Run, tmp_path: Path) -> None:
    image(tmp_path / "a.png")
    with pytest.raises(TypeError, match="multi-label has no classifier; the preset"):
        write_classes(tagger, tmp_path / "a.png", tmp_path / "t.tsv")
