"""A face that follows landmarks: `gansmith translate RUN landmarks/ --reference person/`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath

import torch
from torch import Tensor

from gansmith.core.files import write_atomic
from gansmith.core.images import png_bytes, to_float, to_uint8
from gansmith.core.recipe import adam
from gansmith.core.trainer import Trainer
from gansmith.data import DataError, Source
from gansmith.data.readers.image_folder import read_images
from gansmith.games.fine_tuning import FineTuning, PersonGenerator
from gansmith.games.talking_head import TalkingHead
from gansmith.inference.files import Written, output_names
from gansmith.rendering.grid import to_pil
from gansmith.runs.run import Run

FACES, LANDMARKS = "face", "landmarks"  # the folders of a person's images
LR, FEW = 2e-4, 4  # of fine-tuning: learning rate, and images in a batch at most


def person_generator(
    game: TalkingHead,
    images: Tensor,
    landmarks: Tensor,
    steps: int = 0,
    lr: float = LR,
    seed: int = 0,
) -> PersonGenerator:
    """The generator of a person from images and landmark images, uint8 (K, C or 3, H, W).

    steps: of fine-tuning on these images; with 0, E's embedding of them is all.
    Returns a module from landmark images (B, 3, H, W) in [-1, 1] to images; `game` stays.
    Raises ValueError when there are no images, or not one landmark image for each.
    """
    if not len(images) or len(images) != len(landmarks):
        raise ValueError(
            f"a person is given by images with a landmark image each; got {len(images)} and "
            f"{len(landmarks)}"
        )
    references = to_float(torch.cat([images, landmarks], 1), game)
    tuning = FineTuning(game, references.unsqueeze(0))
    if steps:
        fields = {"real": images, "condition": landmarks}
        source = Source(fields, min(FEW, len(images)), seed)
        both = {"G": adam(lr, 0.5), "D": adam(lr, 0.5)}
        device = references.device
        trainer = Trainer(tuning, source, optim=both, steps=steps, seed=seed, device=device)
        with torch.enable_grad():  # also where the caller has switched gradients off
            trainer.fit()
    return tuning.G.requires_grad_(False).eval()


def write_faces(
    run: Run,
    source: Path,
    out: Path,
    *,
    reference: Path | None = None,
    finetune: int = 0,
    skip_bad: bool = False,
) -> Written:
    """Write an image of a person for a landmark image, or for each of a folder.

    reference: a folder with the folders `face` and `landmarks`, whose images have equal names.
    finetune: steps of fine-tuning on them.
    Raises DataError for images that cannot be used or that lack their landmark image.
    """
    if reference is None:
        raise ValueError(
            f"{run.config.preset} needs a person: give a folder with {FACES}/ and {LANDMARKS}/ by "
            "--reference"
        )
    if finetune < 0:
        raise ValueError(f"fine-tuning takes 0 steps or more; got {finetune}")
    if out.resolve() == source.resolve():
        raise ValueError(f"the output would overwrite {source}; choose another --out")
    size, channels = run.spec.size, run.spec.channels
    known, drawn = _person(reference, size, channels, skip_bad)
    wanted = read_images(source, size, 3, skip_bad)
    G = person_generator(run.game, known, drawn, finetune)  # type: ignore[arg-type]
    targets = output_names(list(wanted), list(map(_stem, wanted)), [".png"] * len(wanted))
    for image, target in zip(wanted.values(), targets, strict=True):
        made = to_uint8(G(to_float(image.unsqueeze(0), G)))[0]
        alone = source.is_file() and out.suffix == ".png"
        write_atomic(out if alone else out / target, png_bytes(to_pil(made)))
    return Written(len(wanted), "image", out)


def _person(folder: Path, size: int, channels: int, skip_bad: bool) -> tuple[Tensor, Tensor]:
    """The images of a person and their landmark images, in one order."""
    if not all((folder / name).is_dir() for name in (FACES, LANDMARKS)):
        raise DataError(f"{folder} holds no person: give a folder with {FACES}/ and {LANDMARKS}/")
    faces, landmarks = (
        _by_stem(folder / name, read_images(folder / name, size, c, skip_bad))
        for name, c in ((FACES, channels), (LANDMARKS, 3))
    )
    if alone := sorted(faces.keys() ^ landmarks.keys()):
        raise DataError(
            f"{folder}: every image in {FACES}/ has one of the same name in {LANDMARKS}/; "
            f"{', '.join(alone[:5])} has none"
        )
    order = sorted(faces)
    return torch.stack([faces[n] for n in order]), torch.stack([landmarks[n] for n in order])


def _by_stem(folder: Path, images: dict[str, Tensor]) -> dict[str, Tensor]:
    """The images by their names without endings. Raises DataError where two have one."""
    if twice := [name for name, count in Counter(map(_stem, images)).items() if count > 1]:
        raise DataError(f"{folder} has several images called {twice[0]}: keep one of them")
    return {_stem(name): image for name, image in images.items()}


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))
