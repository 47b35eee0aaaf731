"""The lease of a trial: a file lock on machines that share the folder, a heartbeat elsewhere."""

from __future__ import annotations

import platform
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.core.files import LockedError, exclusive_lock

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

HEARTBEAT_SECONDS = 60.0  # between two heartbeats of the process that runs a trial
STALE_SECONDS = 600.0  # without a heartbeat: a process on another machine is taken for dead


class Lock:
    """The lock of a trial; beside it lies a file with the host name of its owner.

    previous_owner: the host that held it last, or "".
    """

    def __init__(self, path: Path) -> None:
        self.owner = path.with_suffix(".owner")
        self.previous_owner = self.owner.read_text("utf-8") if self.owner.exists() else ""

    def write_owner(self, name: str | None = None) -> None:
        """Write the owner's host name; this machine by default."""
        self.owner.write_text(hostname() if name is None else name, "utf-8")


@contextmanager
def try_lock(path: Path) -> Iterator[Lock | None]:
    """Hold the lock of a trial; None where another process holds it.

    The system releases it when the process dies.
    """
    with ExitStack() as held:
        try:
            held.enter_context(exclusive_lock(path))
        except LockedError:
            yield None
            return
        yield Lock(path)


def claim(storage: BaseStorage, trial_id: int, lock: Lock, step: int) -> bool:
    """Claim a trial whose lock is held; whether it is ours.

    step: of its newest checkpoint, noted as a crash when the process that ran the trial has died.
    """
    from optuna.trial import TrialState

    trial = storage.get_trial(trial_id)  # it may have ended while the lock was taken
    if trial.state == TrialState.WAITING:
        lock.write_owner()
        with suppress(RuntimeError):  # Optuna's, when the trial has a result by now
            if storage.set_trial_state_values(trial_id, TrialState.RUNNING):
                return True
        lock.write_owner("")
        return False
    if trial.state != TrialState.RUNNING:
        return False
    started = trial.datetime_start
    last = trial.user_attrs.get("heartbeat", started.timestamp() if started else 0.0)
    if lock.previous_owner != hostname() and time.time() - last < STALE_SECONDS:
        return False  # it may be running on a machine whose locks are not seen here
    lock.write_owner()
    if last:  # the process died; one that merely stopped leaves 0
        crashes = [*trial.user_attrs.get("crashes", []), step]
        set_attributes(storage, trial_id, crashes=crashes)
    return True


@contextmanager
def heartbeat(storage: BaseStorage, trial_id: int) -> Iterator[Callable[[], bool]]:
    """Send heartbeats while a trial runs; yields a test of whether the trial is still ours."""
    session, over = uuid.uuid4().hex, threading.Event()
    set_attributes(storage, trial_id, session=session, heartbeat=time.time())

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            with suppress(Exception):  # one may be missed; the next comes in a minute
                set_attributes(storage, trial_id, heartbeat=time.time())

    def owns() -> bool:
        trial = storage.get_trial(trial_id)
        return trial.user_attrs["session"] == session and not trial.state.is_finished()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield owns
    finally:
        over.set()
        thread.join()
        if owns():  # it has no result: any process may resume it at once
            set_attributes(storage, trial_id, heartbeat=0.0)


def set_attributes(storage: BaseStorage, trial_id: int, **values: Any) -> None:
    """Write user attributes of a trial into the storage."""
    for name, value in values.items():
        storage.set_trial_user_attr(trial_id, name, value)


def hostname() -> str:
    """The name of this machine."""
    return platform.node() or "unnamed"
