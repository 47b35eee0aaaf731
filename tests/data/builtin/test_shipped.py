"""The shipped data, byte for byte; its splits, its licences, and opening it by name."""

import gzip
import importlib.util
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import torch

from gansmith.data import DATA, open_data
from gansmith.data.builtin.shipped import FILES, STYLES, emoji_codes, open_emoji, split_emoji
from gansmith.data.readers.array_file import mnist_files
from gansmith.data.spec import DataError

PINS = {
    "fashion": "ce8550f2a720a470",
    "digits": "f2fd6a37e71eb8a7",
    "emoji": "f11e85257b442ac3",
    "emoji:noto": "412c1935496bf2f8",
    "emoji:twemoji": "c2c29fd065e267a9",
    "emoji:openmoji": "6bd23ed6c44b9894",
    "emoji:fluent3d": "0e6c6920aea076b4",
    "emoji:noto+twemoji": "4808790dc19a84e9",
    "captions": "f461f0de7f2195c6",
}
SHAPES = {
    "fashion": (20_000, 4_000, 1, 28),
    "digits": (1437, 360, 1, 8),
    "emoji": (4 * 1408, 4 * 160, 3, 32),
    "emoji:noto": (1408, 160, 3, 32),
}


def rows(images: torch.Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


@pytest.mark.parametrize("name", PINS)
def test_the_content_is_pinned(name):
    dataset = open_data(name)
    assert dataset.spec.fingerprint == PINS[name]
    assert dataset.spec.name == name
    assert name not in DATA or DATA[name].licence == dataset.spec.licence


@pytest.mark.parametrize("name", SHAPES)
def test_counts_shapes_and_ranges(name):
    dataset = open_data(name)
    train, held_out, channels, size = SHAPES[name]
    assert dataset.train["real"].shape == (train, channels, size, size)
    assert dataset.held_out["real"].shape == (held_out, channels, size, size)
    for part in (dataset.train, dataset.held_out):
        assert (part["real"].dtype, part["real"].min(), part["real"].max()) == (torch.uint8, 0, 255)
        assert part["label"].unique().tolist() == list(range(len(dataset.spec.classes)))


@pytest.mark.parametrize("name", ["fashion", "digits"])
def test_classes_are_balanced(name):
    dataset = open_data(name)
    for part in (dataset.train, dataset.held_out):
        share = part["label"].bincount() * 10 / len(part["label"])
        assert (share - 1).abs().max() < 0.12


def test_fashion_shows_garments():
    fashion = open_data("fashion").train
    mean = torch.stack(
        [fashion["real"][fashion["label"] == c].float().mean(0)[0] for c in range(10)]
    )
    trousers, shoes = mean[1], mean[7]
    assert trousers[22, 14] < 20 < 150 < trousers[22, 10:12].min()  # two legs, a gap between
    assert shoes[:8].max() < 60 < shoes[16:20, 8:24].min()  # sneakers lie low


def test_digits_use_seventeen_levels():
    levels = open_data("digits").train["real"].unique()
    assert levels.tolist() == [int(v * 255 / 16 + 0.5) for v in range(17)]


def test_emoji_codes():
    codes = emoji_codes()
    assert len(codes) == len(set(codes)) == 1599
    assert codes[-1] == "3299"
    train, held_out = split_emoji(21)
    assert held_out.tolist() == [0, 10, 20]
    assert train.tolist() == [*range(1, 10), *range(11, 20)]


def test_emoji_groups():
    noto = open_data("emoji:noto")
    counts = sum(part["label"].bincount(minlength=8) for part in (noto.train, noto.held_out))
    assert dict(zip(noto.spec.classes, counts.tolist(), strict=True)) == {
        "activities": 85,
        "animals-nature": 157,
        "food-drink": 128,
        "objects": 261,
        "people-body": 343,
        "smileys-emotion": 158,
        "symbols": 218,
        "travel-places": 218,
    }


def test_the_pool_is_the_four_styles_one_after_another():
    pooled = open_data("emoji")
    for number, style in enumerate(STYLES):
        one = open_emoji(style)
        for ours, theirs in ((pooled.train, one.train), (pooled.held_out, one.held_out)):
            block = slice(number * len(theirs["real"]), (number + 1) * len(theirs["real"]))
            assert torch.equal(ours["real"][block], theirs["real"])
            assert torch.equal(ours["label"][block], theirs["label"])


def test_two_styles_train_on_other_emoji_and_are_held_out_in_pairs():
    pair, noto, twemoji = (open_emoji(name) for name in ("noto+twemoji", "noto", "twemoji"))
    assert pair.spec.paired
    assert torch.equal(pair.train["noto"], noto.train["real"][0::2])
    assert torch.equal(pair.train["twemoji"], twemoji.train["real"][1::2])
    assert (len(pair.train["noto"]), len(pair.train["twemoji"])) == (704, 704)
    assert torch.equal(pair.held_out["noto"], noto.held_out["real"])
    assert torch.equal(pair.held_out["twemoji"], twemoji.held_out["real"])
    assert torch.equal(pair.held_out["noto_label"], pair.held_out["twemoji_label"])


def test_the_styles_show_the_same_emoji():
    """An image is nearest to its own counterpart far more often than the 1 in 160 of chance."""
    pair = open_emoji("noto+fluent3d").held_out
    a, b = (pair[domain].float().flatten(1) for domain in ("noto", "fluent3d"))
    found = torch.cdist(a, b).argmin(1) == torch.arange(160)
    assert found.float().mean() > 0.25


@pytest.mark.parametrize("name", ["emoji:apple", "emoji:noto+apple"])
def test_unknown_styles_are_refused(name):
    with pytest.raises(DataError, match="'apple'"):
        open_data(name)


def test_three_styles_are_three_domains_that_share_no_training_emoji() -> None:
    styles = ("noto", "twemoji", "openmoji")
    three = open_data("emoji:noto+twemoji+openmoji")
    assert (tuple(three.domains), three.spec.paired) == (styles, True)
    assert [three.spec.domains[style].train for style in styles] == [470, 469, 469]
    whole = [open_emoji(style).train["real"] for style in styles]
    for place, style in enumerate(styles):
        assert three.train[style].equal(whole[place][place::3])


def test_a_style_stands_once() -> None:
    with pytest.raises(DataError, match="different styles"):
        open_data("emoji:noto+noto")


def test_captions():
    captions = open_data("captions")
    spec = captions.spec
    assert (spec.vocab, spec.length, spec.train, spec.held_out) == (2028, 20, 10658, 3471)
    assert captions.vocabulary[:3] == ("<end>", "a", "on")
    assert "<unk>" not in captions.vocabulary
    assert captions.train["tokens"].dtype == torch.int16
    train, held_out = (
        captions.sentences(part["tokens"]) for part in (captions.train, captions.held_out)
    )
    assert held_out[0] == "the bike has a clock as a tire"
    assert not set(train) & set(held_out)
    assert all(re.fullmatch(r"[a-z0-9 '-]+", line) for line in train + held_out)


def test_sizes_and_channels_can_be_asked_for():
    spec = open_data("digits", size=16, channels=3).spec
    assert (spec.size, spec.channels) == (16, 3)
    assert spec.filter == "8 to 16 pixels, lanczos"
    pair = open_data("emoji:noto+twemoji", size=16).spec
    assert (pair.size, pair.paired, pair.domains["noto"].size) == (16, True, 16)
    assert pair.domains["noto"].filter == "64 to 32 pixels, lanczos; 32 to 16 pixels, lanczos"


def test_names_have_a_split_of_their_own():
    with pytest.raises(DataError, match="split"):
        open_data("digits", val=0.1)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(DataError, match="did you mean 'fashion'"):
        open_data("fasion")
    with pytest.raises(DataError, match=r"'zzzz'. Data sets are fashion"):
        open_data("zzzz")


def test_a_path_goes_to_the_readers(tmp_path):
    (tmp_path / "lines.txt").write_text("\n".join(f"line {n % 7} of text" for n in range(40)))
    assert open_data(tmp_path / "lines.txt").spec.kind == "text"


def test_digits_are_rebuilt_from_scikit_learn(tmp_path):
    pytest.importorskip("sklearn")
    path = Path(__file__).parents[3] / "tools" / "build_data.py"
    spec = importlib.util.spec_from_file_location("build_data", path)
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    build.build_digits(tmp_path)
    ours, theirs = (mnist_files(folder) for folder in (FILES / "digits", tmp_path))
    assert set(ours) == set(theirs)
    for name in ours:
        assert gzip.decompress(ours[name].read_bytes()) == gzip.decompress(
            theirs[name].read_bytes()
        )


def shipped_files() -> list[str]:
    files = (path for path in FILES.rglob("*") if path.is_file())
    return sorted(path.relative_to(FILES).as_posix() for path in files)


def test_everything_shipped_is_small():
    assert sum((FILES / name).stat().st_size for name in shipped_files()) < 40e6


def test_every_file_has_a_licence_whose_text_lies_beside_it():
    table = [
        re.match(r"\| `([^`]+)` \|.*?\|.*?\| (.+?) \| (.+?) \| (.+?) \|", line)
        for line in (FILES / "LICENSES.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    assert all(table)
    data = [n for n in shipped_files() if n != "LICENSES.md" and not n.startswith("licences/")]
    for name in data:
        assert sum(fnmatch(name, row[1]) for row in table) == 1, name
    for row in table:
        assert any(fnmatch(name, row[1]) for name in data), row[1]
        links = re.findall(r"\[([\w.-]+)\]\((licences/\1\.txt)\)", row[2])
        assert links
        assert all((FILES / path).is_file() for _, path in links)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MIT", "Zalando SE"),
        ("MIT", "Microsoft Corporation"),
        ("Apache-2.0", "END OF TERMS AND CONDITIONS"),
        ("CC-BY-4.0", "Section 8"),
        ("CC-BY-3.0", "Representations, Warranties and Disclaimer"),
        ("CC0-1.0", "Limitations and Disclaimers"),
        ("CC-BY-SA-4.0", "ShareAlike"),
    ],
)
def test_licences_are_there_in_full(name, words):
    text = (FILES / "licences" / f"{name}.txt").read_text()
    assert words in text
    assert len(text) > {"MIT": 1000, "CC0-1.0": 6000}.get(name, 10_000)
