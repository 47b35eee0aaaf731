"""A person's face made to follow landmarks: `gansmith translate RUN landmarks/ --like person/`."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from gansmith.core.recipe import adam
from gansmith.core.trainer import Trainer
from gansmith.data import DataError, Source
from gansmith.data.readers.folders import read_pictures
from gansmith.games.fine_tuning import FineTuning, Head
from gansmith.games.talking_head import TalkingHead
from gansmith.inference.sample import single
from gansmith.modalities.sheets import png, to_uint8
from gansmith.runs.checkpoint import replace
from gansmith.runs.run import Run

FACES, MARKS = "face", "landmarks"  # the folders of a person's pictures
RATE, FEW = 2e-4, 4  # of fine-tuning: learning rate, and pictures in a batch at most


def adapted(
    game: TalkingHead,
    pictures: Tensor,
    marks: Tensor,
    steps: int = 0,
    lr: float = RATE,
    seed: int = 0,
) -> Head:
    """The generator of a person: of pictures and their landmark pictures, uint8 (K, C or 3, H, W).

    steps: of fine-tuning on these pictures; with 0, E's look at them is all.
    Returns a module from landmark pictures (B, 3, H, W) in [-1, 1] to pictures; `game` stays.
    Raises ValueError when there are no pictures, or not one landmark picture for each.
    """
    if not len(pictures) or len(pictures) != len(marks):
        raise ValueError(
            f"a person is known by pictures with a landmark picture each; got {len(pictures)} and "
            f"{len(marks)}"
        )
    device = next(game.parameters()).device
    sources = torch.cat([pictures, marks], 1).to(device).float().div(127.5).sub(1)
    tuning = FineTuning(game, sources.unsqueeze(0))
    if steps:
        source = Source({"real": pictures, "given": marks}, min(FEW, len(pictures)), seed)
        both = {"G": adam(lr, 0.5), "D": adam(lr, 0.5)}
        trainer = Trainer(tuning, source, optim=both, steps=steps, seed=seed, device=device)
        with torch.enable_grad():  # also where a game that is only used is at work
            trainer.fit()
    return tuning.G.requires_grad_(False).eval()


def write_heads(
    run: Run, landmarks: Path, like: Path, out: Path, *, finetune: int = 0, skip_bad: bool = False
) -> int:
    """Make a picture of a person for every landmark picture of a folder; how many there were.

    like: a folder with the folders `face` and `landmarks`, whose pictures have equal names.
    finetune: steps of fine-tuning on them.
    Raises TypeError when the run makes no heads, DataError for pictures that cannot be used or that
    lack their landmark picture.
    """
    if not isinstance(run.game, TalkingHead):
        raise TypeError(
            f"{run.config.preset} animates nobody: --like and --finetune are for talking-head"
        )
    if finetune < 0:
        raise ValueError(f"fine-tuning takes 0 steps or more; got {finetune}")
    spec = run.config.spec
    size, channels = spec["size"], spec["channels"]
    faces, marks = (
        _folder(like / name, size, c, skip_bad) for name, c in ((FACES, channels), (MARKS, 3))
    )
    names = {
        which: {Path(n).stem: x for n, x in part.items()}
        for which, part in ((FACES, faces), (MARKS, marks))
    }
    if alone := sorted(names[FACES].keys() ^ names[MARKS].keys()):
        raise DataError(
            f"{like}: every picture in {FACES}/ has one of the same name in {MARKS}/; "
            f"{', '.join(alone[:5])} has none"
        )
    order = sorted(names[FACES])
    asked = _folder(landmarks, size, 3, skip_bad)
    if out.resolve() == landmarks.resolve():
        raise ValueError(f"the answers would overwrite {landmarks}; choose another --out")
    known, drawn = (torch.stack([names[which][n] for n in order]) for which in (FACES, MARKS))
    head = adapted(run.game, known, drawn, finetune)
    for name, picture in asked.items():
        given = picture.unsqueeze(0).to(head.styles.device).float().div(127.5).sub(1)
        made = to_uint8(head(given))[0]
        replace((out / name).with_suffix(".png"), png(single(made)))
    return len(asked)


def _folder(path: Path, size: int, channels: int, skip_bad: bool) -> dict[str, Tensor]:
    if not path.is_dir():
        raise DataError(
            f"{path} is no folder; a person is given as a folder with {FACES}/ and {MARKS}/, and "
            "landmark pictures as a folder of pictures"
        )
    return read_pictures(path, size, channels, skip_bad)
