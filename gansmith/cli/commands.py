"""What each command can be asked, and how words are read into it.

Nothing heavy is imported here, so that help comes at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

import tyro
from tyro.conf import (
    DisallowNone,
    FlagCreatePairsOff,
    OmitArgPrefixes,
    Positional,
    UseAppendAction,
    arg,
)

from gansmith.core.suggest import nearest

T = TypeVar("T")
STYLE = (OmitArgPrefixes, DisallowNone)


def absent(metavar: str, **more: Any) -> object:
    """An option that is None when it is not given: the help says so in its own words."""
    return arg(metavar=metavar, help_behavior_hint="", **more)


RunFolder = Annotated[Positional[Path], arg(metavar="RUN")]
Out = Annotated[Path | None, absent("FOLDER", aliases=["-o"])]
Count = Annotated[int, arg(name="n", aliases=["-n"], metavar="INT")]
Checkpoint = Annotated[str, arg(metavar="best|latest|STEP")]
Flag = Annotated[FlagCreatePairsOff[bool], arg(help_behavior_hint="")]


@dataclass
class Train:
    """Train a preset: gansmith train [PRESET] [options]. Without anything, the best pictures
    of garments that this machine makes in four minutes.

    Args:
        preset: the preset, for one that is not the first word: a name (`gansmith list presets`)
            or a function of your own, my_file.py:my_preset.
        data: a name (`gansmith list data`) or a path: folder, class folders, given and real, with
            captions.tsv, trainA/trainB, zip, npz, IDX or text file, folder of sounds. The preset's
            own by default.
        steps: length of the run in steps; the preset's own by default.
        minutes: length of the run by the clock instead.
        out: the run's folder; a fresh one in runs/ by default.
        seed: of everything random.
        dry_run: say what would be done, how long it takes and how large it gets, and stop.
        resume: a run to go on with, without a preset; --steps or --minutes lengthen it.
        begin_from: a run whose players to start with (fine-tuning).
        paper: take the paper's constants, which want a GPU.
        size: side of the pictures in pixels; as they are by default.
        channels: 1 for grey, 3 for colour; as they are by default.
        val: fraction of your data that is held out, where it brings no split of its own; a tenth
            by default.
        skip_bad: leave unreadable files out instead of stopping.
        micro: pieces of a batch, to save memory.
        precision: float32, or bfloat16 for autocast.
        clip: largest norm of a player's gradient; any by default.
        compile: compile the players; pays on a GPU.
        metrics: numbers to take at every look, cfid,precision,recall: those of `gansmith evaluate`,
            against training data; the first chooses the best state. A quick score by default.
        every: steps between two looks; as the preset has it by default.
    """

    preset: Annotated[str | None, absent("PRESET")] = None
    data: Annotated[str | None, absent("NAME|PATH")] = None
    steps: Annotated[int | None, absent("INT")] = None
    minutes: Annotated[float | None, absent("FLOAT")] = None
    out: Out = None
    seed: int = 0
    dry_run: Flag = False
    resume: Annotated[Path | None, absent("RUN")] = None
    begin_from: Annotated[Path | None, absent("RUN", name="from")] = None
    paper: Flag = False
    size: Annotated[int | None, absent("INT")] = None
    channels: Annotated[Literal[1, 3] | None, absent("1|3")] = None
    val: Annotated[float | None, absent("FLOAT")] = None
    skip_bad: Flag = False
    micro: int = 1
    precision: Literal["float32", "bfloat16"] = "float32"
    clip: Annotated[float | None, absent("FLOAT")] = None
    compile: Flag = False
    metrics: Annotated[str | None, absent("NAMES")] = None
    every: Annotated[int | None, absent("INT")] = None


@dataclass
class Sweep(Train):
    """Search over a preset's keywords: gansmith sweep PRESET [options]. Many runs, scored alike;
    any number of processes may play one sweep. Wants pip install 'gansmith[sweep]'.

    Args:
        preset: the preset; its keywords can be given for all trials, as in train.
        steps: length of each trial in steps; the preset's own by default.
        minutes: length of each trial by the clock instead.
        out: the sweep's folder; a fresh one in sweeps/ by default.
        seed: of the search and of every trial; --vary seed=0,1,2 tries several in the trials.
        dry_run: say what would be searched and how long it takes, and stop.
        resume: a sweep to go on with, without a preset; --trials lengthens it, 0 shows its table.
        begin_from: a run whose players every trial starts with.
        vary: a range, lr=1e-4..1e-2, or choices, batch=16,32,64, of a keyword; give it once for
            each keyword. The usual keywords around their defaults by default.
        trials: how many; 20 by default, or all combinations of a grid.
        grid: try every combination of choices.
        sampler: random, or tpe, which learns from the trials before (arXiv:2304.11127).
        metric: a number of evaluate to search by, such as cfid, against held-out data; by default
            the score that a run is kept by, against training data.
        storage: URL of a database that knows the trials, in the place of a file in the folder.
    """

    preset: Annotated[Positional[str | None], absent("PRESET")] = None
    resume: Annotated[Path | None, absent("SWEEP")] = None
    vary: Annotated[UseAppendAction[tuple[str, ...]], absent("KEYWORD=VALUES")] = ()
    trials: Annotated[int | None, absent("INT")] = None
    grid: Flag = False
    sampler: Literal["random", "tpe"] = "random"
    metric: Annotated[str | None, absent("NAME")] = None
    storage: Annotated[str | None, absent("URL")] = None


@dataclass
class Sample:
    """Write samples of a run: a sheet and the single pictures, points and a plot, or text.

    Args:
        run: the run's folder.
        n: how many.
        seed: of the codes.
        out: where to write; RUN/generated by default.
        checkpoint: which state of the run.
        interpolate: walk between codes instead, a row for each pair.
        text: what to make, in words that the run's data know, such as "a red heart"; or the name of
            a class, or attributes as glasses=1,smile=-1.
        like: what to make, by a WAV or FLAC file, for a run that is asked by sounds.
        gain: decibels that are added to that sound.
    """

    run: RunFolder
    n: Count = 64
    seed: int = 0
    out: Out = None
    checkpoint: Checkpoint = "best"
    interpolate: Flag = False
    text: Annotated[str | None, absent("WORDS")] = None
    like: Annotated[Path | None, absent("FILE")] = None
    gain: Annotated[float, arg(metavar="DECIBELS")] = 0.0


@dataclass
class Translate:
    """Write what a run makes of given pictures or sounds: answers at their own size, of a run that
    was taught by pairs; or the same in the style of the other domain, of one that was not; or how
    clips go on.

    Args:
        run: the run's folder.
        source: a picture, a clip or a WAV or FLAC file, or a folder of them.
        to: the domain to translate to, without pairs.
        out: where to write: a folder, or a file for a single one; RUN/translated by default.
        mask: a picture of the same size, white where something is missing, for a run that completes
            pictures; what is transparent is missing by default.
        frames: by how many frames clips are continued.
        seed: of what is left to chance in pictures and clips.
        like: of a run of talking-head, the person: a folder with pictures in face/ and, under the
            same names, landmark pictures in landmarks/.
        finetune: steps of fine-tuning on these pictures first.
        checkpoint: which state of the run.
        skip_bad: leave unreadable files out instead of stopping.
    """

    run: RunFolder
    source: Annotated[Positional[Path], arg(metavar="FILE|FOLDER")]
    to: Literal["a", "b"] = "b"
    out: Annotated[Path | None, absent("PATH", aliases=["-o"])] = None
    mask: Annotated[Path | None, absent("FILE")] = None
    frames: int = 12
    seed: int = 0
    like: Annotated[Path | None, absent("FOLDER")] = None
    finetune: int = 0
    checkpoint: Checkpoint = "best"
    skip_bad: Flag = False


@dataclass
class Evaluate:
    """Measure a run against its held-out data, beside what real data gets; or several runs and
    folders of samples side by side.

    Args:
        sources: a run's folder; or several runs, folders or files of samples to compare.
        against: data to measure all of them against, a name or a path; the run's own by default.
        n: samples to measure.
        seed: of the samples.
        checkpoint: which state of the runs.
        features: what pictures are described by: judge, inception or dinov2.
        weights: the file of weights for inception or dinov2.
        force: compare numbers also where they were not made in the same way.
        out: where to write a comparison; comparison/ by default.
    """

    sources: Annotated[Positional[tuple[Path, ...]], arg(metavar="RUN [RUN|FOLDER ...]")]
    against: Annotated[str | None, absent("NAME|PATH")] = None
    n: Count = 4000
    seed: int = 0
    checkpoint: Checkpoint = "best"
    features: Annotated[str, arg(metavar="judge|inception|dinov2")] = "judge"
    weights: Annotated[Path | None, absent("FILE")] = None
    force: Flag = False
    out: Out = None


@dataclass
class Diagnose:
    """Name what is wrong with a run, or with samples in a folder, with evidence and what to try:
    collapse, dropped classes or modes, memorising, noise, blur; of a run also a saturated
    discriminator, an exploding critic, too few steps.

    Args:
        source: a run's folder, or a folder or file of samples.
        against: the data, a name or a path; a run's own by default.
        n: samples to look at.
        seed: of the samples.
        checkpoint: which state of the run.
        show_training: also write the training examples that samples are copies of; they may be
            private.
        out: where to write; RUN/diagnosis or diagnosis/ by default.
    """

    source: Annotated[Positional[Path], arg(metavar="RUN|FOLDER")]
    against: Annotated[str | None, absent("NAME|PATH")] = None
    n: Count = 2000
    seed: int = 0
    checkpoint: Checkpoint = "best"
    show_training: Flag = False
    out: Out = None


@dataclass
class Export:
    """Write the generator, or the translators, for use without gansmith: the weights, a card
    that says what goes in and comes out, and a program.

    Args:
        run: the run's folder.
        out: where to write; RUN/export by default.
        format: torch-export writes .pt2, onnx writes .onnx (pip install 'gansmith[onnx]').
        checkpoint: which state of the run.
    """

    run: RunFolder
    out: Out = None
    format: Literal["torch-export", "onnx"] = "torch-export"
    checkpoint: Checkpoint = "best"


@dataclass
class Report:
    """Write report.html: curves, samples through time and numbers in one page.

    Args:
        run: the run's folder.
    """

    run: RunFolder


@dataclass
class Lab:
    """Claims about GANs as experiments, each with a control that must fail:
    gansmith lab list | run ID [ID ...] | report.

    Args:
        what: list, run or report.
        ids: experiments to run, by id.
        full: the size that the claim asks for, in the place of about two minutes.
        seeds: how many seeds; the experiment's own by default.
        out: where results are; benchmarks/lab if there is such a folder, else lab/.
    """

    what: Annotated[Positional[str], arg(metavar="list|run|report")]
    ids: Annotated[Positional[tuple[str, ...]], arg(metavar="[ID ...]")] = ()
    full: Flag = False
    seeds: Annotated[int | None, absent("INT")] = None
    out: Out = None


@dataclass
class List:
    """Show what there is.

    Args:
        what: a table of these.
    """

    what: Positional[Literal["presets", "objectives", "penalties", "data", "runs"]]


def parse(kind: Callable[..., T], words: list[str], prog: str, description: str = "") -> T:
    """Words as an instance of a dataclass of options.

    Raises ValueError for an option that there is not, naming the nearest; prints help, or what
    is wrong with a value, and exits.
    """
    given, unknown = tyro.cli(
        kind,
        args=words,
        prog=prog,
        description=description or None,
        return_unknown_args=True,
        config=STYLE,
    )
    if unknown:
        raise ValueError(_unknown(unknown, option_names(kind), prog))
    return given


def option_names(kind: Any) -> list[str]:
    """The options of a dataclass of options, those of its parts included."""
    names: list[str] = []
    hints = get_type_hints(kind, include_extras=True)
    for part in fields(kind):
        own, *extras = get_args(hints[part.name]) or [hints[part.name]]
        if is_dataclass(own):
            names += option_names(own)
        elif part.default is not MISSING:  # what has no default stands by its place
            said = next((name for x in extras if (name := getattr(x, "name", None))), part.name)
            names.append(f"--{said.replace('_', '-')}")
    return names


def _unknown(unknown: list[str], known: list[str], prog: str) -> str:
    options = [word for word in unknown if word.startswith("-")]
    if not options:
        return f"{unknown[0]!r} was not expected here; see `{prog} --help`"
    name = options[0].split("=")[0]
    meant = nearest(name.replace("_", "-"), known)
    hint = f"did you mean {meant}? " if meant else ""
    return f"there is no option {name}; {hint}See `{prog} --help`"
