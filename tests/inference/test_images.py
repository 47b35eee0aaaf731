"""Images through a run: outputs at their own size, translations, and what cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.api import train
from gansmith.cli import main
from gansmith.core.images import to_float, to_uint8
from gansmith.core.rng import Rng
from gansmith.data import DataError
from gansmith.inference.images import generate_one, write_outputs, write_translations
from gansmith.runs.run import Run
from gansmith.sampling.tiling import TILE

TINY = dict(width=4, batch=4, steps=2)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A run of each kind, hardly trained."""
    folder = tmp_path_factory.mktemp("runs")
    made = {
        "pix2pix": train("pix2pix", data="edges:digits", out=folder / "a", patch_size=7, **TINY),  # type: ignore[arg-type]
        "inpainting": train("inpainting", data="hole:digits", out=folder / "b", **TINY),  # type: ignore[arg-type]
        "super-resolution": train(
            "super-resolution", data="down2:digits", out=folder / "c", **TINY
        ),  # type: ignore[arg-type]
        "cgan": train("cgan", data="digits", out=folder / "d", latent=4, embed_dim=4, **TINY),  # type: ignore[arg-type]
    }
    for run in made.values():
        run.choose("latest")
    return made


def image(path: Path, size: tuple[int, int] = (20, 13), seed: int = 1, mode: str = "L") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0], *((len(mode),) if len(mode) > 1 else ()))
    values = Rng(seed).integers(256, *shape).to(torch.uint8).numpy()
    Image.fromarray(values, mode=mode).save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def test_the_output_has_the_size_of_the_image(tmp_path: Path, runs: dict[str, Run]) -> None:
    source = image(tmp_path / "a.bmp")
    assert write_outputs(runs["pix2pix"], source, tmp_path / "out.png").count == 1
    assert pixels(tmp_path / "out.png").shape == (13, 20)
    given = torch.from_numpy(pixels(source))[None]
    by_hand = generate_one(runs["pix2pix"], given)
    assert np.array_equal(pixels(tmp_path / "out.png"), by_hand[0].numpy())
    G = runs["pix2pix"].game.G
    z = G.latent.sample(1, Rng(0, 1, 1))  # type: ignore[union-attr, operator]
    whole = to_uint8(G(z, to_float(given[None])))  # type: ignore[operator]
    assert whole[0].equal(by_hand)
    write_outputs(runs["super-resolution"], source, tmp_path / "into")
    assert pixels(tmp_path / "into" / "a.png").shape == (26, 40)


def test_a_large_image_goes_through_in_tiles_as_if_at_once(runs: dict[str, Run]) -> None:
    run = runs["pix2pix"]
    reach = run.game.G.reach  # type: ignore[union-attr]
    given = Rng(3).integers(256, 1, 40, TILE + 2 * int(reach) + 50).to(torch.uint8)  # type: ignore[arg-type]
    G = run.game.G
    z = G.latent.sample(1, Rng(0, 1, 1))  # type: ignore[union-attr, operator]
    with torch.no_grad():
        whole = to_uint8(G(z, to_float(given[None])))[0]  # type: ignore[operator]
    assert int((generate_one(run, given).int() - whole.int()).abs().max()) <= 1


def test_every_image_of_a_folder_under_its_own_name(tmp_path: Path, runs: dict[str, Run]) -> None:
    for name, size in (("a.png", (9, 9)), ("deep/b.bmp", (12, 8)), ("a.bmp", (8, 8))):
        image(tmp_path / "in" / name, size)
    (tmp_path / "in" / "notes.txt").write_text("no image")
    assert write_outputs(runs["pix2pix"], tmp_path / "in", tmp_path / "out").count == 3
    found = {
        p.relative_to(tmp_path / "out").as_posix(): pixels(p).shape
        for p in (tmp_path / "out").rglob("*.*")
    }
    assert found == {"a.png.png": (9, 9), "a.bmp.png": (8, 8), "deep/b.png": (8, 12)}


def test_only_masked_pixels_are_painted(tmp_path: Path, runs: dict[str, Run]) -> None:
    source = image(tmp_path / "a.png", (16, 12))
    mask = np.zeros((12, 16), np.uint8)
    mask[3:6, 4:9] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    write_outputs(runs["inpainting"], source, tmp_path / "out.png", mask=tmp_path / "mask.png")
    before, after = pixels(source), pixels(tmp_path / "out.png")
    assert np.array_equal(before[mask == 0], after[mask == 0])
    assert not np.array_equal(before[mask > 0], after[mask > 0])


def test_what_is_transparent_stays_so(tmp_path: Path, runs: dict[str, Run]) -> None:
    values = np.full((10, 16, 4), 90, np.uint8)
    values[..., 3] = 255
    values[2:5, 3:9, 3] = 40
    Image.fromarray(values).save(tmp_path / "a.png")
    write_outputs(runs["pix2pix"], tmp_path / "a.png", tmp_path / "out.png")
    assert np.array_equal(pixels(tmp_path / "out.png")[..., -1], values[..., 3])
    write_outputs(runs["super-resolution"], tmp_path / "a.png", tmp_path / "large.png")
    assert pixels(tmp_path / "large.png").shape == (20, 32, 2)
    assert abs(int(pixels(tmp_path / "large.png")[7, 12, -1]) - 40) < 5
    values[..., 3] = 255
    Image.fromarray(values).save(tmp_path / "b.png")
    write_outputs(runs["pix2pix"], tmp_path / "b.png", tmp_path / "opaque.png")
    assert pixels(tmp_path / "opaque.png").shape == (10, 16)


