"""Where the trials are known: Optuna, a file in the sweep's folder or a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.runs import checkpoint
from gansmith.sweep.search_space import Choices, Vary

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

JOURNAL = "journal.log"


def quiet_optuna() -> Any:
    """Optuna, quiet.

    Raises RuntimeError when it is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError:
        raise RuntimeError("a sweep needs optuna: pip install 'gansmith[sweep]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def open_storage(folder: Path, url: str | None) -> BaseStorage:
    """The database of a URL, or the journal in the folder.

    Raises ValueError for a URL that cannot be used.
    """
    optuna = quiet_optuna()
    if url is not None:
        try:
            return optuna.storages.get_storage(url)
        except Exception as error:  # of SQLAlchemy, of a driver, or that there is none
            said = str(error).splitlines()[0]
            raise ValueError(f"the storage cannot be used: {said}") from None
    journal = optuna.storages.journal
    path = str(folder / JOURNAL)
    _mend(path, journal.JournalFileSymlinkLock(path))
    return optuna.storages.JournalStorage(journal.JournalFileBackend(path))


def distribution(part: Vary) -> Any:
    """Optuna's word for what is varied."""
    from optuna import distributions

    if isinstance(part, Choices):
        return distributions.CategoricalDistribution(part.values)
    if part.whole:
        return distributions.IntDistribution(int(part.low), int(part.high), log=part.log)
    return distributions.FloatDistribution(part.low, part.high, log=part.log)


def _mend(path: str, lock: Any) -> None:
    """Drop a last line that a crash or a full disk left unfinished, which none could read past."""
    if not Path(path).exists() or Path(path).read_bytes()[-1:] in (b"", b"\n"):
        return
    lock.acquire()  # or another process may be writing that line just now
    try:
        content = Path(path).read_bytes()
        checkpoint.replace(Path(path), content[: content.rfind(b"\n") + 1])
    finally:
        lock.release()
