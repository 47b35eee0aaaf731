"""The report: one file, everything in it, nothing of the machine, nothing injected."""

import base64
import io
import json
import re
from html import escape, unescape
from html.parser import HTMLParser

import pytest
from PIL import Image

from gansmith.data import open_data
from gansmith.metrics import Measured, Protocol
from gansmith.report import spread, write_report
from gansmith.report.curves import MOST, loss_curve, moving_mean, score_curve, thinned
from gansmith.runs.config import Config
from gansmith.runs.run import Run

SPEC = {
    "image": dict(size=8, channels=1, classes=["Bag", "Coat"]),
    "points": dict(dim=2),
    "text": dict(vocab=9, length=5),
    "domains": dict(size=8, channels=3, domains={"a": {}, "b": {}}),
}
PRESETS = {"text": "seqgan", "domains": "cyclegan"}


def begin(folder, kind="image", preset=None, name="fashion", data="fashion", **config):
    preset = preset or PRESETS.get(kind, "nsgan")
    spec = dict(
        kind="image" if kind == "domains" else kind,
        name=name,
        train=90,
        held_out=10,
        fingerprint="feed0123beef4567",
    )
    spec |= SPEC[kind]
    for part in spec.get("domains", {}):
        spec["domains"][part] = dict(kind="image", name=f"side-{part}", train=9, held_out=1)
    keywords = {"lr": 0.0002} | ({} if kind == "domains" else {"d_steps": 3})
    keywords |= config.pop("keywords", {})
    chosen = dict(versions={"torch": "2.13.0"}, steps=60, seed=41) | config
    return Run.begin(folder, Config(preset, keywords, data, {}, spec, **chosen))


