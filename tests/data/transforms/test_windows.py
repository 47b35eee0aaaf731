"""Clips as data: windows, generated clips, shipped ones, and clips of one's own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.core.rng import Rng
from gansmith.data import DataError, open_data
from gansmith.data.builtin.video import DIGIT, SIDE, TURN, moving_digits, turning_shapes
from gansmith.data.readers.image_file import to_array
from gansmith.data.readers.options import ReadOptions
from gansmith.data.readers.video_file import find_clips
from gansmith.data.readers.video_folder import read_videos
from gansmith.data.transforms.windows import clip_dataset, past_frames, windows


def counting(length: int, first: int = 0) -> torch.Tensor:
    """A clip (length, 1, 8, 8) whose frame t is all first + t."""
    return (first + torch.arange(length)).to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 8, 8)


def test_a_window_is_the_past_in_order_and_the_next_frame() -> None:
    found = windows([counting(5), counting(4, 100)], 3)
    assert found["condition"][:, :, 0, 0].tolist() == [[0, 1, 2], [100, 101, 102], [1, 2, 3]]
    assert found["real"][:, 0, 0, 0].tolist() == [3, 103, 4]


def test_too_many_windows_are_taken_at_every_kth_place() -> None:
    clip = counting(20)
    all_, few = windows([clip], 3), windows([clip], 3, large=6 * 4 * 64)
    assert len(all_["real"]) == 17
    assert few["real"][:, 0, 0, 0].tolist() == [3, 6, 9, 12, 15, 18]


def test_colour_frames_are_stacked_frame_by_frame() -> None:
    clip = Rng(1).integers(256, 4, 3, 8, 8).to(torch.uint8)
    given = windows([clip], 2)["condition"]
    assert past_frames(given, 2)[1].equal(clip[1:3])


def test_a_short_clip_is_refused_by_number() -> None:
    with pytest.raises(
        DataError, match="clip 1 has 3 frames; 3 of the past and the next one are 4"
    ):
        windows([counting(4), counting(3)], 3)


def test_size_and_channels_are_those_of_past_and_next_frame() -> None:
    clips = [Rng(k).integers(256, 6, 3, 16, 16).to(torch.uint8) for k in range(4)]
    from gansmith.data.transforms.resize import resized

    dataset = resized(clip_dataset("toy", clips[:3], clips[3:], 2), 8, 1)
    asked = dataset.spec.condition
    assert asked is not None
    assert (asked.frames, asked.channels, asked.height, asked.width) == (2, 2, 8, 8)
    # what is the last frame of one window is the next frame of the window before
    given, real = dataset.held_out["condition"], dataset.held_out["real"]
    assert given[1:, 1].equal(real[:-1, 0])


@pytest.mark.parametrize("name", ["moving-digits", "turning-shapes", "animated-emoji"])
def test_named_clips_are_the_same_each_time(name: str) -> None:
    one, two = open_data(name), open_data(name)
    assert one.spec == two.spec
    assert one.spec.condition is not None
    assert one.spec.condition.frames == 4


def test_digits_stay_whole_in_the_field_and_move_each_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gansmith.data.builtin.video.DIGITS", 1)
    ink = torch.full((1, 1, DIGIT, DIGIT), 255, dtype=torch.uint8)
    for clip in moving_digits(50, ink, Rng(3)):
        assert ((clip > 0).sum((1, 2, 3)) == DIGIT**2).all()
        corners = torch.stack([(frame[0] > 0).nonzero()[0] for frame in clip])
        steps = corners.diff(dim=0).abs()
        assert int(steps.max()) <= 3  # shorter only where it meets a wall
        assert float((steps > 0).float().mean()) > 0.8


def test_a_shape_turns_left_or_right_half_of_the_time_and_not_by_its_past() -> None:
    clips, other = turning_shapes(400, Rng(4), held_out=False)
    again = {}
    for clip, o in zip(clips, other, strict=True):
        again.setdefault(clip[:TURN].numpy().tobytes(), set()).add(clip[TURN].numpy().tobytes())
        assert not (clip[TURN].bool() & o.bool()).any()  # the two futures do not overlap
        assert int(clip[TURN].sum()) == int(o.sum())
    assert sum(len(futures) == 2 for futures in again.values()) > 50
    assert max(len(futures) for futures in again.values()) == 2
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    left = 0
    for clip in clips:
        at = [
            ((frame[0] > 0) * torch.stack([y, x])).sum((1, 2)) / (frame > 0).sum()
            for frame in (clip[TURN - 2], clip[TURN - 1], clip[TURN])
        ]
        ahead, aside = at[1] - at[0], at[2] - at[1]
        left += float(ahead[0] * aside[1] - ahead[1] * aside[0]) > 0
    assert 160 <= left <= 240


def animation(path: Path, length: int, size: tuple[int, int] = (16, 12), first: int = 0) -> None:
    frames = [Image.new("RGB", size, (first + 10 * t, 0, 100)) for t in range(length)]
    path.parent.mkdir(parents=True, exist_ok=True)
    more = {"lossless": True} if path.suffix == ".webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50, loop=0, **more)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """An animation of each kind, and a folder of numbered frames."""
    for number, suffix in enumerate(("gif", "webp", "png", "apng")):
        animation(tmp_path / f"{suffix}.{suffix}", 6, first=20 * number)
    (tmp_path / "frames").mkdir()
    for t in range(12):  # in the order of numbers, not of letters
        Image.new("RGB", (16, 12), (10 * t, 0, 100)).save(tmp_path / "frames" / f"f{t}.png")
    return tmp_path


def test_every_animation_and_every_folder_of_frames_is_a_clip(clips: Path) -> None:
    found = {clip.name: clip for clip in find_clips(clips)}
    assert set(found) == {"apng", "frames", "gif", "png", "webp"}
    for name, clip in found.items():
        frames, pause = clip.read(lambda image: to_array(image, 3))
        reds = frames[:, 0, 0, 0].astype(int)
        assert (np.diff(reds) == 10).all(), name
        assert frames.shape[1:] == (3, 12, 16)
        assert pause == (100 if name == "frames" else 50)


def test_own_clips_are_cropped_split_by_clip_and_read_again_alike(clips: Path) -> None:
    one, two = (open_data(f"video2:{clips}", size=8) for _ in range(2))
    assert one.spec == two.spec
    asked = one.spec.condition
    assert asked is not None
    assert (asked.frames, asked.channels, one.spec.size) == (2, 6, 8)
    assert one.spec.train + one.spec.held_out == 4 * 4 + 10
    assert one.spec.held_out in (4, 8, 10)


def test_a_split_that_is_given_is_used(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("val", 2)):
        for number in range(count):
            animation(tmp_path / part / f"{number}.gif", 5, first=30 * number)
    dataset = read_videos(tmp_path, "", ReadOptions())
    assert (dataset.spec.train, dataset.spec.held_out, dataset.spec.size) == (3, 2, 12)
    with pytest.raises(DataError, match="its own split"):
        read_videos(tmp_path, "", ReadOptions(val=0.5))


def test_bad_clips_are_named_or_skipped(clips: Path) -> None:
    animation(clips / "short.gif", 3)
    (clips / "broken.webp").write_bytes(b"RIFF nothing")
    with pytest.raises(DataError) as error:
        open_data(f"video:{clips}", size=8)
    assert "2 of 7 clips cannot be used" in str(error.value)
    assert "short: 3 frames, fewer than 5" in str(error.value)
    assert "broken: not an image" in str(error.value)
    dataset = open_data(f"video:{clips}", size=8, skip_bad=True)
    assert set(dataset.skipped) == {"short", "broken"}


def test_frames_of_different_sizes_are_refused_at_their_own_size(tmp_path: Path) -> None:
    for t in range(5):
        Image.new("RGB", (16 + t, 16)).save(tmp_path / f"{t}.png")
    (clip,) = find_clips(tmp_path)
    with pytest.raises(ValueError, match="different sizes"):
        clip.read(lambda image: to_array(image, 3))


def test_a_folder_without_clips_and_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no clips"):
        open_data(f"video:{tmp_path}")
    file = tmp_path / "one.gif"
    animation(file, 6)
    with pytest.raises(DataError, match="a single file"):
        open_data(f"video:{file}")
    with pytest.raises(DataError, match="no data set and no path"):
        open_data(f"video:{tmp_path}/nowhere")


def test_a_film_without_ffmpeg_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no film")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(DataError, match=r"pip install -e \S+\[video\]"):
        open_data(f"video:{tmp_path}")
