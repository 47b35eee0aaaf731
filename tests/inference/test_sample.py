"""Samples and interpolations of a run as files."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.api import train
from gansmith.core.images import to_uint8
from gansmith.core.rng import RowRng
from gansmith.data import DataError
from gansmith.data.readers.video_file import film_frames
from gansmith.inference.sample import write_interpolation, write_samples, write_walk
from gansmith.runs.run import Run
from gansmith.sampling.interpolate import Still

TINY = dict(width=4, batch=8, steps=1)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("digits") / "run"
    return train("nsgan", data="digits", latent=6, out=out, **TINY)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train("nsgan", data="ring", out=tmp_path_factory.mktemp("ring") / "run", **TINY)


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Run:
    small = dict(hidden_dim=6, embed_dim=6, filters=4, rollouts=1, batch=4, mle_steps=1)
    out = tmp_path_factory.mktemp("text") / "run"
    return train("seqgan", d_pretrain_steps=0, steps=1, out=out, **small)


@pytest.fixture(scope="module")
def by_class(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("by_class") / "run"
    return train("cgan", data="digits", latent=4, embed_dim=4, out=out, **TINY).choose("latest")


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("edges") / "run"
    return train("pix2pix", data="edges:digits", patch_size=7, out=out, **TINY)


def pixels(path: Path) -> torch.Tensor:
    """An image file as uint8 (H, W) or (H, W, 3)."""
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image))


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_png_by_name_is_one_sheet(digits: Run, tmp_path: Path) -> None:
    out = tmp_path / "eleven.PNG"
    assert write_samples(digits, 11, 3, out) == out
    assert list(tmp_path.iterdir()) == [out]
    folder = tmp_path / "folder"
    sheet = write_samples(digits, 11, 3, folder)
    assert out.read_bytes() == sheet.read_bytes()


def test_a_sheet_of_sentences_is_a_text_also_under_the_name_of_an_image(
    sentences: Run, tmp_path: Path
) -> None:
    assert write_samples(sentences, 4, 3, tmp_path / "x.png") == tmp_path / "x.txt"
    assert len((tmp_path / "x.txt").read_text().splitlines()) == 4


def test_images_are_written_one_by_one_and_as_a_sheet(digits: Run, tmp_path: Path) -> None:
    out = tmp_path / "made"
    assert write_samples(digits, 11, 3, out) == tmp_path / "made-sheet.png"
    assert set(content(out)) == {f"{n:05d}.png" for n in range(11)}  # samples and nothing else
    drawn = to_uint8(digits.sample(11, 3))
    for n in range(11):
        assert torch.equal(pixels(out / f"{n:05d}.png"), drawn[n, 0])


def test_samples_of_an_earlier_call_do_not_stay_among_new_ones(digits: Run, tmp_path: Path) -> None:
    own, other = digits.folder / "generated", tmp_path / "made"
    for out in (own, other):
        write_samples(digits, 6, 0, out)
    (own / "2019.png").write_bytes(b"mine")  # no name of a sample
    write_samples(digits, 3, 1, own)
    assert set(content(own)) == {"00000.png", "00001.png", "00002.png", "2019.png"}
    before = content(other)
    with pytest.raises(ValueError, match="made holds 3 more samples, such as 00003.png, which"):
        write_samples(digits, 3, 1, other)
    assert content(other) == before
    write_samples(digits, 6, 1, other)
    assert content(other) != before
    shutil.rmtree(own)
    own.symlink_to(other)  # whoever sent the run does not say what is removed here
    with pytest.raises(ValueError, match="generated holds 3 more samples"):
        write_samples(digits, 3, 1, own)
    own.unlink()


def test_points_are_written_as_numbers_and_a_plot(ring: Run, tmp_path: Path) -> None:
    out = tmp_path / "made"
    assert write_samples(ring, 20, 3, out) == tmp_path / "made-sheet.png"
    assert set(content(out)) == {"samples.npy"}
    points = np.load(out / "samples.npy")
    assert (points.shape, points.dtype) == ((20, 2), np.float32)
    assert torch.equal(torch.from_numpy(points), ring.sample(20, 3))
    assert pixels(tmp_path / "made-sheet.png").shape[:2] == (480, 480)


def test_sentences_are_written_one_per_line(sentences: Run, tmp_path: Path) -> None:
    sheet = write_samples(sentences, 12, 3, tmp_path / "made")
    assert sheet == tmp_path / "made-sheet.txt"
    assert set(content(tmp_path / "made")) == {"samples.txt"}
    lines = (tmp_path / "made" / "samples.txt").read_text().splitlines()
    assert lines == sentences.dataset.sentences(sentences.sample(12, 3))
    assert sheet.read_text().splitlines() == lines
    assert len(lines) == 12


@pytest.mark.parametrize("write", [write_samples, write_interpolation])
def test_a_seed_decides_what_is_written(write, digits: Run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for seed, name in ((1, "a"), (1, "b"), (2, "c")):
        write(digits, 8, seed, tmp_path / name / "made")
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert content(tmp_path / "a") != content(tmp_path / "c")


@pytest.mark.parametrize("write", [write_samples, write_interpolation])
@pytest.mark.parametrize("n", [0, -3])
def test_at_least_one_is_drawn(write, n: int, digits: Run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=rf"n must be a number in \[1, .*; got {n}$"):
        write(digits, n, 0, tmp_path)
    assert not content(tmp_path)


def test_an_interpolation_is_a_row_that_begins_and_ends_at_samples(
    digits: Run, tmp_path: Path
) -> None:
    path = write_interpolation(digits, 16, 5, tmp_path / "made")
    assert path == tmp_path / "made" / "interpolation.png"
    assert set(content(tmp_path / "made")) == {"interpolation.png"}
    named = write_interpolation(digits, 16, 5, tmp_path / "named.PNG")
    assert named == tmp_path / "named.PNG"
    assert named.read_bytes() == path.read_bytes()
    sheet = pixels(path)[..., 0]
    scale = sheet.shape[1] // (8 * 10 - 2)
    assert sheet.shape == (scale * (2 * 10 - 2), scale * (8 * 10 - 2))
    ends = digits.game.latent.sample(4, RowRng(5, 2, 1, rows=range(4)))
    drawn = to_uint8(digits.game.decode(ends))[:, 0]
    for n, (row, column) in enumerate([(0, 0), (0, 7), (1, 0), (1, 7)]):
        cell = sheet[::scale, ::scale][10 * row : 10 * row + 8, 10 * column : 10 * column + 8]
        assert (cell.int() - drawn[n].int()).abs().max() <= 1  # the ends, to rounding
    middle = sheet[::scale, ::scale][:8, 30:38]
    assert not torch.equal(middle, drawn[0])


def test_points_and_sentences_have_no_images_between_codes(
    ring: Run, sentences: Run, by_class: Run, tmp_path: Path
) -> None:
    for run in (ring, sentences, by_class):
        with pytest.raises(TypeError, match="cannot interpolate between images"):
            write_interpolation(run, 8, 0, tmp_path)
    assert not content(tmp_path)


# Conditional runs.


def test_a_prompt_names_the_class(by_class: Run, tmp_path: Path) -> None:
    write_samples(by_class, 3, 0, tmp_path / "sevens", "7")
    assert len(list((tmp_path / "sevens").glob("*.png"))) == 3
    wanted = to_uint8(by_class.sample(3, condition=torch.tensor([7, 7, 7])))
    assert torch.equal(pixels(tmp_path / "sevens" / "00002.png"), wanted[2, 0])
    assert to_uint8(by_class.sample(3, condition=torch.tensor([7]))).equal(wanted)
    assert to_uint8(by_class.sample(3, condition="7")).equal(wanted)


def test_without_a_prompt_each_class_comes_in_turn(by_class: Run) -> None:
    turns = by_class.sample(12)
    assert turns.equal(by_class.sample(12, condition=torch.arange(12) % 10))


def test_a_sheet_of_pairs_has_three_rows(edges: Run, tmp_path: Path) -> None:
    with Image.open(write_samples(edges, 12, 0, tmp_path / "made")) as sheet:
        assert sheet.height * (12 * 10 - 2) == sheet.width * (3 * 10 - 2)
    given = edges.examples.conditions(edges.examples.held_out, 4)
    assert edges.sample(4).equal(edges.sample(4, condition=given))


def test_samples_of_label_sets_are_those_of_held_out_images(tmp_path: Path) -> None:
    run = train("multi-label", width=2, batch=8, steps=1, out=tmp_path / "run")
    sheet = write_samples(run, 5, 0, tmp_path / "made")
    assert sheet == tmp_path / "made-sheet.png"
    lines = (tmp_path / "made" / "labels.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines] == [
        "image", *(f"held-out {n}" for n in range(5))
    ]  # fmt: skip
    assert run.sample(5).equal(run.sample(5, seed=1))


def test_what_cannot_be_sampled_is_refused(
    digits: Run, edges: Run, by_class: Run, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match="nsgan is unconditional: leave out the condition"):
        write_samples(digits, 3, 0, tmp_path, "7")
    with pytest.raises(DataError, match="it is conditioned on an image; use gansmith translate"):
        write_samples(edges, 3, 0, tmp_path, "7")
    with pytest.raises(DataError, match="digits has nothing called 'seven'; .*there are 0, 1"):
        write_samples(by_class, 3, 0, tmp_path, "seven")
    assert not content(tmp_path)


def test_many_samples_are_written_piece_by_piece(
    digits: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = digits.sample(40, 3)
    monkeypatch.setattr("gansmith.runs.run.PIECE", 16)
    pieces = digits.sample_pieces(40, 3)
    there: list[int] = []  # files that are there when a piece is generated
    game = digits.game
    decode = game.G.forward

    def counted(z: torch.Tensor) -> torch.Tensor:
        there.append(len(list((tmp_path / "made").glob("*.png"))))
        return decode(z)

    assert [len(piece) for piece in pieces] == [16, 16, 8]
    torch.testing.assert_close(digits.sample(40, 3), whole)
    monkeypatch.setattr(game.G, "forward", counted)
    write_samples(digits, 40, 3, tmp_path / "made")
    assert there == [0, 16, 32]
    assert len(content(tmp_path / "made")) == 40


@pytest.mark.parametrize("name", ["digits", "sentences", "by_class"])
def test_sample_five_is_the_same_whatever_n(name: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(name)
    for n in (6, 9):
        torch.testing.assert_close(run.sample(n, 3)[:6].float(), run.sample(24, 3)[:6].float())


def test_truncation_moves_samples_together(digits: Run, tmp_path: Path) -> None:
    wide, narrow = digits.sample(32, 1), digits.sample(32, 1, truncation=0.1)
    assert narrow.std(0).mean() < 0.5 * wide.std(0).mean()
    torch.testing.assert_close(digits.sample(32, 1, truncation=99.0), wide)
    write_samples(digits, 4, 1, tmp_path / "t", truncation=0.1)
    assert torch.equal(pixels(tmp_path / "t" / "00002.png"), to_uint8(narrow)[2, 0])
    write_interpolation(digits, 8, 1, tmp_path / "wide.png")
    write_interpolation(digits, 8, 1, tmp_path / "narrow.png", 0.1)
    assert (tmp_path / "wide.png").read_bytes() != (tmp_path / "narrow.png").read_bytes()
    with pytest.raises(ValueError, match="truncation must be a number in"):
        digits.sample(2, truncation=0)


def test_what_draws_no_codes_is_not_truncated(sentences: Run) -> None:
    with pytest.raises(TypeError, match="seqgan draws no codes: leave out --truncation"):
        sentences.sample(2, truncation=0.7)


def test_a_sheet_shows_a_few_hundred_at_most(digits: Run, tmp_path: Path) -> None:
    from PIL import Image

    sheet = Image.open(write_samples(digits, 300, 3, tmp_path / "made"))
    assert sheet.width * 256 // 8 == pytest.approx(sheet.height * 8, rel=0.05)  # 32 rows of 8
    assert len(list((tmp_path / "made").iterdir())) == 300


@pytest.mark.parametrize(("name", "condition"), [("digits", None), ("by_class", "3")])
def test_a_walk_goes_through_samples_and_back_without_a_jump(
    name: str, condition: str | None, request: pytest.FixtureRequest
) -> None:
    """At every seed's frame it shows that seed's sample; the last frame leads to the first."""
    run = request.getfixturevalue(name)
    before = run.game.G.latent
    walk = run.walk((3, 9, 5), 60, condition, truncation=1.5)
    assert run.game.G.latent is before
    assert walk.shape == (60, 1, 8, 8)
    for frame, seed in ((0, 3), (20, 9), (40, 5)):
        torch.testing.assert_close(walk[frame], run.sample(1, seed, condition, 1.5)[0])
    steps = (walk.roll(-1, 0) - walk).flatten(1).norm(dim=1)
    assert steps.max() < 0.25 * torch.cdist(walk.flatten(1), walk.flatten(1)).max()


def test_a_walk_of_a_conditional_run_keeps_its_condition(by_class: Run) -> None:
    seen: list[torch.Tensor] = []
    generate = by_class.game.generate
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            by_class.game,
            "generate",
            lambda conditions, rng: seen.append(conditions) or generate(conditions, rng),
        )
        by_class.walk((0, 1), 6, "7")
        by_class.walk((0, 1), 6)
    assert [conditions.tolist() for conditions in seen] == [[7] * 6, [0] * 6]


def test_what_is_no_code_stays_still() -> None:
    rng = Still(3)
    for drawn in (rng.normal(5, 2), rng.uniform(5, 2), rng.integers(100, 5)):
        assert torch.equal(drawn, drawn[:1].expand_as(drawn))
    assert torch.equal(Still(3).normal(5, 2)[:1], RowRng(3, rows=[]).normal(1, 2))


def test_a_walk_is_a_clip_that_repeats(digits: Run, tmp_path: Path) -> None:
    write_walk(digits, tmp_path / "walk.gif", seeds=(0, 1), frames=12, fps=10)
    with Image.open(tmp_path / "walk.gif") as clip:
        assert clip.info["loop"] == 0
        assert clip.size == (256, 256)
        shown = 0
        for frame in range(clip.n_frames):  # equal frames after each other are one, shown longer
            clip.seek(frame)
            shown += clip.info["duration"]
    assert shown == 12 * 100
    pytest.importorskip("imageio_ffmpeg")
    write_walk(digits, tmp_path / "walk.mp4", seeds=(0, 1), frames=12, fps=10)
    assert len(film_frames(tmp_path / "walk.mp4", lambda image: np.asarray(image)).frames) == 12


def test_what_cannot_be_walked_is_said_before_anything_is_written(
    digits: Run, ring: Run, sentences: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TypeError, match="nsgan on ring has no images to walk through"):
        write_walk(ring, tmp_path / "a.gif")
    with pytest.raises(TypeError, match="seqgan draws no codes to walk through"):
        sentences.walk()
    with pytest.raises(ValueError, match=r"clips are written as .gif .webp .* got 'a.txt'"):
        write_walk(digits, tmp_path / "a.txt")
    with pytest.raises(ValueError, match="two seeds or more, in 1024 frames at most; got 1 and 96"):
        write_walk(digits, tmp_path / "a.gif", seeds=(3,))
    with pytest.raises(ValueError, match="fps must be a number in"):
        write_walk(digits, tmp_path / "a.gif", fps=0)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(DataError, match=r"films are read and written by ffmpeg: pip install"):
        write_walk(digits, tmp_path / "new" / "a.mp4")
    assert not list(tmp_path.iterdir())
