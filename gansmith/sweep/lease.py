"""Who plays a trial: a lock where the folder is seen, signs of life in the storage elsewhere."""

from __future__ import annotations

import fcntl
import platform
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

BEAT = 60.0  # seconds between two signs of life of a trial's player
STALE = 600.0  # seconds without one after which a player on another machine is taken for dead


class Lock:
    """The file that says who plays a trial; `before` is who held it last."""

    def __init__(self, file: Any) -> None:
        self.file = file
        file.seek(0)
        self.before = file.read()

    def sign(self, name: str | None = None) -> None:
        """Say that this machine plays the trial."""
        self.file.truncate(0)
        self.file.write(node() if name is None else name)
        self.file.flush()


@contextmanager
def held(path: Path) -> Iterator[Lock | None]:
    """Hold a lock, which the system lets go of when the process dies; None when it is held."""
    with open(path, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield Lock(file)


def claimed(storage: BaseStorage, ident: int, lock: Lock, step: int) -> bool:
    """Whether the trial is ours now; the lock is held. step: that of its newest checkpoint."""
    from optuna.trial import TrialState

    trial = storage.get_trial(ident)  # anew: it may have ended while the lock was taken
    if trial.state == TrialState.WAITING:
        lock.sign()
        with suppress(RuntimeError):  # Optuna's, when the trial has a result meanwhile
            if storage.set_trial_state_values(ident, TrialState.RUNNING):
                return True
        lock.sign("")
        return False
    if trial.state != TrialState.RUNNING:
        return False
    started = trial.datetime_start
    sign = trial.user_attrs.get("alive", started.timestamp() if started else 0.0)
    if lock.before != node() and time.time() - sign < STALE:
        return False  # its player may live on a machine whose locks are not seen here
    lock.sign()
    if sign:  # died, and did not merely stop
        note(storage, ident, lost=[*trial.user_attrs.get("lost", []), step])
    return True


@contextmanager
def alive(storage: BaseStorage, ident: int) -> Iterator[Callable[[], bool]]:
    """Give signs of life while a trial is played; yields whether the trial is still ours."""
    sitting, over = uuid.uuid4().hex, threading.Event()
    note(storage, ident, sitting=sitting, alive=time.time())

    def beat() -> None:
        while not over.wait(BEAT):
            with suppress(Exception):  # one sign may be missed; the next comes in a minute
                note(storage, ident, alive=time.time())

    def owns() -> bool:
        trial = storage.get_trial(ident)
        return trial.user_attrs["sitting"] == sitting and not trial.state.is_finished()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield owns
    finally:
        over.set()
        thread.join()
        if owns():  # it has no result: whoever comes next may take it up at once
            note(storage, ident, alive=0.0)


def note(storage: BaseStorage, ident: int, **notes: Any) -> None:
    """Write notes about a trial into the storage."""
    for name, value in notes.items():
        storage.set_trial_user_attr(ident, name, value)


def node() -> str:
    """The name of this machine."""
    return platform.node() or "unnamed"
