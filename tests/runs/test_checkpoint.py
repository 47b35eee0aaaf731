from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gansmith.runs import checkpoint
from gansmith.runs.checkpoint import SUFFIX, CheckpointError, DamagedCheckpointError

OLD = {"w": torch.arange(6.0).view(2, 3)}
NEW = {"w": -torch.arange(6.0).view(2, 3)}


def test_tensors_and_numbers_come_back(tmp_path: Path) -> None:
    tensors = {
        "float": torch.randn(3, 2),
        "half": torch.randn(3).bfloat16(),
        "exact": torch.randn(3, dtype=torch.float64),
        "count": torch.tensor(7),
        "flag": torch.tensor([True, False]),
        "none": torch.zeros(0, 4),
        "nothing": torch.zeros(0, 4),
    }
    numbers = {"step": 3, "draws": 2**40, "best": {"value": 0.1 + 0.2, "metric": "cFID"}, "a": None}
    checkpoint.write(tmp_path / "deep" / f"x{SUFFIX}", tensors, numbers)
    read, back = checkpoint.read(tmp_path / "deep" / f"x{SUFFIX}")
    assert back == numbers
    assert read.keys() == tensors.keys()
    for name, value in tensors.items():
        assert read[name].dtype == value.dtype
        assert read[name].equal(value)
    assert os.listdir(tmp_path / "deep") == [f"x{SUFFIX}"]


def test_layouts_and_views_are_stored_by_value(tmp_path: Path) -> None:
    base = torch.randn(2, 3, 4, 4)
    tensors = {
        "last": base.contiguous(memory_format=torch.channels_last),
        "turned": base.transpose(0, 1),
        "slice": base[1:],
        "expanded": torch.ones(1).expand(5),
    }
    checkpoint.write(tmp_path / "x", tensors, {})
    read, _ = checkpoint.read(tmp_path / "x")
    assert all(read[name].equal(value) for name, value in tensors.items())
    assert all(value.is_contiguous() for value in read.values())


