"""Sentences through a run conditioned on sentences."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from gansmith.api import train
from gansmith.cli import main
from gansmith.data import DataError
from gansmith.inference.text import write_sentences
from gansmith.runs.run import Run

TINY = dict(embed_dim=8, hidden_dim=12, batch=16)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that has learnt to say a sentence of three words backwards, a little."""
    home = tmp_path_factory.mktemp("text")
    draw = random.Random(3)
    lines = []
    for _ in range(200):
        words = [draw.choice(["cat", "dog", "cow", "hen"]) for _ in range(draw.randint(1, 3))]
        lines.append(f"{' '.join(words)}\t{' '.join(word.upper() for word in reversed(words))}")
    (home / "pairs.txt").write_text("\n".join(lines))
    run = train("seq2seq", data=home / "pairs.txt", steps=30, out=home / "run", **TINY)
    return run.choose("latest")


def test_a_prompt_is_a_sentence(run: Run, tmp_path: Path) -> None:
    tokens = run.sample(3, condition="cat dog")
    assert tokens.shape == (3, run.spec.length)
    (sentence,) = set(run.examples.sentences(tokens))
    assert set(sentence.split()) <= {"CAT", "DOG", "COW", "HEN"}
    main(["sample", str(run.folder), "-n", "2", "--prompt", "cat dog", "--checkpoint", "latest",
          "--out", str(tmp_path / "made")])  # fmt: skip
    assert (tmp_path / "made" / "samples.txt").read_text().splitlines() == [sentence] * 2


def test_a_sheet_has_each_sentence_behind_its_condition(run: Run) -> None:
    sheet = sorted((run.folder / "samples").glob("*.txt"))[-1]
    given = run.dataset.condition_sentences(run.dataset.held_out["condition"])
    lines = sheet.read_text().splitlines()
    assert lines[0].startswith(f"{given[0]} -> ")
    assert len(lines) == 64


def test_a_text_file_is_translated_line_by_line(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["cat", "", "dog cow", "The hen!", "   "]
    (tmp_path / "in.txt").write_text("\n".join(given) + "\n")
    main(["translate", str(run.folder), str(tmp_path / "in.txt"), "-o", str(tmp_path / "out.txt"),
          "--checkpoint", "latest"])  # fmt: skip
    assert capsys.readouterr().out == f"wrote 1 text file to {tmp_path / 'out.txt'}\n"
    made = (tmp_path / "out.txt").read_text().splitlines()
    assert len(made) == len(given)
    assert [bool(line) for line in made] == [True, False, True, True, False]
    want = [
        run.examples.sentences(run.sample(1, condition=x))[0] for x in ("cat", "dog cow", "hen")
    ]
    assert [line for line in made if line] == want


def test_every_text_of_a_folder_and_many_lines(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("\n".join(["cat", "dog"] * 40))
    (tmp_path / "in" / "deep" / "b.txt").write_text("cow")
    assert write_sentences(run, tmp_path / "in", tmp_path / "out").count == 2
    lines = (tmp_path / "out" / "a.txt").read_text().splitlines()
    assert len(lines) == 80
    assert len(set(lines[::2])) == len(set(lines[1::2])) == 1
    assert len((tmp_path / "out" / "deep" / "b.txt").read_text().splitlines()) == 1


def test_an_unknown_word_names_file_and_line_and_nothing_is_written(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("cat\n")
    (tmp_path / "in" / "b.txt").write_text("cat\n\ndgo cat\n")
    with pytest.raises(DataError, match=r"b.txt:3: pairs has no word 'dgo' among its 4; did you "
                       "mean 'dog'"):  # fmt: skip
        write_sentences(run, tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert write_sentences(run, tmp_path / "in", tmp_path / "out", skip_bad=True).count == 1
    (tmp_path / "in" / "b.txt").write_text("cat dog cow hen\n")
    with pytest.raises(DataError, match="b.txt:1: .* has 4 words; a condition of pairs has 3"):
        write_sentences(run, tmp_path / "in", tmp_path / "out")


def test_files_without_a_sentence_or_in_another_encoding_are_named(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("\n \n")
    with pytest.raises(DataError, match="a.txt has no sentence"):
        write_sentences(run, tmp_path / "a.txt", tmp_path / "out.txt")
    (tmp_path / "a.txt").write_bytes("caté".encode("latin-1"))
    with pytest.raises(DataError, match="a.txt:1 is not UTF-8"):
        write_sentences(run, tmp_path / "a.txt", tmp_path / "out.txt")
    (tmp_path / "a.txt").write_bytes("\N{ZERO WIDTH NO-BREAK SPACE}cat".encode())
    assert write_sentences(run, tmp_path / "a.txt", tmp_path / "out.txt").count == 1


def test_sentences_are_measured_by_exact_matches_and_word_errors(run: Run) -> None:
    found = run.evaluate(n=100)
    assert {"exact", "wer", "jsd_2", "copies"} <= set(found)
    assert 0 <= found["exact"].value <= 1
    assert found["wer"].value > 0
    scores = [json.loads(x) for x in (run.folder / "scores.jsonl").read_text().splitlines()]
    assert {score["metric"] for score in scores} == {"word error rate"}
