"""A preset in a file of one's own: what it imports, its fingerprint, and when it has moved."""

import hashlib
import shutil
import sys

import pytest

import gansmith
from gansmith import cli
from gansmith.core.python_file import fingerprints
from gansmith.presets import find_preset
from gansmith.runs.trust import ChangedCodeError

PRESET = """
from gansmith.presets.classic import nsgan
from players import WIDTH
def mine(spec, *, steps: int = 2):
    from late.parts import LATENT
    return nsgan(spec, width=WIDTH, latent=LATENT, batch=4, steps=steps)
"""


def write(folder, width=4):
    (folder / "late").mkdir(parents=True)
    (folder / "mine.py").write_text(PRESET)
    (folder / "players.py").write_text(f"WIDTH = {width}\n")
    (folder / "late" / "parts.py").write_text("LATENT = 4\n")
    return f"{folder / 'mine.py'}:mine"


@pytest.fixture
def trained(tmp_path):
    preset = write(tmp_path / "own")
    gansmith.train(preset, data="ring", steps=2, out=tmp_path / "run")
    return tmp_path


def test_modules_beside_the_file_are_imported_and_sys_path_stays_as_it_is(tmp_path):
    before = list(sys.path)
    one, other = (find_preset(write(tmp_path / name, w)) for name, w in (("a", 4), ("b", 6)))
    assert sys.path == before
    assert one.build.__globals__["WIDTH"] == 4
    assert other.build.__globals__["WIDTH"] == 6
    (tmp_path / "a" / "players.py").write_text("WIDTH = 5\n")  # of the same length, at once
    again = find_preset(f"{tmp_path / 'a' / 'mine.py'}:mine")
    assert again.build.__globals__["WIDTH"] == 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("import no_such_module", "cannot be imported: No module named 'no_such_module'"),
        ("from .players import WIDTH", "by their absolute names"),
        ("def mine(:", "is not Python"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_message(tmp_path, content, said):
    (tmp_path / "mine.py").write_text(content)
    with pytest.raises(ValueError, match=said):
        find_preset(f"{tmp_path / 'mine.py'}:mine")


def test_the_run_folder_keeps_a_copy_with_its_fingerprints(trained):
    names = ["mine.py", "players.py", "late/parts.py"]
    kept = gansmith.open_run(trained / "run").config.code["preset"]
    assert list(kept) == names
    for name in names:
        copy = (trained / "run" / "code" / "preset" / name).read_bytes()
        assert copy == (trained / "own" / name).read_bytes()
        assert kept[name] == hashlib.sha256(copy).hexdigest()


def test_a_changed_file_is_refused_and_named(trained):
    for name in ("mine.py", "players.py", "late/parts.py"):
        file = trained / "own" / name
        before = file.read_text()
        file.write_text(before + "# changed\n")
        for use in (lambda run: run.resume(steps=3), lambda run: run.sample(2)):
            with pytest.raises(ChangedCodeError, match=f"^{name} of the preset .* changed or mo"):
                use(gansmith.open_run(trained / "run", trust=True))
        file.write_text(before)
    assert gansmith.open_run(trained / "run").config.steps == 2
    assert len(gansmith.open_run(trained / "run", trust=True).sample(2)) == 2


def test_a_moved_file_is_pointed_at_again(trained, capsys):
    run = trained / "run"
    shutil.move(trained / "own", trained / "new")
    (trained / "new" / "mine.py").rename(trained / "new" / "renamed.py")
    with pytest.raises(ChangedCodeError, match=r"^mine.py of .*say by --preset FILE.py:NAME"):
        gansmith.open_run(run, trust=True).resume(steps=3)
    now = f"{trained / 'new' / 'renamed.py'}:mine"
    cli.main(["sample", str(run), "-n", "2", "--trust", "--preset", now])
    assert gansmith.open_run(run).config.preset.endswith("own/mine.py:mine")
    cli.main(["train", "--resume", str(run), "--steps", "3", "--trust", "--preset", now])
    assert gansmith.open_run(run).config.preset == now
    kept = f"{run / 'code' / 'preset' / 'mine.py'}:mine"
    assert len(gansmith.open_run(run, trust=True, preset=kept).sample(2)) == 2


def test_only_the_file_may_be_another(trained, tmp_path):
    other = f"{trained / 'own' / 'mine.py'}:nsgan"
    with pytest.raises(ValueError, match="with the same NAME; got"):
        gansmith.open_run(trained / "run", preset=other)
    with pytest.raises(SystemExit):
        cli.main(["train", "wgan-gp", "--resume", str(trained / "run")])


def test_gansmith_itself_is_not_beside_a_file(tmp_path):
    preset = write(tmp_path / "own")
    (tmp_path / "own" / "gansmith").mkdir()
    (tmp_path / "own" / "gansmith" / "__init__.py").touch()
    assert list(fingerprints(preset)) == ["mine.py", "players.py", "late/parts.py"]
