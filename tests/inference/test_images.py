"""Pictures of one's own, answered by a run; what cannot be answered is named."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.api import train
from gansmith.cli import main
from gansmith.core.rng import Rng
from gansmith.data import DataError
from gansmith.inference.images import answered, write_answers
from gansmith.modalities.sheets import to_uint8
from gansmith.runs.run import Run
from gansmith.sampling.tiling import TILE

TINY = dict(width=4, batch=4, steps=2)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A run of each kind, hardly trained."""
    folder = tmp_path_factory.mktemp("runs")
    made = {
        "pix2pix": train("pix2pix", data="edges:digits", out=folder / "a", patch=7, **TINY),  # type: ignore[arg-type]
        "completion": train("completion", data="hole:digits", out=folder / "b", **TINY),  # type: ignore[arg-type]
        "super-resolution": train(
            "super-resolution", data="down2:digits", out=folder / "c", **TINY
        ),  # type: ignore[arg-type]
        "cgan": train("cgan", data="digits", out=folder / "d", latent=4, code=4, **TINY),  # type: ignore[arg-type]
    }
    for run in made.values():
        run.choose("latest")
    return made


def picture(path: Path, size: tuple[int, int] = (20, 13), seed: int = 1, mode: str = "L") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0], *((len(mode),) if len(mode) > 1 else ()))
    values = Rng(seed).integers(256, *shape).to(torch.uint8).numpy()
    Image.fromarray(values, mode=mode).save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def test_a_picture_is_answered_at_its_own_size(tmp_path: Path, runs: dict[str, Run]) -> None:
    source = picture(tmp_path / "a.bmp")
    assert write_answers(runs["pix2pix"], source, tmp_path / "out.png") == 1
    assert pixels(tmp_path / "out.png").shape == (13, 20)
    given = torch.from_numpy(pixels(source))[None]
    by_hand = answered(runs["pix2pix"], given)
    assert np.array_equal(pixels(tmp_path / "out.png"), by_hand[0].numpy())
    G = runs["pix2pix"].game.G
    z = G.latent.sample(1, Rng(0, 1, 1))  # type: ignore[union-attr, operator]
    whole = to_uint8(G(z, given[None].float() / 127.5 - 1))  # type: ignore[operator]
    assert whole[0].equal(by_hand)
    write_answers(runs["super-resolution"], source, tmp_path / "into")
    assert pixels(tmp_path / "into" / "a.png").shape == (26, 40)


def test_a_large_picture_is_answered_in_tiles_as_if_at_once(runs: dict[str, Run]) -> None:
    run = runs["pix2pix"]
    reach = run.game.G.reach  # type: ignore[union-attr]
    given = Rng(3).integers(256, 1, 40, TILE + 2 * int(reach) + 50).to(torch.uint8)  # type: ignore[arg-type]
    G = run.game.G
    z = G.latent.sample(1, Rng(0, 1, 1))  # type: ignore[union-attr, operator]
    with torch.no_grad():
        whole = to_uint8(G(z, given[None].float() / 127.5 - 1))[0]  # type: ignore[operator]
    assert int((answered(run, given).int() - whole.int()).abs().max()) <= 1


def test_every_picture_of_a_folder_under_its_own_name(tmp_path: Path, runs: dict[str, Run]) -> None:
    for name, size in (("a.png", (9, 9)), ("deep/b.bmp", (12, 8)), ("a.bmp", (8, 8))):
        picture(tmp_path / "in" / name, size)
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    assert write_answers(runs["pix2pix"], tmp_path / "in", tmp_path / "out") == 3
    found = {
        p.relative_to(tmp_path / "out").as_posix(): pixels(p).shape
        for p in (tmp_path / "out").rglob("*.*")
    }
    assert found == {"a.png.png": (9, 9), "a.bmp.png": (8, 8), "deep/b.png": (8, 12)}


def test_only_what_the_mask_hides_is_painted(tmp_path: Path, runs: dict[str, Run]) -> None:
    source = picture(tmp_path / "a.png", (16, 12))
    mask = np.zeros((12, 16), np.uint8)
    mask[3:6, 4:9] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    write_answers(runs["completion"], source, tmp_path / "out.png", mask=tmp_path / "mask.png")
    before, after = pixels(source), pixels(tmp_path / "out.png")
    assert np.array_equal(before[mask == 0], after[mask == 0])
    assert not np.array_equal(before[mask > 0], after[mask > 0])


