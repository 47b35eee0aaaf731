"""What a tree of files means: one set or two domains, its own split or none, labels or none.

- `trainA`, `trainB` (and `testA`, `testB`): two domains, a and b; folders inside them mean nothing
- `train` (and `val`, `valid`, `validation` or `test`: the first of these that is there is held out,
  any other is left alone): a given split of what follows
- `dataset.json` (StyleGAN's: {"labels": [[name, number], ...] or null, "classes": [names]}, names
  counted from its own folder): labels; folders then mean nothing
- otherwise a folder for each class, however deep the files lie in it, or loose files without
  labels; both at once is refused, for nobody can say what class the loose ones are

These names may be written `Train`, `train_a` or `TRAIN-B`. A single folder around everything else
is ignored, so a single class folder gives no labels.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from gansmith.data.readers.dataset_json import Labels, read_labels
from gansmith.data.readers.file_list import IMAGES, DataFile, Media
from gansmith.data.readers.split import hold_out, refuse_val
from gansmith.data.spec import DataError

HELD_OUT_NAMES = ("val", "valid", "validation", "test")
Branch = list[tuple[tuple[str, ...], DataFile]]


@dataclass(frozen=True)
class Layout:
    """The files of one set. held_out None: still to be taken from train; labels: by file name."""

    train: list[DataFile]
    held_out: list[DataFile] | None
    labels: dict[str, int] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    bad: dict[str, str] = field(default_factory=dict)


def find_layouts(
    files: Sequence[DataFile], where: str, media: Media = IMAGES, *, folders: bool = True
) -> dict[str, Layout]:
    """The layout of one set under "", or of two domains under "a" and "b".

    media: the kind of files that are examples. folders: whether folders can be classes.
    Raises DataError where there is no example, or it is unclear what is meant.
    """
    labels = read_labels(files, where)
    branch = [(PurePosixPath(file.name).parts, file) for file in files if media.holds(file)]
    if not branch:
        raise DataError(f"{where} holds no {media.noun}; looked for {' '.join(media.suffixes)}")
    branch = _canonical(_unwrapped(branch))
    tops = {parts[0] for parts, _ in branch if len(parts) > 1}
    if tops & {"trainA", "trainB"}:
        layouts = {}
        for domain in "AB":
            train, held_out = _split(branch, domain, where, media.noun)
            layouts[domain.lower()] = _layout(train, held_out, labels, where, media.noun, False)
        return layouts
    if "train" in tops:
        train, held_out = _split(branch, "", where, media.noun)
        return {"": _layout(train, held_out, labels, where, media.noun, folders)}
    return {"": _layout(branch, None, labels, where, media.noun, folders)}


def _split(branch: Branch, domain: str, where: str, noun: str) -> tuple[Branch, Branch | None]:
    """What lies below train and below the first held-out folder that is there."""
    endings = ("A", "B") if domain else ("",)
    known = [name + ending for name in ("train", *HELD_OUT_NAMES) for ending in endings]
    for parts, file in branch:
        if len(parts) == 1 or parts[0] not in known:
            raise DataError(
                f"{where} has {file.name} beside {', '.join(k for k in known if 'train' in k)}; "
                f"beside those only {', '.join(known)} are known: move it into one of them, or out"
            )
    below = {name: [(p[1:], file) for p, file in branch if p[0] == name] for name in known}
    if not below[f"train{domain}"]:
        raise DataError(f"{where} has no {noun} in train{domain}, which its other folders call for")
    held_out = next((below[name + domain] for name in HELD_OUT_NAMES if below[name + domain]), None)
    return below[f"train{domain}"], held_out


def _layout(
    train: Branch,
    held_out: Branch | None,
    labels: Labels | None,
    where: str,
    noun: str,
    folders: bool,
) -> Layout:
    files = [file for _, file in train]
    held_out_files = None if held_out is None else [file for _, file in held_out]
    if labels is not None:
        return _labelled(files, held_out_files, labels)
    if not folders:
        return Layout(files, held_out_files)
    branch = _unwrapped([*train, *(held_out or [])])
    classes = tuple(sorted({parts[0] for parts, _ in branch if len(parts) > 1}))
    loose = [file.name for parts, file in branch if len(parts) == 1]
    if classes and loose:
        raise DataError(
            f"{where} has class folders ({', '.join(classes[:5])}) and loose {noun} "
            f"({len(loose)}, for example {loose[0]}); put all of them into class folders, or none"
        )
    numbers = {file.name: classes.index(parts[0]) for parts, file in branch if classes}
    missing = set(range(len(classes))) - {numbers[file.name] for file in files if classes}
    if missing:
        raise DataError(
            f"{where}: classes {', '.join(classes[k] for k in sorted(missing))} are held out but "
            f"have no training {noun}; give both parts the same class folders"
        )
    return Layout(files, held_out_files, numbers, classes)


def _labelled(train: list[DataFile], held_out: list[DataFile] | None, labels: Labels) -> Layout:
    """dataset.json decides: files without a label are bad, and so are labels without a file."""
    if not labels.numbers:
        return Layout(train, held_out)
    every = [*train, *(held_out or [])]
    bad = {x.name: "has no label in dataset.json" for x in every if x.name not in labels.numbers}
    bad |= dict.fromkeys(labels.missing, "stands in dataset.json but is not there")
    kept = [x for x in train if x.name not in bad]
    kept_held_out = None if held_out is None else [x for x in held_out if x.name not in bad]
    return Layout(kept, kept_held_out, labels.numbers, labels.classes, bad)


def without_empty_classes(layout: Layout, files: Collection[str]) -> Layout:
    """The same layout without the classes that none of the files, by their names, is of."""
    found = sorted({layout.labels[name] for name in files} if layout.classes else ())
    place = {number: k for k, number in enumerate(found)}
    return replace(
        layout,
        labels={name: place[layout.labels[name]] for name in files if layout.classes},
        classes=tuple(layout.classes[number] for number in found),
    )


def split_files(
    layout: Layout, bad: Collection[str], where: str, val: float | None
) -> tuple[list[DataFile], list[DataFile]]:
    """The training and the held-out files that are not known to be bad.

    A split that is given is used; otherwise `hold_out` decides by the files' names and classes.
    """
    train = [file for file in layout.train if file.name not in bad]
    if layout.held_out is not None:
        refuse_val(val, where)
        return train, [file for file in layout.held_out if file.name not in bad]
    if not train:
        return [], []
    groups = [layout.labels[file.name] for file in train] if layout.classes else None
    out = hold_out([file.name for file in train], val, where, groups)
    held_out = [file for file, is_out in zip(train, out, strict=True) if is_out]
    return [file for file, is_out in zip(train, out, strict=True) if not is_out], held_out


def _canonical(branch: Branch) -> Branch:
    """Folders of splits under the names that are meant, trainA for Train_a, where there are any."""
    renamed = [((_split_name(parts[0]), *parts[1:]), file) for parts, file in branch]
    tops = {parts[0] for parts, _ in renamed if len(parts) > 1}
    return renamed if tops & {"train", "trainA", "trainB"} else branch  # a class may be Test


def _split_name(folder: str) -> str:
    pattern = rf"(train|{'|'.join(HELD_OUT_NAMES)})(?:[_-]?([ab]))?"
    found = re.fullmatch(pattern, folder, re.IGNORECASE)
    return found[1].lower() + (found[2] or "").upper() if found else folder


def _unwrapped(branch: Branch) -> Branch:
    """Without folders that hold everything, as a zip of one folder has; domains stay."""
    while True:
        tops = {parts[0] if len(parts) > 1 else "" for parts, _ in branch}
        if len(tops) > 1 or "" in tops or {"trainA", "trainB"} & set(map(_split_name, tops)):
            return branch
        branch = [(parts[1:], file) for parts, file in branch]