def test_transparent_pixels_are_missing_also_in_a_turned_image(
    tmp_path: Path, runs: dict[str, Run]
) -> None:
    values = np.full((10, 16, 4), 200, np.uint8)
    values[..., 3] = 255
    values[:3, :4, 3] = 0
    turned = Image.fromarray(values)
    exif = turned.getexif()
    exif[0x0112] = 3  # stands on its head
    turned.save(tmp_path / "a.png", exif=exif)
    write_outputs(runs["inpainting"], tmp_path / "a.png", tmp_path / "out.png")
    after = pixels(tmp_path / "out.png")
    known = np.ones((10, 16), bool)
    known[-3:, -4:] = False
    assert (after[known] == 200).all()
    assert not (after[~known] == 200).all()


@pytest.mark.parametrize(
    ("preset", "words", "why"),
    [
        ("inpainting", ["a.png"], "nothing is missing from .*a.png: make a part transparent"),
        ("inpainting", ["a.png", "--mask", "small.png"], "mask has 5x5 .* 20x13: make them equal"),
        ("inpainting", ["a.png", "--mask", "broken.png"], "broken.png cannot be read: "),
        ("inpainting", ["a.png", "--mask", "none.png"], "none.png cannot be read: .*No such file"),
        (
            "pix2pix",
            ["a.png", "--mask", "small.png"],
            "pix2pix does not inpaint .*: leave out --mask",
        ),
        ("pix2pix", ["broken.png"], "broken.png cannot be read: not an image"),
        ("pix2pix", ["tiny.png"], "tiny.png has 3x9 pixels; the smallest side is 4"),
        ("pix2pix", ["nowhere.png"], "nowhere.png does not exist"),
        ("pix2pix", ["empty"], "empty holds no images"),
        ("pix2pix", ["a.png", "-o", "out.jpg"], "images are written as .png; got 'out.jpg'"),
        ("pix2pix", ["a.png", "-o", "a.png"], "would overwrite .*a.png; choose another --out"),
        ("pix2pix", [".", "-o", "."], "would overwrite .*png; choose another --out"),
        ("pix2pix", ["a.png", "--frames", "3"], "pix2pix takes no --frames: leave it out"),
        ("pix2pix", ["a.png", "--to", "b"], "pix2pix has no domains: leave out --from and --to"),
        ("cgan", ["a.png"], "cgan generates without input files: use `gansmith sample`"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_line_and_nothing_is_written(
    tmp_path: Path,
    runs: dict[str, Run],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    preset: str,
    words: list[str],
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    image(tmp_path / "a.png")
    image(tmp_path / "small.png", (5, 5))
    image(tmp_path / "tiny.png", (3, 9))
    (tmp_path / "broken.png").write_bytes(b"no image at all")
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
    image(tmp_path / "in" / "good.png")
    (tmp_path / "in" / "bad.png").write_bytes(b"")
    with pytest.raises(DataError, match="bad.png cannot be read"):
        write_outputs(runs["pix2pix"], tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    main(
        ["translate", str(runs["pix2pix"].folder), str(tmp_path / "in"), "-o",
         str(tmp_path / "out"), "--skip-bad"]
    )  # fmt: skip
    assert "wrote 1 image to" in capsys.readouterr().out
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["good.png"]
    (tmp_path / "in" / "good.png").unlink()
    with pytest.raises(DataError, match="bad.png"):
        write_outputs(runs["pix2pix"], tmp_path / "in", tmp_path / "out", skip_bad=True)


# Translation between domains.


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("cycle")
    for domain in ("trainA", "trainB"):
        for n in range(30):
            image(folder / "data" / domain / f"{n}.png", (8, 8), n, "RGB")
    small = dict(width=2, blocks=1, d_width=2, d_layers=1, pool_size=2, batch=2)
    return train("cyclegan", data=folder / "data", steps=1, out=folder / "run", **small)


@pytest.fixture(scope="module")
def star(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("star")
    for place, domain in enumerate(("cartoon", "photo", "sketch")):
        for n in range(12):
            image(folder / "data" / domain / f"{n}.png", (16, 16), 100 * place + n, "RGB")
    small = dict(width=2, blocks=1, d_width=2, batch=6)
    return train("stargan", data=f"domains:{folder / 'data'}", steps=1, out=folder / "run", **small)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_translations_keep_names_and_folders(cycle: Run, tmp_path: Path) -> None:
    image(tmp_path / "in" / "one.jpg", (8, 8), 1, "RGB")
    image(tmp_path / "in" / "deep" / "er" / "two.png", (12, 12), 2, "RGB")
    done = write_translations(cycle, tmp_path / "in", tmp_path / "out", to="a", origin="b")
    assert done.count == 2
    assert set(content(tmp_path / "out")) == {"one.png", "deep/er/two.png"}
    assert pixels(tmp_path / "out" / "one.png").shape == (8, 8, 3)


def test_translations_are_the_game_s_own(cycle: Run, tmp_path: Path) -> None:
    for n in range(6):
        image(tmp_path / "in" / f"{n}.png", (8, 8), n, "RGB")
    for to, origin in (("a", "b"), ("b", "a")):
        out = tmp_path / to
        assert write_translations(cycle, tmp_path / "in", out, to=to, origin=origin).count == 6
        for n in (0, 3, 5):
            real = torch.from_numpy(pixels(tmp_path / "in" / f"{n}.png")).permute(2, 0, 1)[None]
            want = to_uint8(cycle.translate(real, to, origin))[0]
            made = torch.from_numpy(pixels(out / f"{n}.png")).permute(2, 0, 1)
            assert (made.int() - want.int()).abs().max() <= 1
    assert content(tmp_path / "a") != content(tmp_path / "b")


def test_images_of_one_name_do_not_overwrite_each_other(cycle: Run, tmp_path: Path) -> None:
    for name in ("x.png", "x.jpg", "y.jpg"):
        image(tmp_path / "in" / name, (8, 8), len(name), "RGB")
    write_translations(cycle, tmp_path / "in", tmp_path / "out", to="b", origin="a")
    assert set(content(tmp_path / "out")) == {"x.png.png", "x.jpg.png", "y.png"}


def test_an_unreadable_image_is_named_or_left_out(cycle: Run, tmp_path: Path) -> None:
    image(tmp_path / "in" / "good.png", (8, 8), 1, "RGB")
    (tmp_path / "in" / "bad.png").write_bytes(b"no image")
    to_b = dict(to="b", origin="a")
    with pytest.raises(DataError, match="bad.png cannot be read: not an image"):
        write_translations(cycle, tmp_path / "in", tmp_path / "out", **to_b)
    assert not (tmp_path / "out").exists()
    done = write_translations(cycle, tmp_path / "in", tmp_path / "out", **to_b, skip_bad=True)
    assert done.count == 1
    assert set(content(tmp_path / "out")) == {"good.png"}


def test_the_images_themselves_are_not_overwritten(cycle: Run, tmp_path: Path) -> None:
    image(tmp_path / "one.png", (8, 8), 1, "RGB")
    before = content(tmp_path)
    with pytest.raises(ValueError, match="would overwrite"):
        write_translations(cycle, tmp_path, tmp_path / ".", to="b", origin="a")
    assert content(tmp_path) == before


def test_three_domains_are_named_by_to_and_from(
    star: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image(tmp_path / "in" / "x.png", (16, 16), 5, "RGB")
    real = torch.from_numpy(pixels(tmp_path / "in" / "x.png")).permute(2, 0, 1)[None]
    words = ["translate", str(star.folder), str(tmp_path / "in")]
    for to in ("cartoon", "sketch"):
        main([*words, "--from", "photo", "--to", to, "-o", str(tmp_path / to)])
        assert capsys.readouterr().out == f"wrote 1 image to {tmp_path / to}\n"
        want = to_uint8(star.translate(real, to, "photo"))[0].permute(1, 2, 0).numpy()
        assert np.array_equal(pixels(tmp_path / to / "x.png"), want)
    cartoon, sketch = (star.translate(real, to, "photo") for to in ("cartoon", "sketch"))
    assert not cartoon.equal(sketch)
    for more, why in (
        ([], "say which domain to translate to: cartoon, photo, sketch"),
        (["--to", "foto"], "unknown domain 'foto'; did you mean 'photo'?"),
        (["--to", "photo", "--from", "sketsch"], "unknown domain 'sketsch'; did you mean 'sketch'"),
        (["--to", "photo", "--from", "photo"], "goes to another domain; got photo to photo"),
        (["--to", "photo", "--seed", "3"], "stargan takes no --seed: leave it out"),
        (["--to", "photo", "--mask", "x.png"], "stargan takes no --mask: leave it out"),
    ):
        with pytest.raises(SystemExit) as end:
            main([*words, *more, "-o", str(tmp_path / "no")])
        assert end.value.code == 2
        assert why in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_of_two_domains_one_name_says_the_other(cycle: Run, tmp_path: Path) -> None:
    image(tmp_path / "in" / "x.png", (8, 8), 5, "RGB")
    words = ["translate", str(cycle.folder), str(tmp_path / "in"), "-o"]
    to_b = {"default": [], "to": ["--to", "b"], "from": ["--from", "a"]}
    for name, more in {**to_b, "to_a": ["--to", "a"], "from_b": ["--from", "b"]}.items():
        main([*words, str(tmp_path / name), *more])
    made = {path.parent.name: path.read_bytes() for path in tmp_path.glob("*/x.png")}
    assert made["default"] == made["to"] == made["from"]
    assert made["to_a"] == made["from_b"] != made["default"]
