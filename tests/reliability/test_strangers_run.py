"""A run folder from somewhere else: nothing in it is executed, and nothing outside is touched."""

import json
import shutil
from importlib.util import cache_from_source

import pytest

import gansmith
from gansmith import cli
from gansmith.cli.console import console, may_trust
from gansmith.core.files import FileError
from gansmith.data import DataError
from gansmith.diagnosis import diagnose
from gansmith.modalities.image import Image
from gansmith.report.compare import compare
from gansmith.runs.plan import plan
from gansmith.runs.run import Run
from gansmith.runs.trust import UntrustedError

PRESET = """
from pathlib import Path
from gansmith.presets.classic import nsgan
def mine(spec, *, steps: int = 2):
    Path(__file__).with_name("executed").touch()
    return nsgan(spec, width=4, latent=4, batch=4, steps=steps)
Path(__file__).with_name("executed").touch()
"""


@pytest.fixture(scope="module")
def _trained(tmp_path_factory):
    """A run with a preset file, as its own user trains it, without a question."""
    home = tmp_path_factory.mktemp("home")
    (home / "mine.py").write_text(PRESET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "score_count", 64)
        gansmith.train(f"{home / 'mine.py'}:mine", data="digits", steps=2, out=home / "run")
    return home


@pytest.fixture
def home(_trained, tmp_path):
    """That run in a folder of its own, whose file has not been executed."""
    shutil.copytree(_trained, tmp_path / "home")
    home = tmp_path / "home"
    page = json.loads((home / "run" / "config.json").read_text())
    page["preset"] = f"{home / 'mine.py'}:mine"
    (home / "run" / "config.json").write_text(json.dumps(page))
    (home / "executed").unlink()
    return home


def status(*words) -> int:
    with pytest.raises(SystemExit) as left:
        cli.main([str(word) for word in words])
    return left.value.code


@pytest.mark.parametrize(
    "words",
    [
        ["sample", "RUN"],
        ["evaluate", "RUN"],
        ["evaluate", "RUN", "RUN"],
        ["export", "RUN"],
        ["diagnose", "RUN"],
        ["translate", "RUN", "RUN/samples"],
        ["encode", "RUN", "RUN/samples"],
        ["classify", "RUN", "RUN/samples"],
        ["train", "--resume", "RUN"],
    ],
)
def test_no_command_executes_the_preset_file_of_a_run(home, capsys, words):
    run = str(home / "run")
    assert status(*(word.replace("RUN", run) for word in words)) == 2
    said = capsys.readouterr().err
    assert f"{home / 'mine.py'}" in said
    assert "--trust" in said
    assert not (home / "executed").exists()


@pytest.mark.parametrize("where", ["run/code/preset/mine.py", "mine.py"])
@pytest.mark.parametrize("words", [["sample", "RUN"], ["train", "--resume", "RUN"]])
def test_a_file_that_is_pointed_at_is_not_executed_without_trust_either(home, capsys, where, words):
    words = [word.replace("RUN", str(home / "run")) for word in words]
    assert status(*words, "--preset", f"{home / where}:mine") == 2
    assert "--trust" in capsys.readouterr().err
    assert not [*home.rglob("executed")]


def test_a_cached_pyc_is_not_executed_in_place_of_the_file(home):
    """One that says of itself that it need not be compared with its source, which was read."""
    import py_compile

    other = home / "other.py"
    other.write_text("def mine(spec, *, steps: int = 2): raise AssertionError")
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    cached = cache_from_source(str(home / "mine.py"))
    py_compile.compile(str(other), cached, invalidation_mode=unchecked)
    gansmith.open_run(home / "run", trust=True).recipe()


def test_a_report_does_without_the_file_and_says_how_to_go_on(home):
    cli.main(["report", str(home / "run")])
    assert not (home / "executed").exists()
    assert "sample run" not in (home / "run" / "report.html").read_text()
    assert "evaluate run --trust" in (home / "run" / "report.html").read_text()


def test_python_does_not_either(home):
    for use in (Run.recipe, Run.sample, Run.resume):
        with pytest.raises(UntrustedError, match="can do all that you can"):
            use(gansmith.open_run(home / "run"))
    for look in (diagnose, lambda run: compare([run])):
        with pytest.raises(UntrustedError):
            look(home / "run")
    assert not (home / "executed").exists()


