"""What goes wrong in practice: each failure is named, says what to do, and loses nothing."""

import json
import re
import resource
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import gansmith
from gansmith import cli
from gansmith.core.files import FileError, LockedError, write_atomic
from gansmith.core.trainer import NonFiniteError, Trainer
from gansmith.data import DataError
from gansmith.modalities import image as images
from gansmith.runs import checkpoint
from gansmith.runs.checkpoint import CheckpointError
from gansmith.runs.plan import plan
from gansmith.runs.run import Run

TINY = dict(data="digits", width=4, latent=4, batch=4, seed=5)
NARROW = ["--data", "digits", "--width", "4", "--latent", "4", "--batch", "4"]


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch):
    monkeypatch.setattr(images.Image, "score_count", 64)


def begun(folder: Path, preset: str = "nsgan", **options) -> Run:
    one = plan(preset, out=folder, **dict(TINY, steps=6) | options)
    return Run.begin(folder, one.config)


@pytest.fixture(scope="module")
def _played(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images.Image, "score_count", 64)
        return begun(tmp_path_factory.mktemp("run") / "run").play(checkpoint_seconds=0.0).folder


@pytest.fixture
def played(_played, tmp_path):
    """A run of six steps with checkpoints at 5 and 6, in a copy of its own."""
    shutil.copytree(_played, tmp_path / "played")
    return Run.open(tmp_path / "played")


def refused(words: list[str], capsys) -> str:
    """What the command says when it fails with status 2."""
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 2
    return capsys.readouterr().err


