"""gansmith push: share a run on a model hub."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from gansmith.cli.console import open_run, say
from gansmith.cli.parsing import Checkpoint, Flag, MovedPreset, Out, RunFolder, absent, parse


@dataclass
class PushOptions:
    """Share a run on the Hugging Face hub: weights, options, numbers, and a card that says how
    it is used. No data, no optimizer state, and no path of this machine is sent.

    Args:
        run: the run's folder.
        name: where to, user/name; made where there is no such repository.
        private: only you see it.
        licence: of the model, as the hub names it (mit, apache-2.0, ...); the card states none by
            default.
        dry_run: write the folder that would be sent, and send nothing.
        out: with --dry-run, that folder; RUN/shared by default.
        checkpoint: which state of the run.
        preset: where the file of the run's preset is now, if it has moved; executed with --trust.
        trust: execute the files of code that the run names, which can do all that you can.
    """

    run: RunFolder
    name: Annotated[Positional[str], arg(metavar="USER/NAME")]
    private: Flag = False
    licence: Annotated[str | None, absent("NAME")] = None
    dry_run: Flag = False
    out: Out = None
    checkpoint: Checkpoint = "best"
    preset: MovedPreset = None
    trust: Flag = False


def main(words: list[str]) -> None:
    """Send the files, or write them."""
    options = parse(PushOptions, words, "gansmith push")
    from gansmith.sharing.bundle import write_bundle
    from gansmith.sharing.hub import check_name, push

    check_name(options.name)
    if options.out is not None and not options.dry_run:
        raise ValueError("--out is where --dry-run writes; leave it out to send")
    run = open_run(options.run, options.checkpoint, trust=options.trust, preset=options.preset)
    if options.dry_run:
        out = options.out or run.folder / "shared"
        if options.out is None:
            shutil.rmtree(out, ignore_errors=True)
        for path in write_bundle(run, out, options.name, options.licence):
            say(f"would send {path} ({_size(path)})")
        say("dry run: nothing was sent")
        return
    address, *sent = push(run, options.name, private=options.private, licence=options.licence)
    for name in sent:
        say(f"sent {name}")
    say(f"the run is at {address}")


def _size(path: Path) -> str:
    return f"{max(1, path.stat().st_size // 1000)} kB"