def log(run, lines, scores=()):
    (run.folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = [{"step": step, "metric": "cFID (quick)", "value": value} for step, value in scores]
    (run.folder / "scores.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def sheet(run, step, colour=(200, 30, 30), size=(64, 64)):
    path = run.folder / "samples" / f"{step:08d}.png"
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def measure(run, **numbers):
    page = {"step": 45, "data": "fashion", "fingerprint": "feed", "torch": "2.13.0"}
    page["numbers"] = {name: number.to_json() for name, number in numbers.items()}
    (run.folder / "metrics.json").write_text(json.dumps(page))


def cfid(**changes):
    how = dict(features="judge 'fashion'", reference="held-out split", counts={"generated": 4000})
    how |= dict(resize="28 to 28, none", seed=17, notes=("biased by N", "arXiv:1904.06991"))
    return Measured("cFID", 12.3456, "lower", Protocol(**(how | changes)), 0.1234)


def written(run):
    path = write_report(run)
    assert path == run.folder / "report.html"
    return path.read_text()


def images_of(page):
    found = re.findall(r'src="data:image/png;base64,([A-Za-z0-9+/=]+)"', page)
    return [Image.open(io.BytesIO(base64.b64decode(code))) for code in found]


@pytest.fixture
def full(tmp_path):
    run = begin(tmp_path / "runs" / "my run")
    lines = [{"step": s, "D/adv": 1 / s, "D/penalty": 0.0, "G/adv": s} for s in (10, 20)]
    log(run, lines, [(0, 0.5), (15, 44.25), (30, 31.5), (60, 40.0)])
    for step in (0, 15, 30):
        sheet(run, step)
    measure(run, cfid=cfid())
    (run.folder / "clock.json").write_text('{"seconds": 200.2}')
    return run


class Elements(HTMLParser):
    """Collects elements and attributes, and checks that elements are closed in order."""

    void = ("meta", "img", "br")

    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.attributes = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page_is_whole_and_needs_nothing_else(full):
    page = written(full)
    elements = Elements(page)
    assert not elements.open
    assert not {"script", "link", "iframe", "object", "base", "style"} & set(
        elements.seen[elements.seen.index("body") :]
    )
    assert "://" not in page
    assert "default-src 'none'" in page
    for name, value in elements.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href"):
            assert value.startswith(("data:image/png;base64,", "#"))
    assert all(inner.startswith("#") for inner in re.findall(r"url\(([^)]*)\)", page))
    assert "prefers-color-scheme: dark" in page
    assert len(page) < 300_000


def test_same_folder_gives_same_bytes(full):
    first = write_report(full).read_bytes()
    assert write_report(Run.open(full.folder)).read_bytes() == first
    assert not list(full.folder.glob(".*.tmp"))


def test_summary_says_steps_time_and_best(full):
    assert ">Step 60 of 60, after 3 min 20 s; best cFID (quick) 31.5, at step 30.<" in written(full)


def test_summary_of_a_run_by_the_clock(tmp_path):
    run = begin(tmp_path / "r", minutes=4.0, steps=10**9)
    log(run, [{"step": 10, "G/adv": 1.0}])
    assert ">Step 10 of a run of 4 min.<" in written(run)


def test_step_is_that_of_the_newest_checkpoint(tmp_path):
    run = begin(tmp_path / "r")
    run.checkpoints.mkdir()
    (run.checkpoints / "00000037.safetensors").write_bytes(b"")
    assert ">Step 37 of 60.<" in written(run)


def test_curves_by_phase_and_term(full):
    page = written(full)
    for caption in ("<b>D</b> adv", "<b>G</b> adv", "<b>cFID (quick)</b> lower is better"):
        assert caption in page
    assert page.count("<svg ") == 3
    assert "best 31.5, step 30" in page
    assert "0 throughout: D/penalty." in page
    assert "#0a00" not in page


def test_numbers_with_their_protocol(full):
    page = unescape(written(full))
    row = '<tr><td>cFID</td><td class="number">12.35</td><td class="number">0.1234</td>'
    assert row + "<td>lower</td></tr>" in page
    assert "checkpoint of step 45" in page
    details = page[page.index("<details>") : page.index("</details>")]
    expected = ("judge 'fashion'", "held-out split", "generated 4000", "28 to 28, none", "17")
    for line in (*expected, "biased by N, arXiv:1904.06991"):
        assert f"<dd>{line}</dd>" in details


def test_seed_zero_is_part_of_a_protocol(full):
    measure(full, cfid=cfid(seed=0))
    assert "<dt>seed</dt><dd>0</dd>" in written(full)


def test_numbers_of_one_name_are_shown_by_their_keys(full):
    measure(full, cfid_a_to_b=cfid(), cfid_b_to_a=cfid())
    page = written(full)
    assert "<td>cfid_a_to_b</td>" in page
    assert "<td>cfid_b_to_a</td>" in page


def test_configuration(full):
    page = written(full)
    rows = dict(lr="0.0002", d_steps="3", data="fashion", fingerprint="feed0123beef4567", seed="41")
    rows |= dict(torch="2.13.0", classes="Bag, Coat", training="90", clip="none", compile="no")
    for name, value in rows.items():
        assert f"<tr><th>{name}</th><td>{value}</td></tr>" in page


def test_commands_name_the_folder_only(full, tmp_path):
    page = unescape(written(full))
    assert "gansmith train --resume 'my run' --steps 120\n" in page
    assert "gansmith sample 'my run' -n 64" in page
    unfinished = written(begin(tmp_path / "short"))
    assert "gansmith train --resume short\n" in unfinished


@pytest.mark.parametrize("preset", ["{0}/mine.py:build", "nsgan"])
def test_no_path_of_the_machine(tmp_path, preset):
    where = str(tmp_path / "private")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "mine.py").write_text("def build(spec): ...\n")
    run = begin(
        tmp_path / "private" / "r",
        preset=preset.format(where),
        data=f"{where}/photos",
        name=f"{where}/photos",
        began_from=f"{where}/donor",
        keywords={"judge": f"{where}/judge.pt"},
    )
    sheet(run, 0)
    measure(run, cfid=cfid(features=f"{where}/features.pt"))
    page = written(run)
    assert str(tmp_path) not in page
    assert "private" not in page
    for name in ("photos", "donor", "judge.pt", "features.pt", preset.partition("/")[2]):
        assert name in page


EVIL = '<img src=x onerror="alert(1)">\'&'


@pytest.mark.parametrize("kind", SPEC)
def test_names_cannot_inject(tmp_path, kind):
    run = begin(tmp_path / '<i>"r', kind, preset=EVIL, name=EVIL, keywords={EVIL: EVIL})
    log(run, [{"step": 10, f"{EVIL}/{EVIL}": 1.0, f"zero/{EVIL}": 0.0}])
    scored = {"step": 10, "metric": EVIL, "value": 1.0}
    (run.folder / "scores.jsonl").write_text(json.dumps(scored) + "\n")
    for step in (0, 10):
        (run.folder / "samples").mkdir(exist_ok=True)
        (run.folder / "samples" / f"{step:08d}.txt").write_text(EVIL)
    number = cfid(features=EVIL, notes=(EVIL,), counts={EVIL: 1})
    measure(run, cfid=Measured(EVIL, 1.0, "lower", number.protocol))
    page = written(run)
    assert EVIL not in page
    assert "<img" not in page
    assert '<i>"r' not in page
    assert page.count(escape(EVIL)) > 12
    assert not Elements(page).open


def test_an_empty_run_gives_a_short_page(tmp_path):
    page = written(begin(tmp_path / "r"))
    assert re.findall("<h2>(.*?)</h2>", page) == ["How to go on", "Configuration"]
    assert ">Step 0 of 60.<" in page


def test_an_empty_log_gives_a_short_page(tmp_path):
    run = begin(tmp_path / "r")
    log(run, [])
    assert "<svg" not in written(run)


def test_a_line_still_being_written_is_left_out(full):
    before = written(full)
    for name in ("log.jsonl", "scores.jsonl"):
        with open(full.folder / name, "a") as file:
            file.write('{"step": 70, "G/a')
    assert written(full) == before


@pytest.mark.parametrize("kind", ["image", "points", "domains"])
def test_sheets_of_each_kind(tmp_path, kind):
    run = begin(tmp_path / "r", kind)
    for step in range(0, 2000, 100):
        sheet(run, step, (step // 10, 0, 0))
    page = written(run)
    shown = [image.convert("RGB").getpixel((5, 5))[0] * 10 for image in images_of(page)]
    steps = [0, 300, 500, 800, 1100, 1400, 1600, 1900]
    assert shown == [1900, *steps]
    captions = re.findall("<figcaption>step ([0-9]+)</figcaption>", page)
    assert list(map(int, captions)) == steps


def test_text_of_the_newest_sheet_in_full_and_of_others_in_part(tmp_path):
    run = begin(tmp_path / "r", "text")
    (run.folder / "samples").mkdir()
    for step in (5, 90, 100_000_000):
        lines = "\n".join(f"{step} line {i}" for i in range(9))
        (run.folder / "samples" / f"{step:08d}.txt").write_text(lines)
    page = written(run)
    assert page.count("100000000 line 8") == 1
    assert page.count("100000000 line 5") == 2
    assert "90 line 5" in page
    assert "90 line 6" not in page


def test_domains_are_in_the_configuration(tmp_path):
    page = written(begin(tmp_path / "r", "domains"))
    assert "gansmith translate r FOLDER" in page
    assert "<tr><th>b</th><td>side-b, 9 + 1</td></tr>" in page


@pytest.mark.parametrize(
    ("preset", "data", "keywords", "use"),
    [
        ("pix2pix", "edges:digits", dict(width=4, patch_size=7), "translate r FOLDER"),
        ("next-frame", "moving-digits", dict(width=4, patch_size=7), "translate r FOLDER"),
        ("speech-enhancement", "noisy:spoken-digits", dict(width=4), "translate r FOLDER"),
        ("multi-label", "collages", dict(width=2), "translate r FOLDER"),
        ("cyclegan", "emoji:noto+twemoji", dict(width=2, blocks=1), "translate r FOLDER"),
        ("classifier", "digits", dict(width=2), "classify r FOLDER"),
        ("gan", "digits", dict(width=2), "sample r -n 64"),
        ("cgan", "digits", dict(width=2), "sample r -n 64"),
        ("sound-to-image", "spoken-pictures", dict(width=2), "sample r -n 64"),
        ("seq2seq", "number-words", dict(hidden_dim=4), "sample r -n 64"),
    ],
)
def test_it_says_what_a_run_is_for(tmp_path, preset, data, keywords, use):
    spec = open_data(data).spec.to_json()
    run = Run.begin(tmp_path / "r", Config(preset, keywords, data, {}, spec))
    assert f"gansmith evaluate r\ngansmith {use}\ngansmith export r" in written(run)


def test_it_shows_the_command_that_repeats_the_run_without_a_path(tmp_path):
    given = dict(data="grey:/home/me/my photos", began_from="/home/me/runs/first", clip=0.5)
    page = unescape(written(begin(tmp_path / "r", keywords={"lr": 5e-4, "d_steps": 3}, **given)))
    words = "--data 'grey:my photos' --steps 60 --seed 41 --sample-every 250 --clip 0.5"
    assert f"gansmith train nsgan {words} --from first --d-steps 3</pre>" in page
    assert "/home/me" not in page


def test_a_run_whose_preset_is_gone_still_has_a_report(tmp_path):
    own = tmp_path / "mine.py"
    own.write_text("from gansmith.presets.classic import nsgan\nbuild = nsgan\n")
    run = begin(tmp_path / "r", preset=f"{own}:build")
    assert "gansmith sample r --trust -n 64" in written(run)
    for broken in ("1 / 0\n", "import nothing_of_this_name\n"):
        own.write_text(broken)
        assert "gansmith evaluate r --trust\ngansmith export r --trust" in written(run)
    own.unlink()
    assert "gansmith evaluate r --trust\ngansmith export r --trust" in written(run)


def test_a_long_run_stays_small(tmp_path):
    run = begin(tmp_path / "r")
    log(run, [{"step": 10 * i, "G/adv": (i * 7919) % 1000 / 10} for i in range(1, 20_000)])
    assert len(written(run)) < 60_000


def test_thinning_keeps_order_and_extremes():
    curve = [(i, float(i % 13)) for i in range(10_000)]
    curve[4321] = (4321, 99.0)
    curve[777] = (777, -99.0)
    kept = thinned(curve)
    assert len(kept) <= MOST
    assert kept == sorted(kept)
    assert {(4321, 99.0), (777, -99.0)} < set(kept)
    assert thinned(curve[:MOST]) == curve[:MOST]


def test_moving_mean():
    assert moving_mean([1.0, 2.0, 6.0, 4.0, 10.0], 3) == [1.5, 3.0, 4.0, 20 / 3, 7.0]
    assert moving_mean([5.0, 1.0], 0) == [5.0, 1.0]
    assert moving_mean([3.0], 20) == [3.0]


def test_spread_has_both_ends():
    assert spread(list(range(20)), 4) == [0, 6, 13, 19]
    assert spread([1, 2], 8) == [1, 2]


def test_score_curve_marks_the_best_and_turns_logarithmic():
    marked = score_curve([(0, 3.0), (10, 2.0)], (10, 2.0), 10, "score")
    assert "var(--mark)" in marked
    assert "var(--mark)" not in score_curve([(0, 3.0)], None, 10, "score")
    wide = score_curve([(0, 500.0), (10, 2.0)], (10, 2.0), 10, "score")
    ticks = re.findall(r"<text[^>]*>([^<]+)</text>", wide)
    assert {"5", "50", "200"} <= set(ticks)


def test_a_single_value_is_seen():
    assert "<use" in loss_curve([(10, 1.0)], 10, "G/adv")