def test_with_trust_the_run_is_used(home, capsys):
    cli.main(["sample", str(home / "run"), "-n", "2", "--trust"])
    assert (home / "executed").exists()
    assert len(gansmith.open_run(home / "run", trust=True).sample(2)) == 2
    cli.main(["train", "--resume", str(home / "run"), "--steps", "3", "--trust"])
    assert f"gansmith evaluate {home / 'run'} --trust;" in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "given"), [("y", True), ("", False), ("no", False)])
def test_in_a_terminal_it_asks(home, monkeypatch, capsys, answer, given):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: answer)
    assert may_trust([home, home / "run"], False) is given
    asked = capsys.readouterr().err
    assert str(home / "mine.py") in asked
    assert "read, change and delete" in asked


@pytest.mark.parametrize(
    "name", ["checkpoints", "samples", "log.jsonl", ".lock", "generated/a.png"]
)
def test_a_link_in_a_run_folder_is_refused_before_anything_is_written(home, tmp_path, name):
    outside = tmp_path / "outside"
    shutil.copytree(home / "run" / "checkpoints", outside)
    (outside / ".x.tmp").touch()
    before = {path: path.stat().st_mtime_ns for path in outside.rglob("*")}
    link = home / "run" / name
    link.parent.mkdir(exist_ok=True)
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    for use in (Run.open, Run.join):
        with pytest.raises(FileError, match=f"{name} is a link"):
            use(home / "run")
    assert {path: path.stat().st_mtime_ns for path in outside.rglob("*")} == before
    link.unlink()
    (tmp_path / "alias").symlink_to(home / "run")  # a link to the whole run is the person's own
    assert Run.open(tmp_path / "alias").config.steps == 2


def test_a_lock_that_is_a_link_is_refused_where_a_run_begins(tmp_path):
    (tmp_path / "precious").write_text("words")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(FileError, match="is a link"):
        plan("gan", data="ring", out=tmp_path / "run")
    assert (tmp_path / "precious").read_text() == "words"


def test_names_and_damage_in_the_list_of_runs(home, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "width", 300)
    strange = tmp_path / "runs" / "[bold]\x1b[31mred"
    shutil.copytree(home / "run", strange)
    page = json.loads((strange / "config.json").read_text())
    page["spec"]["name"] = "[/]"
    (strange / "config.json").write_text(json.dumps(page))
    (tmp_path / "runs" / "damaged").mkdir()
    (tmp_path / "runs" / "damaged" / "config.json").write_text('{"steps": ')
    cli.main(["list", "runs"])
    said = " ".join(capsys.readouterr().out.split())
    assert r"[bold]\x1b[31mred" in said
    assert "\x1b" not in said
    assert "cannot be read" in said
    assert "[/]" in said
    assert status("sample", strange) == 2
    said = capsys.readouterr().err
    assert r"[bold]\x1b[31mred" in said
    assert "\x1b" not in said


def test_data_that_has_moved_is_said(tmp_path, capsys):
    import numpy as np

    rng = np.random.default_rng(0)
    for name in ("here", "other"):
        np.savez(tmp_path / f"{name}.npz", images=rng.integers(0, 256, (100, 8, 8), np.uint8))
    out, now = tmp_path / "run", tmp_path / "there.npz"
    words = ["--steps", "2", "--width", "4", "--latent", "4", "--batch", "4", "--out", str(out)]
    cli.main(["train", "nsgan", "--data", str(tmp_path / "here.npz"), *words])
    (tmp_path / "here.npz").rename(now)
    before = (out / "config.json").read_bytes()
    for use in (["train", "--steps", "3", "--resume"], ["evaluate", "-n", "8"]):
        assert status(*use, out) == 2
        assert status(*use, out, "--data", tmp_path / "other.npz") == 2
        assert "has changed since the run began" in capsys.readouterr().err
    assert (out / "config.json").read_bytes() == before
    cli.main(["sample", str(out), "-n", "2", "--data", str(now)])
    cli.main(["evaluate", str(out), "-n", "8", "--data", str(now)])
    assert (out / "config.json").read_bytes() == before
    cli.main(["train", "--steps", "3", "--resume", str(out), "--data", str(now)])
    assert gansmith.open_run(out).config.data == str(now)
    with pytest.raises(DataError):
        gansmith.open_run(out, data=tmp_path / "other.npz").resume(steps=4)
    assert gansmith.open_run(out).config.steps == 3
