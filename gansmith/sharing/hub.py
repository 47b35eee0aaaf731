"""Runs to and from a model hub, by the client huggingface_hub.

The client knows who one is (`hf auth login`), and HF_ENDPOINT names another hub of its kind.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gansmith.core.extras import install
from gansmith.core.files import FileError, refuse_links
from gansmith.data.readers.decode_cache import cache_folder
from gansmith.presets import is_file
from gansmith.runs.config import FILE, Config
from gansmith.runs.run import Run
from gansmith.runs.trust import PRESET_COPY
from gansmith.sharing.bundle import PATTERNS, last_name, without_own_code, write_bundle


class HubError(FileError):
    """The hub could not be reached, or refused; the message says what to do."""


def push(run: Run, name: str, *, private: bool = False, licence: str | None = None) -> list[str]:
    """Send the files of `write_bundle` to the repository user/name, which is made if need be.

    Returns its address and the names of the files. Raises ValueError for another form of name,
    HubError where the hub cannot be reached or refuses, RuntimeError without huggingface_hub.
    """
    check_name(name)
    with TemporaryDirectory() as place, hub_errors(name):
        from huggingface_hub import HfApi

        files = write_bundle(run, Path(place, "run"), name, licence)
        sent = [path.relative_to(Path(place, "run")).as_posix() for path in files]
        hub = HfApi(library_name="gansmith")
        address = hub.create_repo(name, private=private, exist_ok=True)
        hub.upload_folder(
            repo_id=name,
            folder_path=Path(place, "run"),
            commit_message=f"{last_name(run.config.preset)} at step {run.step}",
            delete_patterns=list(PATTERNS),  # what an earlier push has left
        )
        return [str(address), *sent]


def pull(name: str, folder: Path) -> Path:
    """Fetch the run of the repository user/name into a folder of its own.

    Of what the repository holds, the files of `write_bundle` are taken and no others. Nothing is
    executed. Raises as `push`, and FileExistsError where the folder is not empty.
    """
    check_name(name)
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".pull-") as place:
        _fetch(name, Path(place, "run"))
        shutil.rmtree(Path(place, "run", ".cache"))  # the client's notes
        if folder.exists():
            folder.rmdir()  # on Windows nothing is renamed to what there is
        Path(place, "run").rename(folder)
    return _with_its_preset(folder)


def fetched(name: str) -> Path:
    """The folder of the run user/name in the cache, as the hub has it now."""
    check_name(name)
    folder = cache_folder() / "hub" / name
    _fetch(name, folder)
    return _with_its_preset(folder)


def check_name(name: str) -> None:
    """Raises ValueError for what is not user/name."""
    if not re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", name):
        raise ValueError(f"a repository is named user/name; got {name!r}")


def _fetch(name: str, folder: Path) -> None:
    with hub_errors(name):
        from huggingface_hub import snapshot_download

        snapshot_download(
            name, local_dir=folder, allow_patterns=list(PATTERNS), library_name="gansmith"
        )
    refuse_links(folder)
    if not (folder / FILE).is_file():
        raise HubError(f"{name} holds no run of Gansmith: it has no {FILE}")


def _with_its_preset(folder: Path) -> Path:
    """The folder of a run that was fetched, which names the copy of its preset's file in it, and
    never another file of code that its config may have named."""
    config = without_own_code(Config.load(folder))
    if is_file(config.preset):
        config.preset = str(folder.absolute() / PRESET_COPY / last_name(config.preset))
    config.save(folder)
    return folder


@contextmanager
def hub_errors(name: str) -> Iterator[None]:
    """What the client raises, as a HubError that says what to do."""
    try:
        from huggingface_hub import errors, utils
    except ImportError as error:
        raise RuntimeError(f"sharing runs needs huggingface_hub: {install('hub')}") from error
    if not sys.stderr.isatty():
        utils.disable_progress_bars()
    try:
        yield
    except errors.RepositoryNotFoundError as error:
        raise HubError(
            f"the hub has no {name} that you may use: check the name, or log in by `hf auth login`"
        ) from error
    except errors.HfHubHTTPError as error:
        code = error.response.status_code
        if code in (401, 403):
            raise HubError(
                f"the hub does not let you write to {name}: log in by `hf auth login` as somebody "
                "who may"
            ) from error
        raise HubError(f"the hub refused {name} with status {code}: {error}") from error
    except (errors.HTTPError, errors.LocalEntryNotFoundError, ConnectionError) as error:
        raise HubError(
            f"the hub cannot be reached for {name}; check the network, and HF_HUB_OFFLINE and "
            "HF_ENDPOINT if you have set them"
        ) from error