def test_tied_tensors_are_saved_once_and_parts_of_one_are_not_mixed_up(tmp_path: Path) -> None:
    big = torch.randn(100, 100)
    tied = {"a": big, "b": big, "row": big[0], "turned": big.T}
    checkpoint.write(tmp_path / "tied", tied, {})
    checkpoint.write(tmp_path / "one", {"a": big}, {})
    read, _ = checkpoint.read(tmp_path / "tied")
    assert all(read[name].equal(value) for name, value in tied.items())
    sizes = [(tmp_path / name).stat().st_size for name in ("tied", "one")]
    assert sizes[0] < 2 * sizes[1] + 2000  # a and turned, the row; not b


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / f"00000001{SUFFIX}"
    torch.save({"w": torch.ones(2)}, path)
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        checkpoint.read(path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_a_failure_leaves_the_older_file_whole(
    call: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"x{SUFFIX}"
    checkpoint.write(path, OLD, {"step": 1})

    def fail(*arguments: Any) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as broken:
        broken.setattr(os, call, fail)
        with pytest.raises(CheckpointError) as caught:
            checkpoint.write(path, NEW, {"step": 2})
    advice = {
        errno.ENOSPC: "free some space",
        errno.EDQUOT: "free some space",
        errno.EROFS: "read-only; choose another folder",
        errno.EIO: "cannot write",
    }
    assert advice[code] in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    read, numbers = checkpoint.read(path)
    assert read["w"].equal(OLD["w"])
    assert numbers == {"step": 1}
    assert os.listdir(tmp_path) == [path.name]


FULL = """
import resource, signal, sys, torch
from pathlib import Path
from gansmith.runs import checkpoint
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
checkpoint.write(path, {"w": torch.ones(10)}, {"step": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    checkpoint.write(path, {"w": torch.ones(100_000)}, {"step": 2})
except checkpoint.CheckpointError as error:
    print(error)
tensors, numbers = checkpoint.read(path)
assert numbers == {"step": 1} and len(tensors["w"]) == 10
assert [p.name for p in path.parent.iterdir()] == [path.name]
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit on file sizes")
def test_a_file_that_outgrows_its_room_is_refused_and_the_older_one_stays(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / f"x{SUFFIX}")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "no room left" in done.stdout


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("not a folder")
    with pytest.raises(CheckpointError, match="cannot write"):
        checkpoint.write(tmp_path / "checkpoints" / f"x{SUFFIX}", OLD, {})
    assert (tmp_path / "checkpoints").read_text() == "not a folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder_is_refused_by_name(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CheckpointError, match="read-only; choose another folder with --out"):
        checkpoint.write(tmp_path / f"x{SUFFIX}", OLD, {})


def numbered(folder: Path, *steps: int) -> list[Path]:
    paths = [folder / f"{step:08d}{SUFFIX}" for step in steps]
    for step, path in zip(steps, paths, strict=True):
        checkpoint.write(path, OLD, {"step": step})
    return paths


def test_newest_first_counts_numbers_only(tmp_path: Path) -> None:
    one, ten, nine = numbered(tmp_path, 1, 10, 9)
    checkpoint.write(tmp_path / f"best{SUFFIX}", OLD, {})
    assert checkpoint.newest_first(tmp_path) == [ten, nine, one]
    assert checkpoint.newest_first(tmp_path / "absent") == []


@pytest.mark.parametrize("left", [0, 7, 8, 60, -1])
def test_a_truncated_checkpoint_is_passed_over(left: int, tmp_path: Path) -> None:
    _old, new = numbered(tmp_path, 1, 2)
    content = new.read_bytes()
    new.write_bytes(content[:left])
    with pytest.raises(CheckpointError, match="00000002.safetensors cannot be read"):
        checkpoint.read(new)
    tensors, numbers, damaged = checkpoint.latest(tmp_path)
    assert numbers == {"step": 1}
    assert damaged == [new]
    assert tensors["w"].equal(OLD["w"])


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    (path,) = numbered(tmp_path, 1)
    content = path.read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        with pytest.raises(DamagedCheckpointError):
            checkpoint.read(path)


def test_a_checkpoint_without_its_checksum_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / f"00000001{SUFFIX}"
    save_file(OLD, path, {"numbers": '{"step": 1}', "aliases": "{}"})
    with pytest.raises(DamagedCheckpointError, match="its checksum is another"):
        checkpoint.read(path)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_what_the_system_cannot_read_is_not_taken_for_damaged(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, new = numbered(tmp_path, 1, 2)
    read = Path.read_bytes

    def fail(path: Path) -> bytes:
        if path == new:
            raise OSError(code, os.strerror(code))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(CheckpointError, match=f"{os.strerror(code)}; try again"):
        checkpoint.latest(tmp_path)


def test_best_is_the_latest_state_where_it_is_later_than_the_numbered(tmp_path: Path) -> None:
    one, two = numbered(tmp_path, 1, 2)
    best = tmp_path / f"best{SUFFIX}"
    for step, order in ((1, [two, one, best]), (3, [best, two, one])):
        checkpoint.write(best, NEW, {"step": step})
        assert checkpoint.states(tmp_path) == order
        assert checkpoint.latest(tmp_path)[1]["step"] == max(step, 2)
    best.write_bytes(best.read_bytes()[:-1])
    assert checkpoint.latest(tmp_path)[1:] == ({"step": 2}, [best])


def test_a_file_of_another_program_is_no_checkpoint(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    (new,) = numbered(tmp_path, 2)
    save_file(OLD, new)
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        checkpoint.read(new)


def test_an_absent_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="x.safetensors cannot be read"):
        checkpoint.read(tmp_path / f"x{SUFFIX}")


def test_prune_keeps_the_newest_and_what_is_not_numbered(tmp_path: Path) -> None:
    numbered(tmp_path, 1, 2, 3, 10)
    checkpoint.write(tmp_path / f"best{SUFFIX}", OLD, {})
    checkpoint.prune(tmp_path, 2)
    names = sorted(os.listdir(tmp_path))
    assert names == [f"00000003{SUFFIX}", f"00000010{SUFFIX}", f"best{SUFFIX}"]


def test_a_checkpoint_that_goes_while_others_are_read_does_no_harm(tmp_path: Path) -> None:
    _one, _two, three = numbered(tmp_path, 1, 2, 3)
    read = checkpoint.read

    def pruned(path: Path, *given: Any) -> Any:
        three.unlink(missing_ok=True)
        return read(path, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "read", pruned)
        assert checkpoint.latest(tmp_path)[1] == {"step": 2}


def test_numbers_are_plain_json_in_the_header(tmp_path: Path) -> None:
    (path,) = numbered(tmp_path, 5)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert json.loads(header["__metadata__"]["numbers"]) == {"step": 5}


def test_a_device_can_be_chosen(tmp_path: Path) -> None:
    (path,) = numbered(tmp_path, 1)
    tensors: dict[str, Tensor] = checkpoint.read(path, torch.device("cpu"))[0]
    assert tensors["w"].device.type == "cpu"
