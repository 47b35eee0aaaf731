"""Pairs of sentences and folders of text: conditions, classes, and what is wrong with them."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from gansmith.data import DataError, Dataset, open_data, open_source

PAIRS = [(f"source {n} says {n % 3}", f"target {n % 3} heard {n}") for n in range(30)]


def both(data: Dataset) -> list[tuple[str, str]]:
    return [
        pair
        for part in (data.train, data.held_out)
        for pair in zip(
            data.condition_sentences(part["condition"]),
            data.sentences(part["tokens"]),
            strict=True,
        )
    ]


@pytest.mark.parametrize("name", ["pairs.tsv", "pairs.txt", "pairs.tsv.gz"])
def test_lines_with_one_tab_are_pairs(name: str, tmp_path: Path) -> None:
    content = "\n".join("\t".join(pair) for pair in PAIRS + PAIRS[:5]) + "\n\n"
    raw = content.encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    data = open_data(tmp_path / name, val=0.3)
    assert (data.spec.kind, data.spec.name) == ("text", "pairs")
    assert data.spec.condition is not None
    assert (data.spec.condition.kind, data.spec.condition.length) == ("sentence", 4)
    assert data.vocabulary != data.condition_vocabulary
    found = both(data)
    assert len(found) == 35
    for source, target in found:  # numbers may be unknown words, on one side and the other
        a, b = source.split(), target.split()
        assert a[3] == b[1]
        assert "<unk>" in (a[1], b[3]) or a[1] == b[3]
    sources = [set(data.condition_sentences(p["condition"])) for p in (data.train, data.held_out)]
    assert not {x for x in sources[0] if "<unk>" not in x} & sources[1]
    assert set(open_source(data, 4, 0).at(0)) == {"tokens", "lengths", "condition"}


def test_utf16_and_what_holds_no_sentence_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    for code, why in (
        ("utf-16-le", ":1 holds NUL bytes, as UTF-16 does"),
        ("utf-16", ":1 is not UTF-8"),
    ):
        path.write_bytes("\n".join(x for pair in PAIRS for x in pair).encode(code))
        with pytest.raises(DataError, match=f"x.txt{why}.*; convert the file to UTF-8"):
            open_data(path)
    path.write_text("")
    with pytest.raises(DataError, match="x.txt holds no sentence: put one into each line$"):
        open_data(path)
    path.write_text("\n".join(f"今天{a}我们{b}" for a in "好坏冷热" for b in "玩跑坐走"))
    with pytest.raises(DataError, match="put a blank between the characters"):
        open_data(path)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_only_newlines_end_a_sentence(end: str, tmp_path: Path) -> None:
    lines = [f"one\u2028two\x85{n % 2}" for n in range(10)]
    (tmp_path / "x.txt").write_bytes(end.join(["\ufeff", *lines, "", ""]).encode())
    data = open_data(tmp_path / "x.txt")
    assert data.spec.train + data.spec.held_out == 10
    assert data.spec.length == 3


@pytest.mark.parametrize("form", ["one", "pairs", "packed", "parallel", "classes"])
def test_the_text_is_not_kept_while_it_is_read(form: str, tmp_path: Path) -> None:
    """Never a quarter of 2 MB in long words is in memory; of a packed file, what is unpacked."""
    between = "\t" if form == "pairs" else " "
    raw = "\n".join(f"{n % 7:0500}{between}{n % 11:0500}" for n in range(2000)).encode()
    if form == "parallel":
        for name in ("source.txt", "target.txt"):
            (tmp_path / name).write_bytes(raw[: len(raw) // 2])
    elif form == "packed":
        (tmp_path / "a.txt.gz").write_bytes(gzip.compress(raw, 1))
    else:
        (tmp_path / "a.txt").write_bytes(raw)
    if form == "classes":
        (tmp_path / "b.txt").write_bytes(raw)
    tracemalloc.start()
    try:
        data = open_data(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert data.spec.train > 500
    assert peak < (3 if form == "packed" else 0.25) * len(raw)


def test_sentences_come_in_pieces_as_in_one_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.tsv").write_text("\n".join("\t".join(pair) for pair in PAIRS))
    whole = open_data(tmp_path / "x.tsv")
    monkeypatch.setattr("gansmith.data.readers.text_file.TOGETHER", 9)
    pieces = open_data(tmp_path / "x.tsv")
    assert pieces.spec.fingerprint == whole.spec.fingerprint == "957868725b5d97a1"
    assert both(pieces) == both(whole)


def test_the_end_symbol_as_a_held_out_word_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("one two\ntwo one")
    (tmp_path / "x_val.txt").write_text("one <end> two")
    data = open_data(tmp_path / "x.txt")
    assert data.sentences(data.held_out["tokens"]) == ["one <unk> two"]


def test_a_file_of_one_endless_line_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("word " * 5000)
    with pytest.raises(DataError, match="1 have more than 32 words. Give a larger --size"):
        open_data(tmp_path / "x.txt")
    (tmp_path / "y.txt").write_text("word " * 5000 + "\none two\ntwo one")
    (tmp_path / "x.txt").unlink()
    assert open_data(tmp_path).skipped == {"y.txt:1": "5000 words, more than 32"}


def test_an_empty_class_and_two_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two\nthree two\none three")
    (tmp_path / "b.txt").write_text("")
    with pytest.raises(DataError, match="no training example has the label b"):
        open_data(tmp_path)
    (tmp_path / "b.txt").unlink()
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"two one\nthree one"))
    with pytest.raises(DataError, match="several classes are called a; rename them"):
        open_data(tmp_path)


def test_two_parallel_files_with_a_given_split(tmp_path: Path) -> None:
    for name, rows in (("source", 0), ("target", 1)):
        (tmp_path / f"{name}.txt").write_text("\n".join(pair[rows] for pair in PAIRS[:20]))
        (tmp_path / f"{name}_val.txt").write_text("\n".join(pair[rows] for pair in PAIRS[20:]))
    data = open_data(tmp_path)
    assert (data.spec.train, data.spec.held_out) == (20, 10)
    assert data.spec.name == tmp_path.name
    with pytest.raises(DataError, match="split"):
        open_data(tmp_path, val=0.5)
    (tmp_path / "target_val.txt").unlink()
    assert open_data(tmp_path).spec.train < 20  # one sibling alone is no split


def test_parallel_files_must_go_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "source.txt").write_text("a a\na\n\na")
    (tmp_path / "target.txt").write_text("x\ny\n\n")
    with pytest.raises(DataError, match="source.txt has 4 lines and target.txt has 3"):
        open_data(tmp_path)
    (tmp_path / "target.txt").write_text("x\n\n\nz")
    with pytest.raises(DataError, match="of .*source.txt:2 and target.txt:2 only one is blank"):
        open_data(tmp_path)
    (tmp_path / "target.txt").write_text("x\nx\n\nx x")
    assert len(both(open_data(tmp_path))) == 3  # the blank line is left out


def test_a_line_that_is_no_pair(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("a\tb\nc d\ne\tf\tg\nh\t\n")
    with pytest.raises(DataError) as error:
        open_data(path)
    for why in ("x.tsv:2: 0 tabs", "x.tsv:3: 2 tabs", "x.tsv:4: 1 tabs"):
        assert why in str(error.value)
    path.with_suffix(".txt").write_text("a\tb\na b\nb a")  # some lines have a tab: blanks
    data = open_data(path.with_suffix(".txt"))
    assert data.spec.condition is None


def test_long_pairs_are_left_out_on_either_side(tmp_path: Path) -> None:
    lines = [*("\t".join(pair) for pair in PAIRS), "one two three four five\tx", "x\t1 2 3 4 5"]
    (tmp_path / "x.tsv").write_text("\n".join(lines))
    data = open_data(tmp_path / "x.tsv", size=4)
    assert set(data.skipped) == {"x.tsv:31", "x.tsv:32"}
    assert data.spec.condition is not None
    assert max(data.spec.length, data.spec.condition.length) == 4


def test_a_folder_of_text_files_is_labelled_and_gives_domains(tmp_path: Path) -> None:
    for name, word in (("formal", "sir"), ("casual", "mate")):
        lines = [f"hello {word} {n}" for n in range(8)]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines))
    data = open_data(tmp_path)
    assert data.spec.classes == ("casual", "formal")
    for part in (data.train, data.held_out):
        words = [x.split()[1] for x in data.sentences(part["tokens"])]
        assert words == [("mate", "sir")[label] for label in part["label"].tolist()]
        assert set(part["label"].tolist()) == {0, 1}
    two = open_data(f"domains:{tmp_path}")
    assert list(two.domains) == ["casual", "formal"]
    assert all("sir" in x for x in two.sentences(two.train["formal"]))
    assert open_data(f"labelled:domains:{tmp_path}").spec.classes == ("casual", "formal")


def test_siblings_of_all_classes_or_of_none(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("one two\nthree two\none three")
        (tmp_path / f"{name}_val.txt").write_text("two one")
    data = open_data(tmp_path)
    assert (data.spec.classes, data.spec.train, data.spec.held_out) == (("a", "b"), 6, 2)
    assert data.held_out["label"].tolist() == [0, 1]
    (tmp_path / "b_val.txt").unlink()
    with pytest.raises(DataError, match="a_val.txt, but not one for each"):
        open_data(tmp_path)


def test_one_text_file_in_a_folder_and_notes_beside_images(tmp_path: Path) -> None:
    (tmp_path / "only.txt").write_text("a b\nb a\na a")
    assert open_data(tmp_path).spec.name == "only"
    (tmp_path / "broken.png").write_bytes(b"")
    with pytest.raises(DataError, match="images cannot be used"):
        open_data(tmp_path)
