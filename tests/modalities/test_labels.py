"""Labels as something to read: tables, sheets, and pictures of one's own."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.api import train
from gansmith.cli import main
from gansmith.data import DataError, open_data
from gansmith.diagnosis.evidence import gather
from gansmith.modalities.labels import said, table
from gansmith.runs.run import Run

SMALL = dict(width=2, batch=8, steps=1)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return train("multi-label", out=tmp_path_factory.mktemp("labels") / "run", **SMALL)


def picture(path, size=(60, 48), value=200):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((size[1], size[0], 3), value, np.uint8)).save(path)


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_a_table_names_what_is_above_a_half():
    made = torch.tensor([[0.9, 0.2], [0.5, 0.51]])
    assert said(made[0], ["a", "b"]) == ["a"]
    lines = table(["x.png", "y.png"], made, ["a", "b"]).splitlines()
    assert lines == [
        "picture\tlabels\ta\tb",
        "x.png\ta\t0.900\t0.200",
        "y.png\tb\t0.500\t0.510",
    ]


def test_every_look_shows_pictures_with_their_labels(run):
    sheets = sorted((run.folder / "samples").glob("*.png"))
    assert sheets
    with Image.open(sheets[0]) as sheet:
        assert min(sheet.size) > 300


def test_a_folder_of_pictures_becomes_a_table(run, tmp_path, capsys):
    picture(tmp_path / "in" / "a.png")
    picture(tmp_path / "in" / "deep" / "b.png", (48, 90), 10)
    main(["translate", str(run.folder), str(tmp_path / "in"), "-o", str(tmp_path / "out")])
    rows = rows_of(tmp_path / "out" / "labels.tsv")
    assert [row["picture"] for row in rows] == ["a.png", "deep/b.png"]
    names = open_data("collages").spec.classes
    for row in rows:
        values = {name: float(row[name]) for name in names}
        assert row["labels"] == ",".join(name for name, value in values.items() if value > 0.5)
        assert all(0 <= value <= 1 for value in values.values())
    assert "wrote the labels of 2 pictures" in capsys.readouterr().out


def test_one_picture_and_a_name_for_the_table(run, tmp_path):
    picture(tmp_path / "a.png")
    main(["translate", str(run.folder), str(tmp_path / "a.png"), "-o", str(tmp_path / "t.tsv")])
    assert len(rows_of(tmp_path / "t.tsv")) == 1


def test_what_cannot_be_labelled_is_named_and_nothing_is_written(run, tmp_path, capsys):
    picture(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    words = ["translate", str(run.folder), str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    for more, message in (
        ([], "bad.png cannot be read"),
        (["--mask", str(tmp_path / "in" / "a.png")], "fills no holes"),
    ):
        with pytest.raises(SystemExit):
            main([*words, *more])
        assert message in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words[:3], "-o", str(tmp_path / "x.png")])
    assert "name it .tsv" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    main([*words, "--skip-bad"])
    assert len(rows_of(tmp_path / "out" / "labels.tsv")) == 1


def test_samples_are_the_labels_of_held_out_pictures(run, tmp_path):
    main(["sample", str(run.folder), "-n", "5", "--out", str(tmp_path / "made")])
    rows = rows_of(tmp_path / "made" / "labels.tsv")
    assert [row["picture"] for row in rows] == [f"held-out {k}" for k in range(5)]
    assert (tmp_path / "made-sheet.png").exists()
    assert run.sample(5).equal(run.sample(5, seed=1))


def test_a_run_is_measured_by_f1(run):
    found = run.evaluate(n=300)
    assert set(found) == {"f1", "f1_macro", "exact", "unseen"}
    assert found["unseen"].real == 0
    assert 0 <= found["f1"].value <= 1
    assert found["f1"].protocol.counts == {"labelled": 300}


def test_labels_are_not_diagnosed():
    with pytest.raises(DataError, match="labels are not diagnosed"):
        gather(torch.zeros(60, 10), open_data("collages"))


def test_tuned_thresholds_can_be_left_alone(tmp_path):
    run = train("bce", tune=0.0, out=tmp_path / "run", **SMALL)
    assert not run.game.T.threshold.any()
    assert train("bce", out=tmp_path / "tuned", **SMALL).game.T.threshold.any()


def test_ones_own_pictures_with_labels_are_learnt(tmp_path):
    lines = ["name\tbright\tdark"]
    for n in range(24):
        value = (n * 10) % 256
        picture(tmp_path / "mine" / f"{n}.png", (16, 16), value)
        lines.append(f"{n}.png\t{int(value > 127)}\t{int(value < 64)}")
    (tmp_path / "mine" / "labels.tsv").write_text("\n".join(lines) + "\n")
    data = f"labels:{tmp_path / 'mine'}"
    run = train("multi-label", data=data, channels=1, out=tmp_path / "run", **SMALL)
    assert run.dataset.spec.classes == ("bright", "dark")
    assert run.dataset.train["given"].shape[1:] == (1, 16, 16)
    truth = run.dataset.train["given"].float().mean((1, 2, 3)) > 127
    assert run.dataset.train["real"][:, 0].bool().equal(truth)
    main(["translate", str(run.folder), str(tmp_path / "mine"), "-o", str(tmp_path / "t.tsv")])
    assert set(rows_of(tmp_path / "t.tsv")[0]) == {"picture", "labels", "bright", "dark"}
