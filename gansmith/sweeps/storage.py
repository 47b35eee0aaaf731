"""The storage of the trials: Optuna's, in a file of the sweep's folder or in a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.core.extras import install
from gansmith.core.files import write_atomic
from gansmith.sweeps.search_space import Choices, Dimension

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.trial import Trial

JOURNAL = "journal.log"


def import_optuna() -> Any:
    """The module optuna, which logs warnings only.

    Raises RuntimeError when it is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError:
        raise RuntimeError(f"a sweep needs optuna: {install('sweep')}") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def open_storage(folder: Path, url: str | None) -> BaseStorage:
    """The database of a URL, or the journal in the folder.

    Raises ValueError for a URL that cannot be used.
    """
    optuna = import_optuna()
    if url is not None:
        try:
            return optuna.storages.get_storage(url)
        except Exception as error:  # of SQLAlchemy, of a driver, or that there is none
            reason = str(error).splitlines()[0]
            raise ValueError(f"the storage cannot be used: {reason}") from None
    journal = optuna.storages.journal
    path = str(folder / JOURNAL)
    _drop_partial_line(path, journal.JournalFileSymlinkLock(path))
    return optuna.storages.JournalStorage(journal.JournalFileBackend(path))


def suggest(trial: Trial, name: str, dimension: Dimension) -> Any:
    """The value of a keyword in a trial, by the study's sampler."""
    if isinstance(dimension, Choices):
        return trial.suggest_categorical(name, dimension.values)
    low, high, log = dimension.low, dimension.high, dimension.log
    if dimension.integer:
        return trial.suggest_int(name, int(low), int(high), log=log)
    return trial.suggest_float(name, low, high, log=log)


def set_choice(storage: BaseStorage, trial_id: int, name: str, value: Any, of: list[Any]) -> None:
    """Record the value of a keyword that was chosen of a list and not by a sampler."""
    from optuna.distributions import CategoricalDistribution

    choices = CategoricalDistribution(of)
    storage.set_trial_param(trial_id, name, choices.to_internal_repr(value), choices)


def _drop_partial_line(path: str, lock: Any) -> None:
    """Drop a last line that a crash or a full disk left unfinished: no reader gets past it."""
    if not Path(path).exists() or Path(path).read_bytes()[-1:] in (b"", b"\n"):
        return
    lock.acquire()  # or another process may be writing that line just now
    try:
        content = Path(path).read_bytes()
        write_atomic(Path(path), content[: content.rfind(b"\n") + 1])
    finally:
        lock.release()