def same(one: Run, other: Run) -> bool:
    a, b = one.read("latest")[0], other.read("latest")[0]
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@contextmanager
def full_disk(most: int):
    """No file may grow beyond so many bytes: every larger write fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_leaves_whole_checkpoints_and_can_be_resumed(tmp_path, played):
    run = begun(tmp_path / "run", steps=3)
    run.config.sample_every = played.config.sample_every
    run.play(checkpoint_seconds=0.0)
    files = {path: path.read_bytes() for path in run.checkpoints.iterdir()}
    run.config.steps, run.config.sample_every = 6, 100
    with full_disk(4096), pytest.raises(CheckpointError) as failed:
        run.play(checkpoint_seconds=0.0)
    assert re.search(
        r"no room left to write 0+4\.safetensors: free some space, then resume", str(failed.value)
    )
    assert {path: path.read_bytes() for path in run.checkpoints.iterdir()} == files
    run.config.sample_every = played.config.sample_every
    assert same(run.play(checkpoint_seconds=0.0), played)


def test_full_disk_while_the_log_is_written_is_resumed(tmp_path):
    run = begun(tmp_path / "run", steps=40).play()
    whole = (run.folder / "log.jsonl").read_bytes()
    again = begun(tmp_path / "again", steps=40)
    with full_disk(200), pytest.MonkeyPatch.context() as patch:
        patch.setattr("gansmith.runs.recorder.Recorder.evaluate_and_keep", lambda *given: None)
        patch.setattr("gansmith.runs.recorder.Recorder.save", lambda *given: None)
        with pytest.raises(FileError, match=r"no room left to write log\.jsonl"):
            again.play()
    assert not (again.folder / "log.jsonl").read_text().endswith("\n")
    again.play()
    assert (again.folder / "log.jsonl").read_bytes() == whole


@pytest.mark.parametrize("number", ["EACCES", "EROFS", "EPERM"])
def test_a_read_only_folder(tmp_path, monkeypatch, number):
    import errno

    def forbidden(*given, **named):
        raise OSError(getattr(errno, number), "no")

    monkeypatch.setattr("builtins.open", forbidden)
    with pytest.raises(FileError, match="it is read-only; choose another folder with --out"):
        write_atomic(tmp_path / "x", b"")


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    said = refused(["train", "nsgan", *NARROW, "--steps", "3", "--out",
                    str(tmp_path / "file" / "run")], capsys)  # fmt: skip
    assert re.search(r"cannot write .*run.*: Not a directory", said)
    assert (tmp_path / "file").read_text() == ""


def test_a_truncated_newest_checkpoint_is_passed_over_and_named(played, tmp_path):
    (played.checkpoints / checkpoint.BEST).unlink()
    newest = checkpoint.newest_first(played.checkpoints)[0]
    whole = Run.open(played.folder)
    tensors = {key: value.clone() for key, value in whole.read("latest")[0].items()}
    newest.write_bytes(newest.read_bytes()[:-100])
    assert whole.read("latest")[1]["step"] == 5
    again = Run.open(played.folder).play()
    assert again.resumed_with == f"{newest.name} could not be read; resuming from step 5"
    assert all(torch.equal(tensors[key], value) for key, value in again.read("latest")[0].items())
    assert newest.with_suffix(".unreadable").exists()


def test_an_unreadable_checkpoint_does_not_count_as_a_newest_one(played):
    ahead = played.checkpoints / "00000099.safetensors"
    ahead.write_bytes(b"garbage")
    played.resume(steps=100)
    names = [path.name for path in checkpoint.newest_first(played.checkpoints)]
    assert names == ["00000100.safetensors", "00000006.safetensors"]


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08" + b"\0" * 7 + b"[1,2,3] "])
def test_nothing_but_garbage_is_an_error(played, content):
    for path in played.checkpoints.iterdir():
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"none of the \d checkpoints .* start the run again"):
        Run.open(played.folder).play()
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        played.read("best")
    with pytest.raises(CheckpointError, match="no checkpoint that can be read"):
        played.read("latest")


def test_two_sittings_at_once(played, tmp_path):
    before = {path: path.read_bytes() for path in played.folder.rglob("*") if path.is_file()}
    with (
        checkpoint.lock_run(played.folder),
        pytest.raises(LockedError, match="another process is training the run .*stop it"),
    ):
        Run.open(played.folder).play()
    assert {path: path.read_bytes() for path in before} == before
    assert Run.open(played.folder).play().choose("latest").step == 6


def test_safetensors_of_another_program_are_no_checkpoint(played):
    from safetensors.torch import save_file

    (played.checkpoints / checkpoint.BEST).unlink()
    newest = checkpoint.newest_first(played.checkpoints)[0]
    save_file({"weight": torch.zeros(3)}, newest)
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        checkpoint.read(newest)
    assert played.read("latest")[1]["step"] == 5


def test_a_checkpoint_of_another_game(played, tmp_path):
    other = begun(tmp_path / "other", width=8, steps=2).play()
    shutil.rmtree(played.checkpoints)
    shutil.copytree(other.checkpoints, played.checkpoints)
    with pytest.raises(ValueError, match=r"belongs to another game.*\n.*size mismatch"):
        Run.open(played.folder).resume()
    with pytest.raises(ValueError, match="the latest checkpoint is of another game"):
        played.choose("latest").sample(1)


def test_another_preset_in_the_folder(played, capsys):
    before = {path: path.stat().st_mtime_ns for path in played.folder.rglob("*")}
    out = ["--out", str(played.folder)]
    said = refused(["train", "wgan", *NARROW, "--steps", "3", *out], capsys)
    assert "already holds a run of 'nsgan'" in said
    assert f"gansmith train --resume {played.folder}" in said
    assert {path: path.stat().st_mtime_ns for path in played.folder.rglob("*")} == before


def test_resumed_with_a_preset(played, capsys):
    said = refused(["train", "wgan", "--resume", str(played.folder)], capsys)
    assert "--resume takes no preset, since the run has one" in said


def test_data_that_changed(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    np.savez(tmp_path / "mine.npz", images=pictures)
    run = begun(tmp_path / "run", data=tmp_path / "mine.npz", steps=2).play()
    pictures[3, 4, 4] ^= 1
    np.savez(tmp_path / "mine.npz", images=pictures)
    with pytest.raises(DataError, match=r"mine\.npz has changed .*Restore .*--data, .*--from"):
        Run.open(run.folder).resume(steps=3)
    assert Run.open(run.folder).sample(2).shape == (2, 1, 8, 8)


def test_a_folder_without_pictures(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "notes.md").write_text("x")
    run = ["--out", str(tmp_path / "run")]
    said = refused(["train", "nsgan", "--data", str(tmp_path / "data"), *run], capsys)
    assert str(tmp_path / "data") in said
    assert re.search("picture|image", said)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_number_in_the_data_that_is_none(tmp_path, bad):
    points = np.zeros((50, 2), np.float32)
    points[7, 1] = bad
    np.savez(tmp_path / "points.npz", points=points)
    with pytest.raises(DataError, match="row 7 is the first of 1 with NaN or infinity; remove"):
        begun(tmp_path / "run", data=tmp_path / "points.npz")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("size", [0, -8])
def test_a_size_that_is_none(tmp_path, size):
    with pytest.raises(ValueError, match=f"size must be a number in .*; got {size}"):
        begun(tmp_path / "run", size=size)
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=f"size must be a number in .*; got {size}"):
        begun(tmp_path / "run", data=tmp_path, size=size)


@pytest.mark.parametrize("preset", ["nsgan", "wgan-gp", "sngan", "dcgan"])
def test_a_size_too_small_for_the_networks(tmp_path, preset):
    with pytest.raises(ValueError, match="8.*got 5"):
        begun(tmp_path / "run", preset, size=5)
    assert not (tmp_path / "run").exists()


def test_typing_errors_name_the_nearest(tmp_path, capsys):
    said = refused(["trian"], capsys)
    assert "did you mean 'train'?" in said
    said = refused(["train", "wgan-pg"], capsys)
    assert "did you mean 'wgan-gp'?" in said
    said = refused(["train", "nsgan", "--data", "digts"], capsys)
    assert "did you mean 'digits'?" in said
    with pytest.raises(TypeError, match="unknown keyword 'widht'; did you mean 'width'"):
        begun(tmp_path / "run", widht=3)
    said = refused(["train", "nsgan", "--widht", "3"], capsys)
    assert "--width" in said


def test_a_damaged_config(played, capsys):
    (played.folder / "config.json").write_text('{"preset": "nsg')
    said = refused(["sample", str(played.folder)], capsys)
    assert re.search(r"config\.json cannot be read: .*Restore it", said)


def test_a_newer_config(played, capsys):
    path = played.folder / "config.json"
    page = json.loads(path.read_text())
    page["versions"]["gansmith"] = "9.0"
    path.write_text(json.dumps(page | {"warp": 9}))
    said = refused(["train", "--resume", str(played.folder)], capsys)
    assert "does not know its warp; it was written by Gansmith 9.0" in said


def test_a_loss_that_is_no_number_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    run = begun(tmp_path / "run", steps=9)
    play = Trainer.train_step

    def spoilt(trainer):
        if trainer.step == 5:
            for p in trainer.players["D"].parameters():
                p.data.fill_(float("nan"))
        return play(trainer)

    monkeypatch.setattr(Trainer, "train_step", spoilt)
    with pytest.raises(NonFiniteError, match=r"step 5, phase .* the term .* is nan.*Try a smaller"):
        run.play(checkpoint_seconds=0.0)
    assert run.read("latest")[1]["step"] == 5
    monkeypatch.setattr(Trainer, "train_step", play)
    assert Run.open(run.folder).resume().choose("latest").step == 9


def test_a_disk_too_small_stops_before_anything_is_written(tmp_path, monkeypatch, capsys):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    said = refused(["train", "nsgan", *NARROW, "--steps", "3", "--out",
                    str(tmp_path / "run")], capsys)  # fmt: skip
    assert "0 MB are free; make room or choose another --out" in said
    assert not (tmp_path / "run").exists()


def test_nothing_that_could_run_code_is_ever_loaded():
    places = Path(gansmith.__file__).parent.rglob("*.py")
    forbidden = re.compile(
        r"(?<!safetensors\.)torch\.load\((?![^()]*weights_only=True\))|(?<!safetensors\.)torch\.save\("
        r"|^\s*(import|from) (pickle|dill|joblib|shelve|marshal)\b(?! import UnpicklingError$)"
        r"|pickle\.loads?|allow_pickle=True|\beval\(['\"a-z]|\bexec\(",
        re.MULTILINE,
    )
    read = {path.name: forbidden.findall(path.read_text()) for path in places}
    assert len(read) > 50
    assert {name: found for name, found in read.items() if found} == {}
