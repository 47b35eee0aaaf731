"""How a run is applied to files: found, all checked, then converted."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from gansmith.data import DataError
from gansmith.inference.files import Conversion, Item, Written, find_files, output_names, usable


def conversion(*suffixes: str) -> Conversion:
    """Text files in capitals; a text that is empty is refused."""

    def check(item: Item) -> None:
        if not item.file.read_text():
            raise DataError(f"{item.file} is empty")

    def convert(item: Item, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(item.file.read_text().upper())

    find = partial(find_files, extensions=(".txt", ".md"), noun="text")
    return Conversion("text", find, check, convert, suffixes or (".out", ".txt"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.txt", "deep/b.md", "deep/b.txt", "notes.png"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "in"


def written(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_keep_their_names_and_twins_keep_their_endings(folder: Path, tmp_path: Path) -> None:
    done = conversion().run(folder, tmp_path / "out")
    assert done == Written(3, "text", tmp_path / "out")
    assert written(tmp_path / "out") == {
        "a.out": "A.TXT",
        "deep/b.md.out": "DEEP/B.MD",
        "deep/b.txt.out": "DEEP/B.TXT",
    }


def test_every_input_has_an_output_of_its_own(tmp_path: Path) -> None:
    names = ["a.jpg", "a.png", "a.jpg.png", "B.JPG", "b.png", "d\u00e9.jpg", "de\u0301.png", "e.f"]
    found = output_names(names, [Path(name).stem for name in names], [".png"] * len(names))
    assert found == [*(f"{name}.png" for name in names[:-1]), "e.png"]
    with pytest.raises(ValueError, match="on some disks A.png and a.png would have one output"):
        output_names(["a.png", "A.png"], ["a", "A"], [".png"] * 2)


def test_one_file_goes_into_a_folder_or_under_a_name(folder: Path, tmp_path: Path) -> None:
    conversion().run(folder / "a.txt", tmp_path / "out")
    conversion().run(folder / "a.txt", tmp_path / "x.TXT")
    assert (tmp_path / "out" / "a.out").read_text() == "A.TXT"
    assert (tmp_path / "x.TXT").read_text() == "A.TXT"
    (folder / "single").mkdir()
    (folder / "single" / "c.md").write_text("c")
    conversion().run(folder / "single", tmp_path / "c.out")
    assert (tmp_path / "c.out").read_text() == "C"


def test_an_empty_suffix_is_that_of_the_input(folder: Path, tmp_path: Path) -> None:
    conversion("", ".txt", ".md").run(folder, tmp_path / "out")
    assert set(written(tmp_path / "out")) == {"a.txt", "deep/b.md", "deep/b.txt"}


def test_another_ending_is_refused_with_those_there_are(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="texts are written as .out or .txt; got 'x.jpg'"):
        conversion().run(folder / "a.txt", tmp_path / "x.jpg")


def test_nothing_is_written_where_an_input_would_be_lost(folder: Path, tmp_path: Path) -> None:
    before = written(folder)
    for source, out in ((folder, folder), (folder / "a.txt", folder / "a.txt")):
        with pytest.raises(ValueError, match="would overwrite .*; choose another --out"):
            conversion(".txt").run(source, out)
    assert written(folder) == before


def test_all_are_checked_before_one_is_written(folder: Path, tmp_path: Path) -> None:
    for name in ("a.txt", "deep/b.md"):
        (folder / name).write_text("")
    with pytest.raises(DataError, match=r"a.txt is empty; .*b.md is empty"):
        conversion().run(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert conversion().run(folder, tmp_path / "out", skip_bad=True).count == 1
    assert set(written(tmp_path / "out")) == {"deep/b.txt.out"}
    with pytest.raises(DataError, match="a.txt is empty"):  # nothing else is left
        conversion().run(folder / "a.txt", tmp_path / "out", skip_bad=True)


def test_what_is_not_there_is_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(DataError, match="bare holds no texts; looked for .txt .md"):
        conversion().run(tmp_path / "bare", tmp_path / "out")
    with pytest.raises(DataError, match="nowhere does not exist; give one text or a folder"):
        conversion().run(tmp_path / "nowhere", tmp_path / "out")


def test_the_count_is_in_words() -> None:
    assert str(Written(1, "image", Path("o"))) == "wrote 1 image to o"
    assert str(Written(2, "image", Path("o"))) == "wrote 2 images to o"
    assert str(Written(0, "row", Path("o"))) == "wrote 0 rows to o"


def test_usable_items_stay_in_order() -> None:
    def check(item: Item) -> None:
        if item.name == "b":
            raise ValueError("b is bad")

    items = [Item(name, (Path(name),)) for name in "cba"]
    assert [item.name for item in usable(items, check, True)] == ["c", "a"]
    with pytest.raises(DataError, match="^b is bad\n"):
        usable(items, check, False)
