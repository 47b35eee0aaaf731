"""Captions, attributes and labels beside images of one's own; what does not fit is named."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from gansmith.data import DataError, DataSpec, open_data
from gansmith.data.readers.read import read_path
from gansmith.data.text import UNKNOWN
from gansmith.sampling.prompts import parse_prompt


def images(folder: Path, count: int = 6, first: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(first, first + count):
        Image.new("L", (8, 8), n).save(folder / f"{n}.png")


def tell(folder: Path, *lines: str, table: str = "captions.tsv") -> None:
    (folder / table).write_text("\n".join(lines) + "\n", encoding="utf-8")


def split(root: Path) -> None:
    """Six images to train on and two held out, with a caption each."""
    images(root / "train")
    images(root / "val", 2, 10)
    tell(root / "train", *(f"{n}.png\tA red-hot thing, No. {n}" for n in range(6)))
    tell(root / "val", "10.png\ta RED thing", "11.png\tsomething new")


@pytest.mark.parametrize("packed", [False, True])
def test_captions(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "own"
    split(path)
    if packed:
        with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
            for file in path.rglob("*.*"):
                archive.write(file, Path("outer") / file.relative_to(path))
        path = tmp_path / "own.zip"
    dataset = open_data(path)
    c = dataset.spec.condition
    assert c is not None
    assert (c.kind, c.length, c.vocab) == ("sentence", 5, len(dataset.condition_vocabulary))
    assert dataset.condition_vocabulary[1] == UNKNOWN
    assert set(dataset.condition_vocabulary[2:]) == {"a", "red-hot", "thing", "no", *"012345"}
    told = dataset.condition_sentences(dataset.train["condition"])
    for real, text in zip(dataset.train["real"], told, strict=True):
        assert text == f"a red-hot thing no {int(real[0, 0, 0])}"
    assert dataset.condition_sentences(dataset.held_out["condition"]) == [
        "a <unk> thing",
        "<unk> <unk>",
    ]
    assert parse_prompt(dataset, "a red-hot thing", 1)[0, :4].tolist() == [
        *(dataset.condition_vocabulary.index(word) for word in ("a", "red-hot", "thing")),
        0,
    ]
    assert DataSpec.from_json(json.loads(json.dumps(dataset.spec.to_json()))) == dataset.spec


def test_words_of_other_letters(tmp_path: Path) -> None:
    images(tmp_path / "train", 2)
    images(tmp_path / "val", 1, 10)
    tell(tmp_path / "train", "0.png\tUn CAFFÈ, l\u2019orzo!", "1.png\t\u043a\u043e\u0442")
    tell(tmp_path / "val", "10.png\tun")
    dataset = open_data(tmp_path)
    assert set(dataset.condition_vocabulary[2:]) == {
        "un",
        "caffè",
        "l\u2019orzo",
        "\u043a\u043e\u0442",
    }


def test_several_captions_are_several_examples_in_training_only(tmp_path: Path) -> None:
    split(tmp_path)
    tell(tmp_path / "train", *(f"{n}.png\t{word} {n}" for n in range(6) for word in ("one", "two")))
    tell(tmp_path / "val", *(f"{n}.png\t{word}" for n in (10, 11) for word in ("one", "two")))
    dataset = open_data(tmp_path)
    assert (dataset.spec.train, dataset.spec.held_out) == (12, 2)
    texts = dataset.condition_sentences(dataset.train["condition"])
    values = dataset.train["real"][:, 0, 0, 0].tolist()
    assert sorted(zip(values, texts, strict=True)) == sorted(
        (n, f"{word} {n}") for n in range(6) for word in ("one", "two")
    )
    assert dataset.condition_sentences(dataset.held_out["condition"]) == ["one", "one"]


def test_folders_beside_a_table_are_no_classes_and_names_count_from_it(tmp_path: Path) -> None:
    images(tmp_path / "a", 3)
    images(tmp_path / "b", 3, 10)
    tell(tmp_path, *(f"a/{n}.png\tlow" for n in range(3)), *(f"b/1{n}.png\thigh" for n in range(3)))
    dataset = open_data(tmp_path)
    assert dataset.spec.classes == ()
    for part in (dataset.train, dataset.held_out):
        texts = dataset.condition_sentences(part["condition"])
        assert texts == ["high" if v >= 10 else "low" for v in part["real"][:, 0, 0, 0]]


def test_what_does_not_fit_is_named_and_may_be_left_out(tmp_path: Path) -> None:
    images(tmp_path, 9)
    tell(
        tmp_path,
        *(f"{n}.png\tgood {n}" for n in range(5)),
        "5.png\t ... ",
        "6.png",
        f"7.png\t{'long ' * 65}",
        "gone.png\tnot there",
    )
    with pytest.raises(DataError) as error:
        open_data(tmp_path)
    for line in (
        "5.png: has an empty caption in captions.tsv:6",
        "6.png: has no tab in captions.tsv:7",
        "7.png: has 65 words in captions.tsv:8, more than 64",
        "8.png: has no line in captions.tsv",
        "captions.tsv:9: is about gone.png, which is not among the images",
    ):
        assert line in str(error.value)
    dataset = open_data(tmp_path, skip_bad=True)
    assert set(dataset.skipped) == {"5.png", "6.png", "7.png", "8.png", "captions.tsv:9"}
    assert dataset.spec.train + dataset.spec.held_out == 5


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0b", "\x0c", "\x1c"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_only_newlines_end_a_line(mark: str, end: str, tmp_path: Path) -> None:
    images(tmp_path)
    lines = [f"{n}.png\ta cup{mark}on a table" for n in range(6)]
    (tmp_path / "captions.tsv").write_bytes(end.join(["\ufeff", *lines, "", ""]).encode())
    dataset = open_data(tmp_path)
    assert dataset.condition_sentences(dataset.train["condition"])[0] == "a cup on a table"


def test_a_table_without_a_single_good_line_says_why(tmp_path: Path) -> None:
    images(tmp_path, 12)
    tell(tmp_path, *(f"{n}.png,a red cup" for n in range(12)))
    with pytest.raises(DataError, match=r"12 of 12 lines cannot .*\n  captions.tsv:1: has no tab"):
        open_data(tmp_path)


def test_names_written_on_windows_are_found(tmp_path: Path) -> None:
    images(tmp_path / "a")
    tell(tmp_path, *(f"a\\{n}.png\tword" for n in range(6)))
    assert open_data(tmp_path).spec.condition is not None


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    images(tmp_path)
    rows = [f"{n}.png\t1\t{n}" for n in range(6)]
    tell(tmp_path, "name\tage\tage", *rows, table="attributes.tsv")
    with pytest.raises(ValueError, match="attributes: two names are equal among age, age"):
        open_data(tmp_path)


def test_a_label_that_nothing_is_trained_on_is_named(tmp_path: Path) -> None:
    images(tmp_path)
    tell(tmp_path, "name\tsun\train", *(f"{n}.png\t1\t0" for n in range(6)), table="labels.tsv")
    with pytest.raises(DataError, match="no training file has the label rain: leave it out"):
        open_data(tmp_path)


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    images(tmp_path, 2)
    (tmp_path / "captions.tsv").write_bytes("0.png\tcaffè".encode("latin-1"))
    with pytest.raises(DataError, match="captions.tsv:1 is not UTF-8"):
        open_data(tmp_path)


def test_attributes_are_scaled_by_the_training_part_where_they_leave_one(tmp_path: Path) -> None:
    images(tmp_path / "train", 4)
    images(tmp_path / "val", 1, 10)
    rows = [f"{n}.png\t{20 + 10 * n}\t{n % 2}" for n in range(4)]
    tell(tmp_path / "train", "name\tage\tglasses", *rows, table="attributes.tsv")
    tell(tmp_path / "val", "name\tage\tglasses", "10.png\t35\t1", table="attributes.tsv")
    dataset = open_data(tmp_path)
    c = dataset.spec.condition
    assert c is not None
    assert (c.kind, c.names, c.low, c.high) == (
        "attributes", ("age", "glasses"), (20.0, -1.0), (50.0, 1.0),
    )  # fmt: skip
    wanted = torch.tensor([[-1, 0], [-1 / 3, 1], [1 / 3, 0], [1, 1]])
    assert torch.allclose(dataset.train["condition"], wanted)
    assert torch.allclose(dataset.held_out["condition"], torch.tensor([[0.0, 1.0]]))
    asked = parse_prompt(dataset, "age=50,glasses=-1", 2)
    assert asked.tolist() == [[1, -1], [1, -1]]
    assert parse_prompt(dataset, "Age", 1).tolist() == [[1, 0]]
    with pytest.raises(DataError, match=r"nothing called 'aeg'; did you mean 'age'"):
        parse_prompt(dataset, "aeg=3", 1)
    with pytest.raises(DataError, match="age takes a number; got 'old'"):
        parse_prompt(dataset, "age=old", 1)
    assert DataSpec.from_json(json.loads(json.dumps(dataset.spec.to_json()))) == dataset.spec


def test_labels_are_0_and_1(tmp_path: Path) -> None:
    images(tmp_path, 5)
    rows = [f"{n}.png\t{n % 2}\t1" for n in range(4)]
    tell(tmp_path, "name\thot\tdry", *rows, "4.png\t0.5\t1", table="labels.tsv")
    with pytest.raises(DataError, match="4.png: has labels other than 0 and 1 in labels.tsv:6"):
        open_data(tmp_path)
    dataset = open_data(tmp_path, skip_bad=True)
    assert dataset.spec.condition is not None
    assert (dataset.spec.condition.kind, dataset.spec.condition.names) == (
        "label-set",
        ("hot", "dry"),
    )
    for part in (dataset.train, dataset.held_out):
        odd = (part["real"][:, 0, 0, 0] % 2).float()
        assert torch.equal(part["condition"], torch.stack([odd, torch.ones_like(odd)], 1))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["n\tx", "0.png\tnone", "1.png\t2"], "0.png: has no numbers in attributes.tsv:2"),
        (["n\tx", "0.png\tnan", "1.png\t2"], "attributes.tsv:2 that is not finite"),
        (["n\tx", "0.png\t1\t2", "1.png\t2"], "0.png: has 2 cells .* 1 are expected"),
        (["n\tx", "0.png\t1", "0.png\t3", "1.png\t2"], "0.png: has 2 lines in attributes.tsv"),
        (["n\tx", "0.png\t7", "1.png\t7"], "x has one value everywhere"),
        (["n\tx"], "needs a first line .* and a line for each file"),
    ],
)
def test_numbers_that_cannot_be_used(tmp_path: Path, lines: list[str], why: str) -> None:
    images(tmp_path, 2)
    tell(tmp_path, *lines, table="attributes.tsv")
    with pytest.raises(DataError, match=why):
        open_data(tmp_path)


def test_tables_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    split(tmp_path)
    tell(tmp_path, "n\tx", "0.png\t1", table="labels.tsv")
    with pytest.raises(DataError, match="captions.tsv and labels.tsv: keep one of them"):
        open_data(tmp_path)
    for part, column in (("train", "x"), ("val", "y")):
        (tmp_path / part / "captions.tsv").unlink()
        tell(tmp_path / part, f"n\t{column}", "0.png\t1", table="labels.tsv")
    (tmp_path / "labels.tsv").unlink()
    with pytest.raises(
        DataError, match="train/labels.tsv and val/labels.tsv have different columns"
    ):
        open_data(tmp_path)


def test_two_domains_have_no_captions(tmp_path: Path) -> None:
    images(tmp_path / "trainA", 3)
    images(tmp_path / "trainB", 3)
    tell(tmp_path, "trainA/0.png\tx")
    with pytest.raises(DataError, match="two domains: their images take no conditions"):
        open_data(tmp_path)


def test_large_pictures_keep_their_captions_but_not_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "own"
    split(root)
    dataset = read_path(root, large=1)
    assert dataset.file is not None
    assert dataset.file.read_rows(torch.tensor([4]))[0, 0, 0, 0] == 4
    assert dataset.condition_sentences(dataset.train["condition"])[4].endswith("4")
    tell(root / "train", *(f"{n}.png\tword" for n in (0, 1, 2, 3, 4, 5, 5)))
    with pytest.raises(DataError, match="too large for several captions"):
        read_path(root, large=1)


CAPTIONS = [("0.png", "a red, round cup"), ("1.png", "a cup"), ("2.png", "a dog")]


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("captions.csv", ['0.png,"a red, round cup"', "1.png,a cup", "2.png,a dog"]),
        (
            "captions.csv",
            ["image,caption", '0.png,"a red, round cup"', "1.png,a cup", "2.png,a dog"],
        ),
        (
            "metadata.csv",
            ["id,file_name,text", '7,0.png,"a red, round cup"', "8,1.png,a cup", "9,2.png,a dog"],
        ),
        ("metadata.jsonl", [json.dumps({"file_name": n, "text": t}) for n, t in CAPTIONS]),
        ("metadata.jsonl", [json.dumps({"file_name": n, "caption": [t]}) for n, t in CAPTIONS]),
    ],
)
def test_captions_in_other_forms(table: str, lines: list[str], tmp_path: Path) -> None:
    images(tmp_path, 3)
    tell(tmp_path, *lines, table=table)
    dataset = open_data(tmp_path)
    for part in (dataset.train, dataset.held_out):
        for real, text in zip(
            part["real"], dataset.condition_sentences(part["condition"]), strict=True
        ):
            wanted = CAPTIONS[int(real[0, 0, 0])][1].replace(",", "")
            words = wanted.split()
            assert [
                w if w in dataset.condition_vocabulary else UNKNOWN for w in words
            ] == text.split()
    assert dataset.others == ()


def test_metadata_without_sentences_are_attributes(tmp_path: Path) -> None:
    images(tmp_path, 4)
    rows = [{"file_name": f"{n}.png", "glasses": n % 2 == 0, "smile": n / 4} for n in range(4)]
    tell(tmp_path, *map(json.dumps, rows), table="metadata.jsonl")
    c = open_data(tmp_path).spec.condition
    assert c is not None
    assert (c.kind, c.names) == ("attributes", ("glasses", "smile"))


@pytest.mark.parametrize(
    ("table", "line"), [("metadata.jsonl", '{"name": "0.png"}'), ("metadata.jsonl", "0.png"),
                        ("metadata.csv", "image,text")]
)  # fmt: skip
def test_metadata_of_another_form_is_refused(table: str, line: str, tmp_path: Path) -> None:
    images(tmp_path, 2)
    tell(tmp_path, line, "0.png,words", table=table)
    with pytest.raises(DataError, match=f"{table} is not of the form of Hugging Face's"):
        open_data(tmp_path)


def test_a_line_of_a_csv_without_a_comma_is_named(tmp_path: Path) -> None:
    images(tmp_path, 3)
    tell(tmp_path, "0.png", "1.png,a cup", "2.png,a dog", table="captions.csv")
    with pytest.raises(DataError, match="0.png: has no comma in captions.csv:1"):
        open_data(tmp_path)
