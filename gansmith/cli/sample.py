"""gansmith sample: samples of a run, a sheet of them, interpolations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from gansmith.cli.console import open_run, say
from gansmith.cli.parsing import (
    Checkpoint,
    Count,
    Flag,
    MovedData,
    MovedPreset,
    Out,
    RunFolder,
    absent,
    parse,
)


@dataclass
class SampleOptions:
    """Write samples of a run: a sheet and the single images, points and a plot, audio, or text.

    Args:
        run: the run's folder.
        n: how many.
        seed: of the codes; sample 5 is the same whatever -n.
        truncation: the largest coordinate of a code, such as 0.7: each code is moved inwards, to
            that of a prior conditioned on it; less variety, and often better samples.
        out: a folder for the samples, beside which a sheet of them is written, or a .png for the
            sheet alone; with --interpolate the .png, or a folder for it. In RUN by default.
        checkpoint: which state of the run.
        interpolate: interpolate between codes instead, a row for each pair.
        video: write a clip instead, .gif, .webp or .mp4, that walks through the codes of some seeds
            and back to the first; of a conditional run, of one condition.
        seeds: of the clip: each is that of a sample that `-n 1 --seed N` writes; four from --seed
            on by default.
        frames: of the clip, 24 for each seed by default.
        fps: frames in a second.
        prompt: of a conditional run, what to generate, in words that its data know, such as "a red
            heart"; or the name of a class, or attributes as glasses=1,smile=-1.
        audio: the same by an audio file, for a run conditioned on audio.
        gain: decibels that are added to that audio.
        data: where the run's data is now, if it has moved.
        preset: where the file of the run's preset is now, if it has moved; executed with --trust.
        trust: execute the files of code that the run names, which can do all that you can.
    """

    run: RunFolder
    n: Count = 64
    seed: int = 0
    truncation: Annotated[float | None, absent("FLOAT")] = None
    out: Out = None
    checkpoint: Checkpoint = "best"
    interpolate: Flag = False
    video: Annotated[Path | None, absent("FILE")] = None
    seeds: Annotated[str | None, absent("N,N,...")] = None
    frames: Annotated[int | None, absent("INT")] = None
    fps: float = 24.0
    prompt: Annotated[str | None, absent("WORDS")] = None
    audio: Annotated[Path | None, absent("FILE")] = None
    gain: Annotated[float, arg(metavar="DECIBELS")] = 0.0
    data: MovedData = None
    preset: MovedPreset = None
    trust: Flag = False


def main(words: list[str]) -> None:
    """Write samples, or interpolations."""
    options = parse(SampleOptions, words, "gansmith sample")
    from gansmith.inference.audio_prompt import read_prompt
    from gansmith.inference.sample import write_interpolation, write_samples, write_walk

    _check_together(options)
    given = [name for name in ("prompt", "audio") if getattr(options, name) is not None]
    if options.interpolate and given:
        raise ValueError(f"an interpolation has no condition: leave out --{given[0]}")
    if len(given) > 1:
        raise ValueError("a condition is given in words or as audio: --prompt or --audio")
    if options.gain and options.audio is None:
        raise ValueError("--gain is of a sound: give one by --audio")
    run = open_run(
        options.run,
        options.checkpoint,
        trust=options.trust,
        data=options.data,
        preset=options.preset,
    )
    out = options.out or run.folder / "generated"
    if options.interpolate:
        out = options.out or run.folder / "generated-interpolation.png"
        say(f"wrote {write_interpolation(run, options.n, options.seed, out, options.truncation)}")
        return
    condition = (
        options.prompt
        if options.audio is None
        else read_prompt(options.audio, run.spec, options.gain)
    )
    if options.video is not None:
        seeds = _numbers(options.seeds) or range(options.seed, options.seed + 4)
        out = write_walk(
            run,
            options.video,
            seeds=seeds,
            frames=options.frames or 24 * len(seeds),
            fps=options.fps,
            condition=condition,
            truncation=options.truncation,
        )
        say(f"wrote {out}")
        return
    sheet = write_samples(run, options.n, options.seed, out, condition, options.truncation)
    say(f"wrote {sheet}" + f", beside the samples in {out}" * out.is_dir())


def _check_together(options: SampleOptions) -> None:
    """Raises ValueError for options of which one would be passed over."""
    default = vars(SampleOptions(options.run))
    other = ("n", "out", "interpolate") if options.video else ("seeds", "frames", "fps")
    for name in other:
        if getattr(options, name) != default[name]:
            option = "-n" if name == "n" else f"--{name}"
            why = "--video writes one clip, and that alone" if options.video else "it is of --video"
            raise ValueError(f"leave out {option}: {why}")


def _numbers(words: str | None) -> list[int]:
    """The seeds in 3,7,12."""
    try:
        return [int(word) for word in (words or "").split(",") if word]
    except ValueError:
        raise ValueError(f"--seeds takes whole numbers, as 3,7,12; got {words!r}") from None
