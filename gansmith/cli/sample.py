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
        n: number of samples.
        seed: the seed of the codes; with the same seed, sample 5 is the same for every -n.
        truncation: the largest absolute coordinate of a code, such as 0.7: codes are drawn from the
            prior within it, which gives less variety, and often better samples.
        out: a folder for the samples, with a sheet of them beside it, or a .png for the sheet
            alone; with --interpolate the .png, or a folder for it. By default in RUN.
        checkpoint: the state of the run: best, latest, or a step.
        interpolate: interpolate between codes instead; each row goes from one code to another.
        video: write a clip instead, .gif, .webp or .mp4, that moves through the codes of several
            seeds and back to the first; for a conditional run, with one condition.
        seeds: the seeds of the clip, each that of a sample of `-n 1 --seed N`; by default four,
            beginning with --seed.
        frames: number of frames of the clip; by default 24 for each seed.
        fps: frames per second.
        prompt: what a conditional run should generate, in words that occur in its data, such as "a
            red heart"; or the name of a class; or attributes, such as glasses=1,smile=-1.
        audio: for a run conditioned on audio: the file to generate from.
        gain: decibels by which that audio is amplified.
        data: the new place of the run's data, if it was moved.
        preset: the new place of the file of the run's preset, if it was moved; --trust executes
            it.
        trust: execute the Python files that the run names. They can do all that you can do, so read
            them first.
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
        raise ValueError(f"--interpolate takes no condition: leave out --{given[0]}")
    if len(given) > 1:
        raise ValueError("give --prompt or --audio, not both")
    if options.gain and options.audio is None:
        raise ValueError("--gain amplifies the file of --audio: give one, or leave out --gain")
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
