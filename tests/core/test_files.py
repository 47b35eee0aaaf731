"""Files are written whole or not at all; a lock is held by one process and freed by its death."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from gansmith.core.files import (
    FileError,
    LockedError,
    append_line,
    exclusive_lock,
    remove_temporary,
    user_path,
    write_atomic,
)

HOLDER = """
import sys, time
from pathlib import Path
from gansmith.core.files import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that holds a lock until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_content_is_synced_before_the_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    sync, rename = os.fsync, os.replace

    def fsync(handle: int) -> None:
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        sync(handle)

    def replace(a: Any, b: Any) -> None:
        calls.append("rename")
        rename(a, b)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_atomic(tmp_path / "new" / "x", b"content")
    assert calls == ["file", "rename", "folder"]
    assert (tmp_path / "new" / "x").read_bytes() == b"content"


def test_temporary_files_are_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomic(tmp_path / "checkpoints" / "1", b"whole")

    def die(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(os, "replace", die)
        for path in (tmp_path / "config.json", tmp_path / "checkpoints" / "2"):
            with pytest.raises(KeyboardInterrupt):
                write_atomic(path, b"half")
    assert len(list(tmp_path.rglob(".*"))) == 2
    (tmp_path / ".keep").write_text("the user's own")
    remove_temporary(tmp_path, tmp_path / "checkpoints", tmp_path / "absent")
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"1", ".keep"}


def test_lines_are_appended_and_a_failure_says_what_to_do(tmp_path: Path) -> None:
    append_line(tmp_path / "log", "a")
    append_line(tmp_path / "log", "b")
    assert (tmp_path / "log").read_text() == "a\nb\n"
    with pytest.raises(FileError, match="no room left to write full: free some space"):
        append_line(Path("/dev/full"), "{}")
    with pytest.raises(FileError, match="cannot write"):
        append_line(tmp_path, "a folder")


def test_a_lock_is_held_once_in_this_process_too(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with (
        exclusive_lock(path),
        pytest.raises(LockedError, match="it is busy"),
        exclusive_lock(path, "it is busy"),
    ):
        pass
    with exclusive_lock(path):  # and is free afterwards
        pass


def test_an_error_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive_lock(tmp_path / "lock"):
        1 / 0  # noqa: B018
    with exclusive_lock(tmp_path / "lock"):
        pass


def test_a_lock_of_another_process_is_freed_when_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = holder(path)
    try:
        with pytest.raises(LockedError, match="another process holds"), exclusive_lock(path):
            pass
    finally:
        process.kill()
        process.wait()
    with exclusive_lock(path):
        pass


def test_waiting_ends_when_the_lock_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = holder(path)
    threading.Timer(0.3, process.kill).start()
    began = time.monotonic()
    with exclusive_lock(path, wait=True):
        assert time.monotonic() - began >= 0.25
    process.wait()


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert user_path("~/a") == user_path(Path("~/a")) == tmp_path / "a"
    assert user_path("a~") == Path("a~")
    assert user_path("~nobody-of-this-name/a") == Path("~nobody-of-this-name/a")
