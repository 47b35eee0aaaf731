"""What a tree of pictures means: one set or two domains, its own split or none, labels or none.

- `trainA`, `trainB` (and `testA`, `testB`): two domains, unpaired; folders inside them mean nothing
- `train` (and `val`, `valid`, `validation` or `test`: the first of these that is there is held out,
  any other is left alone): a given split of what follows
- `dataset.json` (StyleGAN's: {"labels": [[name, number], ...] or null, "classes": [names]}, names
  counted from its own folder): labels; folders then mean nothing
- otherwise a folder for each class, however deep the pictures lie in it, or loose pictures without
  labels; both at once is refused, for nobody can say what class the loose ones are

One folder around everything else is looked through, so a single class folder gives no labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from gansmith.data.readers.file_list import Member
from gansmith.data.readers.labels import Labels, read_labels
from gansmith.data.readers.pictures import EXTENSIONS
from gansmith.data.spec import DataError

HELD_NAMES = ("val", "valid", "validation", "test")
Branch = list[tuple[tuple[str, ...], Member]]


@dataclass(frozen=True)
class Plan:
    """One set of pictures; held None: still to be taken from train; labels: by member name."""

    train: list[Member]
    held: list[Member] | None
    labels: dict[str, int] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    bad: dict[str, str] = field(default_factory=dict)


def lay_out(members: Sequence[Member], where: str, folders: bool = True) -> dict[str, Plan]:
    """The plan of one set under "", or of two domains under "a" and "b". DataError where it is
    unclear.

    folders: whether folders can be classes.
    """
    if not any(member.is_picture for member in members):
        raise DataError(f"{where} holds no pictures; looked for {' '.join(EXTENSIONS)}")
    branch = _unwrapped([(PurePosixPath(member.name).parts, member) for member in members])
    labels = read_labels(members, where)
    tops = {parts[0] for parts, _ in branch if len(parts) > 1}
    if tops & {"trainA", "trainB"}:
        plans = {}
        for domain in "AB":
            train, held = _split(branch, domain, where)
            plans[domain.lower()] = _plan(
                train, held, labels, f"{where}/train{domain}", folders=False
            )
        return plans
    if "train" in tops:
        train, held = _split(branch, "", where)
        return {"": _plan(train, held, labels, where, folders)}
    return {"": _plan(branch, None, labels, where, folders)}


def _split(branch: Branch, domain: str, where: str) -> tuple[Branch, Branch | None]:
    """What lies below train and below the first held out folder that is there."""
    endings = ("A", "B") if domain else ("",)
    known = [name + ending for name in ("train", *HELD_NAMES) for ending in endings]
    for parts, member in branch:
        if member.is_picture and (len(parts) == 1 or parts[0] not in known):
            raise DataError(
                f"{where} has {member.name} beside {', '.join(k for k in known if 'train' in k)}; "
                f"with those only {', '.join(known)} are known: move it into one of them, or out"
            )
    below = {name: [(p[1:], m) for p, m in branch if p[0] == name and len(p) > 1] for name in known}
    if not _pictures(below[f"train{domain}"]):
        raise DataError(
            f"{where} has no pictures in train{domain}, which its other folders call for"
        )
    held = next(
        (below[name + domain] for name in HELD_NAMES if _pictures(below[name + domain])), None
    )
    return below[f"train{domain}"], held


def _plan(
    train: Branch, held: Branch | None, labels: Labels | None, where: str, folders: bool = True
) -> Plan:
    pictures, held_pictures = _pictures(train), None if held is None else _pictures(held)
    if labels is not None:
        return _labelled(pictures, held_pictures, labels)
    if not folders:
        return Plan(pictures, held_pictures)
    branch = _unwrapped([*train, *(held or [])])
    classes = tuple(sorted({parts[0] for parts, _ in branch if len(parts) > 1}))
    loose = [member.name for parts, member in branch if len(parts) == 1]
    if classes and loose:
        raise DataError(
            f"{where} has class folders ({', '.join(classes[:5])}) and loose pictures "
            f"({len(loose)}, "
            f"for example {loose[0]}); put every picture into a class folder, or none"
        )
    numbers = {member.name: classes.index(parts[0]) for parts, member in branch if classes}
    missing = set(range(len(classes))) - {numbers[member.name] for member in pictures if classes}
    if missing:
        raise DataError(
            f"{where}: classes {', '.join(classes[k] for k in sorted(missing))} are held out but "
            "have "
            "no training pictures; give both parts the same class folders"
        )
    return Plan(pictures, held_pictures, numbers, classes)


def _labelled(train: list[Member], held: list[Member] | None, labels: Labels) -> Plan:
    """dataset.json decides: pictures it does not label are bad, and so are entries without a
    picture.
    """
    if not labels.numbers:
        return Plan(train, held)
    there = [*train, *(held or [])]
    bad = {m.name: "has no label in dataset.json" for m in there if m.name not in labels.numbers}
    bad |= dict.fromkeys(labels.missing, "stands in dataset.json but is not there")
    kept = [m for m in train if m.name not in bad]
    kept_held = None if held is None else [m for m in held if m.name not in bad]
    return Plan(kept, kept_held, labels.numbers, labels.classes, bad)


def _pictures(branch: Iterable[tuple[tuple[str, ...], Member]]) -> list[Member]:
    return [member for _, member in branch if member.is_picture]


def _unwrapped(branch: Branch) -> Branch:
    """Without folders that hold everything, as a zip of one folder has; domains stay."""
    while True:
        tops = {parts[0] if len(parts) > 1 else "" for parts, _ in branch}
        if len(tops) > 1 or tops & {"", "trainA", "trainB"}:
            return branch
        branch = [(parts[1:], member) for parts, member in branch]
