"""`gansmith.train` and `gansmith.open_run`, as one calls them from Python."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

import gansmith
from gansmith.api import open_run, train
from gansmith.data import DataError
from gansmith.modalities.base import Sheet

TINY = dict(width=4, batch=8, d_steps=1)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_package_offers_what_it_names() -> None:
    assert gansmith.train is train
    assert gansmith.open_run is open_run
    for name in set(gansmith.__all__) - {"__version__"}:
        assert getattr(gansmith, name).__name__ == name
    assert gansmith.__version__.startswith("0.")
    with pytest.raises(AttributeError, match="gansmith has no 'trian'; it has Batch"):
        gansmith.trian  # noqa: B018


@pytest.mark.parametrize("first", ["", "import gansmith.sweeps.study", "gansmith.sweep"])
def test_sweep_is_a_function_whatever_was_imported_before(first: str) -> None:
    pytest.importorskip("optuna")
    script = f"import gansmith\n{first}\nfrom gansmith import sweep\nprint(callable(sweep))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr


def test_train_plays_a_run_that_can_be_opened_again() -> None:
    run = train("wgan-gp", data="ring", steps=3, seed=5, **TINY)
    assert run.folder == Path("runs/wgan-gp-ring-0000")
    assert run.choose("latest").step == 3
    again = open_run(run.folder).choose("latest")
    points = run.sample(9, seed=1)
    assert (points.shape, points.dtype) == ((9, 2), torch.float32)
    assert torch.equal(again.sample(9, seed=1), points)
    assert not torch.equal(again.sample(9, seed=2), points)


@pytest.mark.parametrize(
    ("keywords", "error", "hint"),
    [
        (dict(data="ring", widht=4), TypeError, "keyword 'widht'; did you mean 'width'?"),
        (dict(data="ring", steps=3, minutes=1), ValueError, "give --steps or --minutes, not both"),
        (dict(data="ring", steps=0), ValueError, "steps must be a number in"),
        (dict(data="nothing"), DataError, "no data set and no path is called 'nothing'"),
        (dict(data="ring", begin_from="nowhere"), FileNotFoundError, "nowhere is not a run"),
        (dict(data="ring", precision="float8"), ValueError, "precision is one of"),
        (dict(data="ring", micro=3, batch=8), ValueError, "does not divide into 3"),
        (dict(data="ring", micro=0), ValueError, "micro must be a number in"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_written(
    keywords: dict, error: type, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=hint.replace("?", r"\?")):
        train("wgan-gp", out="run", **keywords)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=1000))
    with pytest.raises(OSError, match="the run needs about .* MB in run, and 0 MB are free"):
        train("wgan-gp", data="ring", steps=1, out="run", **TINY)
    assert not list(tmp_path.iterdir())


def test_micro_batches_and_metrics_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    for n in range(12):
        Image.new("L", (8, 8), n).save(tmp_path / f"{n}.png")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match="does not divide into 3"):
        train("nsgan", data=tmp_path, width=4, batch=8, micro=3, steps=1, out=tmp_path / "run")
    with pytest.raises(ValueError, match="unknown metric 'cfdi'; did you mean 'cfid'"):
        train("nsgan", data=tmp_path, width=4, batch=4, metrics=["cfdi"], out=tmp_path / "run")
    assert sorted(tmp_path.iterdir()) == before


def test_players_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    donor = train("wgan-gp", data="ring", steps=1, out="donor", **TINY)
    with pytest.raises(ValueError, match="do not fit this run"):
        train("wgan-gp", data="ring", steps=1, begin_from=donor.folder, out="run", width=5)
    assert [path.name for path in tmp_path.iterdir()] == ["donor"]


def test_a_run_does_what_commands_do(monkeypatch: pytest.MonkeyPatch) -> None:
    run = train("nsgan", data="digits", steps=2, out="run", width=4, latent=4, batch=8)
    assert isinstance(run.choose("latest"), gansmith.Run)
    assert isinstance(open_run("run"), gansmith.Run)
    sheet = run.show(16, seed=3)
    assert Image.open(io.BytesIO(sheet._repr_png_())).size[0] > 64
    assert sheet._repr_html_() is None
    run.show(16, seed=3).write(Path("mine"))
    assert Path("mine.png").read_bytes() == sheet.content
    assert run.report() == Path("run/report.html")
    assert Path("run/report.html").is_file()
    monkeypatch.setattr("gansmith.export.export.export", lambda *given: given)
    assert run.export() == (run, Path("run/export"), "torch-export")
    assert run.export("there", "onnx") == (run, Path("there"), "onnx")
    shown = run._repr_html_()
    assert "<h3>nsgan on digits</h3>" in shown
    assert "Step 2 of 2" in shown
    assert "data:image/png;base64," in shown
    assert repr(run) == "<run of nsgan on digits in run>"


def test_a_run_is_diagnosed_as_it_was_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    run = train("wgan-gp", data="ring", steps=2, out="run", **TINY)
    opened = open_run("run").choose("latest")
    monkeypatch.setattr("gansmith.runs.run.Run.open", lambda *given, **more: pytest.fail("anew"))
    found = opened.diagnose(n=200)
    assert (found.samples, found.against) == (200, "ring")
    assert json.loads((run.folder / "diagnosis/diagnosis.json").read_text())["findings"]
    shown = found._repr_html_()
    for finding in found.findings:
        assert f"<b>{finding.name}</b>" in shown
        assert "b'" not in repr(finding)
    assert "200 samples against ring" in shown


def test_sheets_of_text_and_of_clips_are_shown_as_what_they_are() -> None:
    assert Sheet(".txt", b"a < b")._repr_html_() == "<pre>a &lt; b</pre>"
    assert Sheet(".txt", b"a < b")._repr_png_() is None
    assert Sheet(".gif", b"GIF")._repr_html_() == (
        '<img alt="samples" src="data:image/gif;base64,R0lG">'
    )
    assert repr(Sheet(".gif", b"GIF")) == "<sheet .gif, 3 bytes>"
