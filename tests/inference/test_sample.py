from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.api import train
from gansmith.core.rng import Rng
from gansmith.data import DataError
from gansmith.inference.sample import (
    great_circle,
    single,
    write_interpolation,
    write_samples,
    write_translations,
)
from gansmith.modalities.sheets import to_uint8
from gansmith.runs.run import Run

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
    small = dict(hidden=6, embed=6, filters=4, rollouts=1, batch=4, imitate_steps=1)
    out = tmp_path_factory.mktemp("text") / "run"
    return train("seqgan", judge_steps=0, steps=1, out=out, **small)


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("cycle")
    for domain in ("trainA", "trainB"):
        for n in range(30):
            save(folder / "data" / domain / f"{n}.png", n)
    small = dict(width=2, blocks=1, patch_width=2, patch_layers=1, pool=2, batch=2)
    return train("cyclegan", data=folder / "data", steps=1, out=folder / "run", **small)


def save(path: Path, seed: int, size: int = 8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = Rng(seed).integers(256, size, size, 3).to(torch.uint8).numpy()
    Image.fromarray(pixels).save(path)


def pixels(path: Path) -> torch.Tensor:
    """A picture file as uint8 (H, W) or (H, W, 3)."""
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


def test_pictures_are_written_one_by_one_and_as_a_sheet(digits: Run, tmp_path: Path) -> None:
    out = tmp_path / "made"
    assert write_samples(digits, 11, 3, out) == tmp_path / "made-sheet.png"
    assert set(content(out)) == {f"{n:05d}.png" for n in range(11)}  # samples and nothing else
    drawn = to_uint8(digits.sample(11, 3))
    for n in range(11):
        assert torch.equal(pixels(out / f"{n:05d}.png"), drawn[n, 0])


def test_points_are_written_as_numbers_and_a_plot(ring: Run, tmp_path: Path) -> None:
    assert write_samples(ring, 20, 3, tmp_path) == tmp_path / "samples.png"
    points = np.load(tmp_path / "samples.npy")
    assert (points.shape, points.dtype) == ((20, 2), np.float32)
    assert torch.equal(torch.from_numpy(points), ring.sample(20, 3))
    assert pixels(tmp_path / "samples.png").shape[:2] == (480, 480)


def test_sentences_are_written_one_per_line(sentences: Run, tmp_path: Path) -> None:
    path = write_samples(sentences, 12, 3, tmp_path)
    assert path == tmp_path / "samples.txt"
    lines = path.read_text().split("\n")
    assert lines == sentences.dataset.sentences(sentences.sample(12, 3))
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
    with pytest.raises(ValueError, match=f"at least one sample is drawn; got -n {n}"):
        write(digits, n, 0, tmp_path)
    assert not content(tmp_path)


def test_a_walk_is_a_row_that_begins_and_ends_at_samples(digits: Run, tmp_path: Path) -> None:
    path = write_interpolation(digits, 16, 5, tmp_path / "made")
    assert path == tmp_path / "made-interpolation.png"
    assert set(content(tmp_path)) == {"made-interpolation.png"}
    sheet = pixels(path)[..., 0]
    scale = sheet.shape[1] // (8 * 10 - 2)
    assert sheet.shape == (scale * (2 * 10 - 2), scale * (8 * 10 - 2))
    ends = digits.game.latent.sample(4, Rng(5, 2, 1))
    drawn = to_uint8(digits.game.decode(ends))[:, 0]
    for n, (row, column) in enumerate([(0, 0), (0, 7), (1, 0), (1, 7)]):
        cell = sheet[::scale, ::scale][10 * row : 10 * row + 8, 10 * column : 10 * column + 8]
        assert (cell.int() - drawn[n].int()).abs().max() <= 1  # the ends, to rounding
    middle = sheet[::scale, ::scale][:8, 30:38]
    assert not torch.equal(middle, drawn[0])


def test_points_and_sentences_have_no_pictures_between_codes(
    ring: Run, sentences: Run, cycle: Run, tmp_path: Path
) -> None:
    for run in (ring, sentences, cycle):
        with pytest.raises(TypeError, match="has no pictures between codes"):
            write_interpolation(run, 8, 0, tmp_path)
    assert not content(tmp_path)


def test_a_great_circle_joins_its_ends_and_stays_at_their_distance_from_zero() -> None:
    a, b = Rng(0).normal(5, 1, 16), Rng(1).normal(5, 1, 16)
    b *= a.norm(dim=-1, keepdim=True) / b.norm(dim=-1, keepdim=True)
    t = torch.linspace(0, 1, 9)[None, :, None]
    walk = great_circle(a, b, t)
    assert walk.shape == (5, 9, 16)
    torch.testing.assert_close(walk[:, :1], a)
    torch.testing.assert_close(walk[:, -1:], b)
    torch.testing.assert_close(walk.norm(dim=-1), a.norm(dim=-1).expand(5, 9))
    steps = torch.cosine_similarity(walk[:, 1:], walk[:, :-1], dim=-1)
    torch.testing.assert_close(steps, steps[:, :1].expand(5, 8))  # at an even pace


def test_parallel_codes_are_joined_without_a_division_by_zero() -> None:
    a = Rng(0).normal(3, 1, 8)
    walk = great_circle(a, a, torch.tensor([0.0, 0.5, 1.0])[None, :, None])
    torch.testing.assert_close(walk, a.expand(3, 3, 8), atol=1e-3, rtol=1e-3)


def test_translations_keep_names_and_folders(cycle: Run, tmp_path: Path) -> None:
    save(tmp_path / "in" / "one.jpg", 1)
    save(tmp_path / "in" / "deep" / "er" / "two.png", 2, size=12)
    assert write_translations(cycle, tmp_path / "in", "a", tmp_path / "out", False) == 2
    assert set(content(tmp_path / "out")) == {"one.png", "deep/er/two.png"}
    assert pixels(tmp_path / "out" / "one.png").shape == (8, 8, 3)


def test_translations_are_the_game_s_own(cycle: Run, tmp_path: Path) -> None:
    for n in range(70):  # more than are translated at once
        save(tmp_path / "in" / f"{n:02d}.png", n)
    for to in ("a", "b"):
        assert write_translations(cycle, tmp_path / "in", to, tmp_path / to, False) == 70
        for n in (0, 63, 64, 69):
            real = pixels(tmp_path / "in" / f"{n:02d}.png").permute(2, 0, 1)[None]
            want = to_uint8(cycle.translate(real.float() / 127.5 - 1, to=to))[0]
            made = pixels(tmp_path / to / f"{n:02d}.png").permute(2, 0, 1)
            assert (made.int() - want.int()).abs().max() <= 1
    assert content(tmp_path / "a") != content(tmp_path / "b")


def test_pictures_of_one_name_do_not_overwrite_each_other(cycle: Run, tmp_path: Path) -> None:
    for name in ("x.png", "x.jpg", "y.jpg"):
        save(tmp_path / "in" / name, len(name))
    write_translations(cycle, tmp_path / "in", "b", tmp_path / "out", False)
    assert set(content(tmp_path / "out")) == {"x.png.png", "x.jpg.png", "y.png"}


def test_an_unreadable_picture_is_named_or_left_out_as_asked(cycle: Run, tmp_path: Path) -> None:
    save(tmp_path / "in" / "good.png", 1)
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"1 of 2 pictures cannot be used:\n  bad.png"):
        write_translations(cycle, tmp_path / "in", "b", tmp_path / "out", False)
    assert not (tmp_path / "out").exists()
    assert write_translations(cycle, tmp_path / "in", "b", tmp_path / "out", True) == 1
    assert set(content(tmp_path / "out")) == {"good.png"}


def test_the_pictures_themselves_are_not_overwritten(cycle: Run, tmp_path: Path) -> None:
    save(tmp_path / "one.png", 1)
    before = content(tmp_path)
    with pytest.raises(ValueError, match="would overwrite"):
        write_translations(cycle, tmp_path, "b", tmp_path / ".", False)
    assert content(tmp_path) == before


def test_only_translators_translate(ring: Run, tmp_path: Path) -> None:
    save(tmp_path / "one.png", 1)
    with pytest.raises(TypeError, match="nsgan does not translate"):
        write_translations(ring, tmp_path, "b", tmp_path / "out", False)


def test_a_single_picture_is_grey_or_coloured() -> None:
    grey, colour = torch.zeros(1, 4, 6, dtype=torch.uint8), torch.zeros(3, 4, 6, dtype=torch.uint8)
    assert (single(grey).mode, single(grey).size) == ("L", (6, 4))
    assert (single(colour).mode, single(colour).size) == ("RGB", (6, 4))
