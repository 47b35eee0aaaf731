"""Clips are continued by a run, in any format and size; what cannot be continued is named."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.cli import main
from gansmith.data import DataError, open_data
from gansmith.data.readers.image_file import to_array
from gansmith.data.readers.video_file import find_clips
from gansmith.inference.sample import write_samples
from gansmith.inference.video import continued, write_clip, write_continuations, write_held_out
from gansmith.runs.plan import plan
from gansmith.runs.run import Run


def frames(count: int, size: tuple[int, int] = (24, 20), first: int = 0) -> list[Image.Image]:
    return [Image.new("RGB", size, (first + 10 * t, 90, 0)) for t in range(count)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that sees two colour frames, of 16x16, after one step."""
    home = tmp_path_factory.mktemp("run")
    for number in range(4):
        write_clip(frames(5, (16, 16), 20 * number), 50, home / "clips" / f"{number}.gif")
    made = plan("next-frame", data=f"video2:{home / 'clips'}", steps=1, out=home / "run", width=4,
                patch_size=7, batch=4)  # fmt: skip
    return Run.begin(made.folder, made.config, made.dataset).play()


def read(path: Path) -> tuple[np.ndarray, int]:
    (clip,) = find_clips(path)
    return clip.read(lambda image: to_array(image, 3))


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".apng"])
def test_a_clip_goes_on_at_its_own_size_and_pace_after_what_was_given(
    run: Run, tmp_path: Path, suffix: str
) -> None:
    clip, out = tmp_path / "clip.webp", tmp_path / f"out{suffix}"
    write_clip(frames(4), 70, clip)
    assert write_continuations(run, clip, out, frames=3).count == 1
    made, pause = read(out)
    assert made.shape == (7, 3, 20, 24)
    assert pause == 70
    near = 8 if suffix == ".gif" else 0  # a GIF has 256 colours
    assert np.abs(made[:4].astype(int) - read(clip)[0]).max() <= near
    if suffix == ".webp":
        again = continued(run, torch.from_numpy(made[:4]), 3)
        assert np.array_equal(again.numpy(), made)


def test_each_new_frame_is_made_from_those_before_it(run: Run) -> None:
    clip = torch.randint(256, (3, 3, 16, 16), generator=torch.Generator().manual_seed(1)).byte()
    three = continued(run, clip, 3)
    assert three[:3].equal(clip)
    assert three[:4].equal(continued(run, clip, 1))
    other = clip.clone()
    other[0] = 0  # older than what is seen
    assert continued(run, other, 3)[3:].equal(three[3:])
    assert not continued(run, clip, 3, seed=1)[3:].equal(three[3:])


def test_a_folder_of_clips_and_a_folder_of_frames(run: Run, tmp_path: Path) -> None:
    write_clip(frames(3), 50, tmp_path / "in" / "a.gif")
    write_clip(frames(3), 50, tmp_path / "in" / "deep" / "b.webp")
    (tmp_path / "in" / "c").mkdir()
    for t, frame in enumerate(frames(3)):
        frame.save(tmp_path / "in" / "c" / f"{t}.png")
    assert write_continuations(run, tmp_path / "in", tmp_path / "out", frames=2).count == 3
    made = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.gif")}
    assert made == {"a.gif", "deep/b.gif", "c.gif"}
    write_continuations(run, tmp_path / "in" / "c", tmp_path / "c.webp", frames=2)
    assert len(read(tmp_path / "c.webp")[0]) == 5


