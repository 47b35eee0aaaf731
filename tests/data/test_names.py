"""One grammar of data names: wrappers, then a named set or a path."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from gansmith.api import plan
from gansmith.data import DATA, WRAPPERS, DataError, given_name, open_data, parse_name
from gansmith.data.wrappers import Reader, find_wrapper
from gansmith.diagnosis import diagnose
from gansmith.report.compare import compare
from gansmith.runs.config import Config
from gansmith.runs.run import Run


@pytest.mark.parametrize(
    ("name", "wrappers", "base"),
    [
        ("fashion", (), "fashion"),
        ("emoji:noto+twemoji", (), "emoji:noto+twemoji"),
        ("grey:emoji:noto", ("grey",), "emoji:noto"),
        ("grey:video8:photos/", ("grey", "video8"), "photos/"),
        ("domains-speaker:noisy:spoken-digits", ("domains-speaker", "noisy"), "spoken-digits"),
        ("pairs-reversed:a b/c", ("pairs-reversed",), "a b/c"),
        ("greyish:x", (), "greyish:x"),
        ("video-8:x", (), "video-8:x"),
        ("grey:", (), "grey:"),
        ("grey", (), "grey"),
        ("to-labels:C:\\data", ("to-labels",), "C:\\data"),
    ],
)
def test_names_in_their_parts_and_back(name: str, wrappers: tuple[str, ...], base: str) -> None:
    parsed = parse_name(name)
    assert (parsed.wrappers, parsed.base) == (wrappers, base)
    assert str(parsed) == name


def test_a_path_with_the_name_of_a_data_set_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert given_name("grey:digits").base == "digits"
    Path("digits").mkdir()
    for n in range(12):
        Image.new("L", (8, 8), n).save(f"digits/{n}.png")
    plan("nsgan", data="gansmith:digits", width=4).config.save(tmp_path / "a")
    assert Config.load(tmp_path / "a").data == "digits"
    with pytest.raises(DataError, match="give grey:./digits for the path, or grey:gansmith:digits"):
        given_name("grey:digits")
    for use in (partial(plan, "nsgan"), partial(Run.open, tmp_path / "a")):
        with pytest.raises(DataError, match="gansmith:digits"):
            use(data="digits")
    for look in (compare, diagnose):
        with pytest.raises(DataError, match="gansmith:digits"):
            look([] if look is compare else "samples", "digits")
    for own in ("./digits", "digits/", Path("digits")):
        assert given_name(own).is_path
        assert open_data(own).spec.train + open_data(own).spec.held_out == 12
    assert open_data("digits").spec.train == 1437  # what a run's config.json says


@pytest.mark.parametrize("prefix", ["", "grey:", "to-labels:", "grey:video8:", "domains:down2:"])
def test_paths_become_absolute_behind_any_wrappers(
    prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert str(parse_name(f"{prefix}own/x").absolute()) == f"{prefix}{tmp_path}/own/x"
    assert str(parse_name(f"{prefix}~/x").absolute()) == f"{prefix}{tmp_path}/home/x"
    named = parse_name(f"{prefix}digits")
    assert not named.is_path
    assert named.absolute() == named


def test_every_named_set_is_no_path() -> None:
    assert not any(parse_name(name).is_path for name in DATA)
    assert parse_name("nothing-of-that-name").is_path


def test_every_wrapper_is_found_with_its_argument() -> None:
    for name, wrapper in WRAPPERS.items():
        assert find_wrapper(name) == (wrapper, "")
    assert find_wrapper("video16") == (WRAPPERS["video"], "16")
    assert find_wrapper("domains-speaker") == (WRAPPERS["domains"], "-speaker")
    assert find_wrapper("grey2") is None
    assert isinstance(WRAPPERS["pairs"], Reader)


def test_a_reader_takes_a_path_and_stands_right_before_it() -> None:
    with pytest.raises(DataError, match="video8: reads files, so a path follows it; got 'digits'"):
        open_data("video8:digits")
    with pytest.raises(DataError, match="pairs: reads files.*got 'grey:x'"):
        open_data("pairs:grey:x")
    with pytest.raises(DataError, match="no path is called 'nowhere'"):
        open_data("grey:nowhere")
    with pytest.raises(DataError, match="did you mean 'digits'"):
        open_data("grey:digist")


@pytest.mark.parametrize("prefix", ["to-labels:", "blur:down2:", "domains:"])
def test_a_run_on_a_relative_path_is_resumed_from_another_folder(
    prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["name\thot\tdry"]
    for n in range(60):
        folder = tmp_path / "own" / ("ab"[n % 2] if prefix == "domains:" else "")
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (4 * n, 0, 0)).save(folder / f"{n}.png")
        lines.append(f"{n}.png\t{n % 2}\t1")
    if prefix == "to-labels:":
        (tmp_path / "own" / "labels.tsv").write_text("\n".join(lines))
    preset = {"to-labels:": "bce", "domains:": "cyclegan"}.get(prefix, "pix2pix")
    monkeypatch.chdir(tmp_path)
    run = plan(preset, data=f"{prefix}own", out=tmp_path / "run", steps=1)
    assert run.config.data == f"{prefix}{tmp_path}/own"
    monkeypatch.chdir("/")
    opened = open_data(run.config.data, **run.config.options)
    assert opened.spec.fingerprint == run.config.spec["fingerprint"]


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("digits", "digits"),
        ("emoji:noto", "emoji"),
        ("grey:emoji:noto", "emoji"),
        ("emoji:noto+twemoji", "emoji"),
        ("domains:blur:digits", "digits"),
        ("labelled:emoji:noto+twemoji", "emoji"),
        ("domains-speaker:noisy:spoken-digits", "spoken-digits"),
    ],
)
def test_a_spec_knows_the_data_that_it_was_made_from(name: str, base: str) -> None:
    spec = open_data(name).spec
    assert (spec.name, spec.base) == (name, base)
    assert {domain.base for domain in spec.domains.values()} <= {base}
    assert type(spec).from_json(spec.to_json()) == spec
