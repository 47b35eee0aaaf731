"""Folders and zips of images: layouts, splits, labels, and files that are refused by name."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.audio import write_audio
from gansmith.data import Dataset
from gansmith.data.readers.read import read_path
from gansmith.data.readers.split import hold_out
from gansmith.data.spec import DataError


def put(path: Path, value: int = 50, mode: str = "L", size: tuple[int, int] = (8, 8)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value, 0, 0)).save(path)
    return path


def values(part: dict[str, torch.Tensor], field: str = "real") -> list[int]:
    return sorted(part[field][:, 0, 0, 0].tolist())


def whole(dataset: Dataset) -> list[int]:
    return sorted(values(dataset.train) + values(dataset.held_out))


def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    return path


def test_a_flat_folder(tmp_path: Path) -> None:
    for n in range(20):
        put(tmp_path / f"{n}.png", n)
    dataset = read_path(tmp_path)
    spec = dataset.spec
    assert (spec.kind, spec.size, spec.channels, spec.classes) == ("image", 8, 1, ())
    assert whole(dataset) == list(range(20))
    assert spec.train + spec.held_out == 20
    assert spec.filter == "centre crop, lanczos"
    assert set(dataset.train) == {"real"}
    assert dataset.train["real"].dtype == torch.uint8


def test_channels_are_grey_only_if_all_are(tmp_path: Path) -> None:
    put(tmp_path / "a.png")
    put(tmp_path / "b.png")
    assert read_path(tmp_path).spec.channels == 1
    put(tmp_path / "c.png", mode="RGB")
    assert read_path(tmp_path).spec.channels == 3
    assert read_path(tmp_path, channels=1).spec.channels == 1
    with pytest.raises(ValueError, match=r"channels is 1 .* or 3"):
        read_path(tmp_path, channels=2)


@pytest.mark.parametrize(
    ("sides", "size"), [((24, 24), 24), ((24, 40), 16), ((300, 300), 64), ((9, 500), 8)]
)
def test_the_default_size(tmp_path: Path, sides: tuple[int, int], size: int) -> None:
    for n, side in enumerate(sides):
        put(tmp_path / f"{n}.png", size=(side, side + 3))
    assert read_path(tmp_path).spec.size == size
    assert read_path(tmp_path, size=10).train["real"].shape[1:] == (1, 10, 10)


def test_tiny_pictures_of_different_sizes_need_a_size(tmp_path: Path) -> None:
    put(tmp_path / "a.png", size=(5, 5))
    put(tmp_path / "b.png", size=(20, 20))
    with pytest.raises(DataError, match=r"the smallest has 5 pixels.*--size"):
        read_path(tmp_path)
    with pytest.raises(ValueError, match="size is at least 1"):
        read_path(tmp_path, size=0)


def test_class_folders_in_folder_and_zip(tmp_path: Path) -> None:
    root = tmp_path / "own"
    for n in range(10):
        put(root / "dog" / f"{n}.png", 100 + n)
        put(root / "cat" / "deep" / f"{n}.PNG", n)
    for path in (root, zipped(root)):
        dataset = read_path(path)
        assert dataset.spec.classes == ("cat", "dog")
        assert dataset.spec.name == "own"
        for part in (dataset.train, dataset.held_out):
            assert part["label"].tolist() == (part["real"][:, 0, 0, 0] >= 100).long().tolist()
        assert whole(dataset) == [*range(10), *range(100, 110)]


def test_one_folder_around_everything_is_looked_through(tmp_path: Path) -> None:
    for n in range(3):
        put(tmp_path / "outer" / "a" / f"{n}.png", n)
        put(tmp_path / "outer" / "b" / f"{n}.png", n)
    assert read_path(tmp_path).spec.classes == ("a", "b")
    assert read_path(tmp_path / "outer" / "a").spec.classes == ()
    assert read_path(zipped(tmp_path / "outer")).spec.classes == ("a", "b")


def test_loose_pictures_beside_class_folders_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "cat" / "1.png")
    put(tmp_path / "stray.png")
    with pytest.raises(DataError, match=r"class folders \(cat\) and loose images .*stray.png"):
        read_path(tmp_path)


@pytest.mark.parametrize("held_out", ["val", "valid", "test"])
@pytest.mark.parametrize("kind", ["", "cat/", "x/"])
def test_a_given_split(tmp_path: Path, held_out: str, kind: str) -> None:
    for n in range(4):
        put(tmp_path / "train" / kind / f"{n}.png", n)
        put(tmp_path / "train" / kind.replace("cat", "dog") / f"{n}d.png", n)
    put(tmp_path / held_out / kind / "9.png", 9)
    dataset = read_path(tmp_path)
    assert values(dataset.train) == sorted([*range(4)] * 2)
    assert values(dataset.held_out) == [9]
    if kind == "cat/":
        assert dataset.spec.classes == ("cat", "dog")
        assert dataset.held_out["label"].tolist() == [0]
    else:
        assert dataset.spec.classes == ()
    with pytest.raises(DataError, match="comes with its own split"):
        read_path(tmp_path, val=0.5)


def test_val_comes_before_test_and_train_alone_is_split(tmp_path: Path) -> None:
    for n in range(4):
        put(tmp_path / "train" / f"{n}.png", n)
    assert read_path(tmp_path).spec.train == 3
    put(tmp_path / "test" / "1.png", 7)
    put(tmp_path / "val" / "1.png", 8)
    assert values(read_path(tmp_path).held_out) == [8]


def test_splits_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "train" / "cat" / "1.png")
    put(tmp_path / "train" / "dog" / "1.png")
    put(tmp_path / "val" / "cow" / "1.png")
    with pytest.raises(DataError, match="classes cow are held out but have no training images"):
        read_path(tmp_path)
    put(tmp_path / "more" / "1.png")
    with pytest.raises(DataError, match=r"has more/1.png beside train"):
        read_path(tmp_path)


def test_two_domains(tmp_path: Path) -> None:
    for n in range(5):
        put(tmp_path / "trainA" / "sub" / f"{n}.png", n)
        put(tmp_path / "trainB" / f"{n}.png", 100 + n, "RGB")
    put(tmp_path / "testA" / "1.png", 50)
    dataset = read_path(tmp_path)
    assert (dataset.spec.kind, list(dataset.domains)) == ("image", ["a", "b"])
    assert dataset.spec.channels == 3
    assert values(dataset.train, "a") == [0, 1, 2, 3, 4]
    assert values(dataset.held_out, "a") == [50]
    both = values(dataset.train, "b") + values(dataset.held_out, "b")
    assert sorted(both) == [100, 101, 102, 103, 104]
    assert "a_label" not in dataset.train


def test_a_domain_without_the_other_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "trainA" / "1.png")
    with pytest.raises(DataError, match="no images in trainB"):
        read_path(tmp_path)


def test_the_split_follows_from_names_alone() -> None:
    names = [f"{n}.png" for n in range(2000)]
    few, many = hold_out(names[:500], 0.2, ""), hold_out(names, 0.2, "")
    assert (few == many[:500]).all()
    assert 0.17 < many.mean() < 0.23
    assert 0.08 < hold_out(names, None, "").mean() < 0.12
    assert hold_out(["a", "b"], 1e-9, "").sum() == 1 == hold_out(["a", "b"], 0.999, "").sum()
    with pytest.raises(ValueError, match="between 0 and 1; got 1"):
        hold_out(names, 1, "")


def test_one_picture_is_too_few(tmp_path: Path) -> None:
    put(tmp_path / "1.png")
    with pytest.raises(DataError, match="has 1 different examples; at least two are needed"):
        read_path(tmp_path)


def test_a_folder_without_pictures_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "readme.md").write_text("hello")
    with pytest.raises(DataError, match=r"holds no images; looked for .png .jpg .jpeg"):
        read_path(tmp_path)


def test_junk_is_ignored(tmp_path: Path) -> None:
    for n in range(3):
        put(tmp_path / f"{n}.png", n)
    for junk in (".DS_Store", "Thumbs.db", "._1.png", "__MACOSX/1.png", ".cache/a.png", "a.txt"):
        (tmp_path / junk).parent.mkdir(exist_ok=True)
        (tmp_path / junk).write_bytes(b"junk")
    assert whole(read_path(tmp_path)) == [0, 1, 2]
    assert whole(read_path(zipped(tmp_path))) == [0, 1, 2]


def test_bad_files_are_named_refused_and_skipped(tmp_path: Path) -> None:
    for n in range(30):
        put(tmp_path / f"good{n}.png", n)
    for n in range(11):
        (tmp_path / f"bad{n:02}.jpg").write_bytes(b"<html>")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:2000])
    for options in ({}, {"size": 8, "channels": 1}):
        with pytest.raises(DataError, match=r"12 of 42 images cannot be used") as refused:
            read_path(tmp_path, **options)
        message = str(refused.value)
        assert message.count(".jpg: not an image") == 9
        assert "bad08.jpg: not an image" in message
        assert "cut.png: OSError" in message  # every reason is shown
        assert "and 2 more" in message
        assert message.endswith("Repair or remove them, or leave them out with skip_bad=True")
        dataset = read_path(tmp_path, skip_bad=True, **options)
        assert whole(dataset) == list(range(30))
        assert len(dataset.skipped) == 12
        assert "truncated" in dataset.skipped["cut.png"]


def test_rows_keep_their_labels_when_bad_ones_are_skipped(tmp_path: Path) -> None:
    for n in range(12):
        put(tmp_path / "ab"[n % 2] / f"{n}.png", n)
    (tmp_path / "a" / "0.png").write_bytes(b"")
    dataset = read_path(tmp_path, skip_bad=True, size=8, channels=1, val=0.4)
    for part in (dataset.train, dataset.held_out):
        assert part["label"].tolist() == (part["real"][:, 0, 0, 0] % 2).tolist()
    assert whole(dataset) == list(range(1, 12))
    assert dataset.skipped == {"a/0.png": "empty file"}


def test_a_part_that_is_all_bad_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "train" / "1.png")
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "1.png").write_bytes(b"x")
    with pytest.raises(DataError, match="none is left to train on"):
        read_path(tmp_path, skip_bad=True)
    with pytest.raises(DataError, match="1 of 1 images cannot be used"):
        read_path(tmp_path / "val", skip_bad=True)


def test_links(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for n in range(3):
        put(root / f"{n}.png", n)
    (root / "same.png").symlink_to(root / "1.png")
    assert whole(read_path(root)) == [0, 1, 1, 2]
    (root / "gone.png").symlink_to(root / "nothing.png")
    assert "FileNotFoundError" in read_path(root, skip_bad=True).skipped["gone.png"]
    put(tmp_path / "secret" / "x.png")
    (root / "out").symlink_to(tmp_path / "secret")
    with pytest.raises(DataError, match=r"out is a link to .*secret, outside"):
        read_path(root)
    (root / "out").unlink()
    (root / "out.png").symlink_to(tmp_path / "secret" / "x.png")
    with pytest.raises(DataError, match=r"out.png is a link to"):
        read_path(root)


def labelled(folder: Path, content: object) -> Path:
    for n in range(6):
        put(folder / "00000" / f"img{n}.png", n)
    (folder / "dataset.json").write_text(json.dumps(content))
    return folder


NAMES = [f"00000/img{n}.png" for n in range(6)]


@pytest.mark.parametrize("classes", [None, ["zero", "one", "two"]])
def test_dataset_json_gives_labels(tmp_path: Path, classes: list[str] | None) -> None:
    content: dict[str, object] = {"labels": [[name, n % 3] for n, name in enumerate(NAMES)]}
    if classes:
        content["classes"] = classes
    root = labelled(tmp_path / "own", content)
    for path in (root, zipped(root)):
        dataset = read_path(path)
        assert dataset.spec.classes == tuple(classes or "012")
        for part in (dataset.train, dataset.held_out):
            assert part["label"].tolist() == (part["real"][:, 0, 0, 0] % 3).tolist()


def test_labels_of_dataset_json_may_be_any_numbers_and_names_those_of_windows(
    tmp_path: Path,
) -> None:
    pairs = [[name.replace("/", "\\"), 10**9 * (n % 2) + 7] for n, name in enumerate(NAMES)]
    dataset = read_path(labelled(tmp_path / "own", {"labels": pairs}))
    assert dataset.spec.classes == ("7", "1000000007")
    pairs = [[name, 2 * (n % 2)] for n, name in enumerate(NAMES)]
    dataset = read_path(labelled(tmp_path / "x", {"labels": pairs, "classes": ["a", "b", "c"]}))
    assert dataset.spec.classes == ("a", "c")  # no example is of b


def test_dataset_json_without_labels_is_unlabelled(tmp_path: Path) -> None:
    root = labelled(tmp_path / "own", {"labels": None})
    put(root / "00001" / "img6.png", 6)
    dataset = read_path(root)
    assert dataset.spec.classes == ()
    assert whole(dataset) == list(range(7))


def test_dataset_json_and_pictures_that_disagree(tmp_path: Path) -> None:
    pairs = [[name, 0] for name in [*NAMES[1:], "00000/lost.png"]]
    root = labelled(tmp_path / "own", {"labels": pairs})
    with pytest.raises(DataError, match=r"img0.png: has no label.*\n.*lost.png: stands in"):
        read_path(root)
    dataset = read_path(root, skip_bad=True)
    assert whole(dataset) == [1, 2, 3, 4, 5]
    assert len(dataset.skipped) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "got a list"),
        ({"labels": [["a.png", [0.1, 0.9]]]}, "label vectors are not supported"),
        ({"labels": [["a.png", True]]}, "whole number"),
        ({"labels": [[NAMES[0], 2]], "classes": ["x", "y"]}, "label 2, but there are 2 classes"),
        ({"labels": [[NAMES[0], -1]]}, "label -1"),
        ({"labels": 5}, "has labels of type int, expected"),
        ({"labels": [[NAMES[0], 1], [NAMES[0], 2]]}, "gives 00000/img0.png two labels"),
        ({"labels": [["lost.png", 1]]}, r"7 of 7 files cannot be used:\n.*: has no label"),
    ],
)
def test_dataset_json_that_is_wrong(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_path(labelled(tmp_path / "own", content))


def test_dataset_json_that_is_no_json(tmp_path: Path) -> None:
    labelled(tmp_path, {})
    for text in ("{", '{"labels": ' + "[" * 100_000):
        (tmp_path / "dataset.json").write_text(text)
        with pytest.raises(DataError, match=r"dataset.json cannot be read"):
            read_path(tmp_path)


def test_dataset_json_files_that_disagree(tmp_path: Path) -> None:
    for part, classes in (("train", ["a"]), ("val", ["b"])):
        put(tmp_path / part / "x.png")
        content = {"labels": [["x.png", 0]], "classes": classes}
        (tmp_path / part / "dataset.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match="disagree on the classes"):
        read_path(tmp_path)


def test_12_bits_in_16_are_refused(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).integers(0, 4096, (3, 8, 8), np.uint16)
    for n, row in enumerate(rows):
        Image.fromarray(row).save(tmp_path / f"{n}.png")
    with pytest.raises(DataError, match=r".png and the others have 16 bits.*than 16 of 255"):
        read_path(tmp_path)
    Image.fromarray(rows[0] * 16).save(tmp_path / "3.png")  # one bright image: the others are dark
    assert sorted(whole(read_path(tmp_path)))[-1] == rows[0, 0, 0] // 16


def test_of_every_group_one_name_is_held_out_and_one_is_not() -> None:
    names = [f"{n}.png" for n in range(40)]
    plain = hold_out(names, 0.1, "")
    groups = [n % 8 for n in range(40)]
    out = hold_out(names, 0.1, "", groups)
    for group in range(8):
        rows = [n for n in range(40) if n % 8 == group]
        assert 0 < out[rows].sum() < len(rows)
        if plain[rows].sum() > 0:  # whoever is held out anyway stays so
            assert (out[rows] == plain[rows]).all()
    for name in "abcdefgh":  # a class of one is trained on, whatever its name
        assert not hold_out([name, "x", "y"], 0.5, "", [1, 0, 0])[0]
    with pytest.raises(DataError, match="has 3 different examples, each of a class of its own"):
        hold_out(["a", "b", "c"], 0.5, "", [0, 1, 2])


def test_the_only_file_of_a_class_is_trained_on(tmp_path: Path) -> None:
    for n in range(9):
        put(tmp_path / "common" / f"{n}.png", n)
        put(tmp_path / f"rare{n}" / f"{n}.png", n)
    dataset = read_path(tmp_path, val=0.5)
    assert dataset.train["label"].bincount(minlength=10).min() == 1


def test_a_class_without_a_good_file_is_none(tmp_path: Path) -> None:
    for n in range(9):
        put(tmp_path / "a" / f"{n}.png", n)
        put(tmp_path / "c" / f"{n}.png", 100 + n)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.png").write_bytes(b"broken")
    dataset = read_path(tmp_path, skip_bad=True)
    assert dataset.spec.classes == ("a", "c")
    assert dataset.train["label"].tolist() == (dataset.train["real"][:, 0, 0, 0] >= 100).tolist()
    for part in ("train", "val"):
        for name in "ac":
            put(tmp_path / "split" / part / name / "1.png")
    (tmp_path / "split" / "train" / "c" / "1.png").write_bytes(b"broken")
    with pytest.raises(DataError, match="no training example has the label c"):
        read_path(tmp_path / "split", skip_bad=True)


def test_a_name_in_several_groups_is_never_on_both_sides() -> None:
    for k in range(100):
        names, groups = [f"both{k}", "a", "b", f"both{k}", "c", "d"], [0, 0, 0, 1, 1, 1]
        out = hold_out(names, 0.1, "", groups)
        assert out[0] == out[3]
        assert not out[:3].all()
        assert not out[3:].all()


def test_few_files_of_a_class_are_on_both_sides(tmp_path: Path) -> None:
    for name in ("cat", "dog", "cow"):
        for n in range(4):
            put(tmp_path / name / f"{n}.png", n)
    dataset = read_path(tmp_path)
    assert dataset.held_out["label"].bincount(minlength=3).min() >= 1
    assert dataset.train["label"].bincount(minlength=3).min() >= 1


def test_sounds_in_a_zip(tmp_path: Path) -> None:
    for n in range(4):
        write_audio(tmp_path / "x" / f"{n}.wav", torch.full((1, 4000), 0.1 * (n + 1)), 8000)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in sorted((tmp_path / "x").iterdir()):
            archive.write(path, path.name)
    found, wanted = read_path(tmp_path / "x.zip"), read_path(tmp_path / "x")
    assert found.spec.kind == "audio"
    assert found.train["real"].equal(wanted.train["real"])


@pytest.mark.parametrize("names", [("Train_a", "TRAIN-B", "testa"), ("traina", "trainb", "Test_A")])
def test_domains_and_splits_are_found_in_any_case(
    names: tuple[str, str, str], tmp_path: Path
) -> None:
    for n in range(5):
        put(tmp_path / names[0] / f"{n}.png", n)
        put(tmp_path / names[1] / f"{n}.png", 100 + n)
    put(tmp_path / names[2] / "1.png", 50)
    dataset = read_path(tmp_path)
    assert list(dataset.domains) == ["a", "b"]
    assert values(dataset.held_out, "a") == [50]


def test_a_split_is_found_in_any_case_but_a_class_may_be_called_test(tmp_path: Path) -> None:
    put(tmp_path / "split" / "Train" / "1.png", 1)
    put(tmp_path / "split" / "VAL" / "2.png", 2)
    dataset = read_path(tmp_path / "split")
    assert (values(dataset.train), values(dataset.held_out)) == ([1], [2])
    for name in ("Test", "rest"):
        for n in range(3):
            put(tmp_path / "classes" / name / f"{n}.png", n)
    assert read_path(tmp_path / "classes").spec.classes == ("Test", "rest")


@pytest.mark.parametrize("packed", [False, True])
def test_files_that_are_not_looked_at_are_named(packed: bool, tmp_path: Path) -> None:
    for n in range(3):
        put(tmp_path / "x" / f"{n}.png", n)
    for name in ("raw.heic", "sub/notes.txt", ".DS_Store"):
        (tmp_path / "x" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "x" / name).write_text("words")
    dataset = read_path(zipped(tmp_path / "x") if packed else tmp_path / "x")
    assert set(dataset.others) == {"raw.heic", "sub/notes.txt"}