def test_clips_of_one_name_are_all_read_and_all_continued(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "in"
    for number, name in enumerate(("c.gif", "c.webp", "c.gif.webp", "take.1.gif", "c/0.png")):
        write_clip(frames(3, (16, 16), 20 * number), 50, home / name)
    for place in ("in", "."):
        (home / place).mkdir(exist_ok=True)
        frames(1)[0].save(home / place / "still.bmp")
    names = sorted(clip.name for clip in find_clips(home))
    assert names == [".", "c.gif", "c.gif.webp", "c.webp", "c/0", "in", "take.1"]
    data = open_data(f"video2:{home}", skip_bad=True)
    assert (data.spec.train + data.spec.held_out, len(data.skipped)) == (5, 2)
    assert write_continuations(run, home, tmp_path / "out", frames=1, skip_bad=True).count == 5
    made = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.gif")}
    assert made == {"c.gif.gif", "c.gif.webp.gif", "c.webp.gif", "take.1.gif", "c/0.gif"}


def test_what_cannot_be_continued_is_named_and_nothing_written(run: Run, tmp_path: Path) -> None:
    write_clip(frames(3), 50, tmp_path / "in" / "good.gif")
    frames(1)[0].save(tmp_path / "in" / "still.gif")
    out = tmp_path / "out"
    with pytest.raises(
        DataError, match=r"still.gif has 1 frame; the run needs the last 2 of a clip"
    ):
        write_continuations(run, tmp_path / "in", out)
    assert not out.exists()
    assert write_continuations(run, tmp_path / "in", out, frames=1, skip_bad=True).count == 1
    with pytest.raises(ValueError, match="1 frame at least; got --frames 0"):
        write_continuations(run, tmp_path / "in", out, frames=0)
    with pytest.raises(ValueError, match=r"written as \.gif .*; got 'a\.jpg'"):
        write_continuations(run, tmp_path / "in" / "good.gif", tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="would overwrite"):
        write_continuations(run, tmp_path / "in" / "good.gif", tmp_path / "in" / "good.gif")
    with pytest.raises(DataError, match="does not exist"):
        write_continuations(run, tmp_path / "nowhere.gif", out)


def test_films_go_in_and_out(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg")
    write_clip(frames(4, (25, 21)), 100, tmp_path / "in.mp4")  # odd sides become even
    given, pause = read(tmp_path / "in.mp4")
    assert given.shape == (4, 3, 22, 26)
    assert pause == 100
    assert np.abs(given.mean((2, 3)) - [[10 * t, 90, 0] for t in range(4)]).max() < 8
    write_continuations(run, tmp_path / "in.mp4", tmp_path / "out.mp4", frames=2)
    assert read(tmp_path / "out.mp4")[0].shape == (6, 3, 22, 26)


def test_a_film_that_is_none_and_a_film_without_ffmpeg(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no film" * 100)
    if "imageio_ffmpeg" in sys.modules or pytest.importorskip("imageio_ffmpeg"):
        with pytest.raises(DataError, match="bad.mp4 cannot be read: no film"):
            write_continuations(run, tmp_path / "bad.mp4", tmp_path / "out.gif")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(DataError, match=r"pip install -e \S+\[video\]"):
        write_continuations(run, tmp_path / "bad.mp4", tmp_path / "out.gif")
    write_clip(frames(3), 50, tmp_path / "in.gif")
    with pytest.raises(DataError, match=r"pip install -e \S+\[video\]"):
        write_continuations(run, tmp_path / "in.gif", tmp_path / "out.mp4")


def test_samples_are_next_frames_and_a_film_of_held_out_clips(run: Run, tmp_path: Path) -> None:
    shown = write_samples(run, 2, 0, tmp_path / "made")
    assert shown == tmp_path / "made-sheet.gif"
    assert len(list((tmp_path / "made").glob("*.png"))) == 2
    write_held_out(run, 2, 0, tmp_path / "again.gif", frames=4)
    assert len(read(tmp_path / "again.gif")[0]) in (5, 6)  # equal frames of a GIF become one


def test_another_run_continues_nothing(tmp_path: Path) -> None:
    made = plan("pix2pix", data="emoji-lines", steps=1, out=tmp_path / "run", width=4)
    with pytest.raises(TypeError, match="pix2pix does not continue clips"):
        write_continuations(made, tmp_path, tmp_path / "out")


def test_the_command_line_continues_a_clip(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, out = tmp_path / "clip.webp", tmp_path / "out.webp"
    write_clip(frames(3), 70, clip)
    words = ["translate", str(run.folder), str(clip), "-o", str(out), "--frames", "2"]
    main([*words, "--seed", "1"])
    assert "wrote 1 clip to" in capsys.readouterr().out
    given = torch.from_numpy(read(clip)[0])
    assert np.array_equal(read(out)[0], continued(Run.open(run.folder), given, 2, seed=1).numpy())
    with pytest.raises(SystemExit):
        main([*words, "--mask", str(clip)])
    assert "next-frame takes no --mask: leave it out" in capsys.readouterr().err