def test_what_is_transparent_is_missing_also_in_a_turned_picture(
    tmp_path: Path, runs: dict[str, Run]
) -> None:
    values = np.full((10, 16, 4), 200, np.uint8)
    values[..., 3] = 255
    values[:3, :4, 3] = 0
    turned = Image.fromarray(values)
    exif = turned.getexif()
    exif[0x0112] = 3  # stands on its head
    turned.save(tmp_path / "a.png", exif=exif)
    write_answers(runs["completion"], tmp_path / "a.png", tmp_path / "out.png")
    after = pixels(tmp_path / "out.png")
    known = np.ones((10, 16), bool)
    known[-3:, -4:] = False
    assert (after[known] == 200).all()
    assert not (after[~known] == 200).all()


@pytest.mark.parametrize(
    ("preset", "words", "why"),
    [
        ("completion", ["a.png"], "nothing is missing from .*a.png: make a part transparent"),
        ("completion", ["a.png", "--mask", "small.png"], "mask has 5x5 .* 20x13: make them equal"),
        ("completion", ["a.png", "--mask", "broken.png"], "broken.png cannot be read: "),
        ("completion", ["a.png", "--mask", "none.png"], "none.png cannot be read: .*No such file"),
        ("pix2pix", ["a.png", "--mask", "small.png"], "pix2pix fills no holes: leave out --mask"),
        ("pix2pix", ["broken.png"], "broken.png cannot be read: not a picture"),
        ("pix2pix", ["tiny.png"], "tiny.png has 3x9 pixels; the smallest side is 4"),
        ("pix2pix", ["nowhere.png"], "nowhere.png does not exist"),
        ("pix2pix", ["empty"], "empty holds no pictures"),
        ("pix2pix", ["a.png", "-o", "out.jpg"], "name the answer .png, not out.jpg"),
        ("pix2pix", ["a.png", "-o", "a.png"], "would overwrite .*a.png; choose another --out"),
        ("pix2pix", [".", "-o", "."], "would overwrite .*png; choose another --out"),
        ("cgan", ["a.png"], "cgan does not translate: it is not asked by pictures"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_line_and_nothing_is_written(
    tmp_path: Path,
    runs: dict[str, Run],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    preset: str,
    words: list[str],
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "a.png")
    picture(tmp_path / "small.png", (5, 5))
    picture(tmp_path / "tiny.png", (3, 9))
    (tmp_path / "broken.png").write_bytes(b"no picture at all")
    (tmp_path / "empty").mkdir()
    before = {p: p.read_bytes() for p in tmp_path.rglob("*.*")}
    with pytest.raises(SystemExit) as end:
        main(["translate", str(runs[preset].folder), *words])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("gansmith translate: ")

    assert re.search(why, said), said
    assert {p: p.read_bytes() for p in tmp_path.rglob("*.*")} == before


def test_bad_ones_of_a_folder_may_be_left_out(
    tmp_path: Path, runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    picture(tmp_path / "in" / "good.png")
    (tmp_path / "in" / "bad.png").write_bytes(b"")
    with pytest.raises(DataError, match="bad.png cannot be read"):
        write_answers(runs["pix2pix"], tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    main(
        ["translate", str(runs["pix2pix"].folder), str(tmp_path / "in"), "-o",
         str(tmp_path / "out"), "--skip-bad"]
    )  # fmt: skip
    assert "wrote 1 picture to" in capsys.readouterr().out
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["good.png"]
    (tmp_path / "in" / "good.png").unlink()
    with pytest.raises(DataError, match="bad.png"):
        write_answers(runs["pix2pix"], tmp_path / "in", tmp_path / "out", skip_bad=True)


def test_a_run_that_is_asked_by_words(
    tmp_path: Path, runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = str(runs["cgan"].folder), str(tmp_path / "sevens")
    main(["sample", folder, "-n", "3", "--text", "7", "--checkpoint", "latest", "--out", out])
    assert len(list((tmp_path / "sevens").glob("*.png"))) == 3
    wanted = to_uint8(runs["cgan"].sample(3, ask=torch.tensor([7, 7, 7])))
    assert np.array_equal(pixels(tmp_path / "sevens" / "00002.png"), wanted[2, 0].numpy())
    assert to_uint8(runs["cgan"].sample(3, ask=torch.tensor([7]))).equal(wanted)
    for words, why in (
        (["--text", "seven"], "digits has nothing called 'seven'; .*there are 0, 1"),
        (["--text", " "], "the words are empty"),
        (["--text", "7", "--interpolate"], "leave out --text"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["sample", folder, *words])
        assert end.value.code == 2

        assert re.search(why, capsys.readouterr().err)
    with pytest.raises(SystemExit):
        main(["sample", str(runs["pix2pix"].folder), "--text", "7"])
    assert "asked by words but by pictures" in capsys.readouterr().err
