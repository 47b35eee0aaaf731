"""Films: frames with the second of sound around them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch
from PIL import Image

from gansmith.audio import log_mel, write_audio
from gansmith.data import DataError, open_data
from gansmith.data.readers.film_audio import BANDS, FRAMES, RATE, around
from gansmith.data.readers.video_file import write_film

ffmpeg = pytest.importorskip("imageio_ffmpeg")


def film(path: Path, seconds: int = 4, sound: bool = True, hertz: float = 440.0) -> None:
    """Ten frames a second, brighter by the second; the tone is louder by the second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [Image.new("RGB", (32, 32), (50 * (t // 10), 0, 0)) for t in range(10 * seconds)]
    silent = path.with_name("silent.mp4")
    write_film(frames, 100, silent)
    if not sound:
        silent.rename(path)
        return
    t = torch.arange(seconds * RATE)
    wave = 0.2 * (1 + t // RATE) * torch.sin(2 * torch.pi * hertz * t / RATE)
    write_audio(path.with_suffix(".wav"), wave[None], RATE)
    command = [ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-i", silent]
    command += ["-i", path.with_suffix(".wav"), "-c:v", "copy", "-c:a", "aac", path]
    subprocess.run(command, check=True)
    silent.unlink()
    path.with_suffix(".wav").unlink()


def test_frames_and_the_sound_around_them(tmp_path: Path) -> None:
    for number in range(3):
        film(tmp_path / f"{number}.mp4", hertz=300.0 * (1 + number))
    data = open_data(f"film-audio:{tmp_path}", size=16)
    condition = data.spec.condition
    assert condition is not None
    assert (condition.kind, condition.length, condition.rate) == ("log-mel", RATE, RATE)
    assert condition.shape == (1, BANDS, FRAMES)
    assert (data.spec.train + data.spec.held_out, data.spec.size) == (48, 16)
    assert data.spec.held_out % 16 == 0  # whole films
    for part in (data.train, data.held_out):
        red = part["real"][:, 0].float().mean((1, 2)).view(-1, 16)
        loud = part["condition"].float().amax((1, 2, 3)).view(-1, 16)
        assert (red[:, 12:] - red[:, :4] > 100).all()  # the last second against the first
        assert (loud[:, 14] > loud[:, 2] + 10).all()
    assert open_data(f"film-audio2:{tmp_path}", size=16).spec.train == data.spec.train // 2


def test_the_window_is_the_second_around_the_frame() -> None:
    sound = torch.randn(3 * RATE, generator=torch.Generator().manual_seed(0)).clamp(-3, 3) / 4
    found = around(sound, 12, 4)
    assert found.shape == (12, 1, BANDS, FRAMES)
    middle = sound[RATE // 2 : 3 * RATE // 2]
    assert found[4].equal(log_mel(middle[None], RATE, BANDS, FRAMES)[0])
    before = torch.cat([torch.zeros(RATE // 2), sound[: RATE // 2]])
    assert found[0].equal(log_mel(before[None], RATE, BANDS, FRAMES)[0])
    assert around(sound[:100], 2, 1)[1].unique().tolist() == [0]  # silence behind the end


def test_a_single_film_holds_out_its_end_and_leaves_a_gap(tmp_path: Path) -> None:
    film(tmp_path / "only.mp4", seconds=5)
    data = open_data(f"film-audio:{tmp_path}")
    assert (data.spec.train, data.spec.held_out) == (14, 2)  # 20 frames, a gap of 4
    film(tmp_path / "short" / "one.mp4", seconds=1)
    with pytest.raises(DataError, match="too short"):
        open_data(f"film-audio:{tmp_path / 'short'}")


def test_films_without_sound_are_named_or_left_out(tmp_path: Path) -> None:
    for number in range(2):
        film(tmp_path / f"{number}.mp4")
    film(tmp_path / "mute.mp4", sound=False)
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    with pytest.raises(DataError, match="(?s)broken: .*mute: no sound"):
        open_data(f"film-audio:{tmp_path}", size=16)
    data = open_data(f"film-audio:{tmp_path}", size=16, skip_bad=True)
    assert set(data.skipped) == {"broken", "mute"}
    assert data.spec.train == data.spec.held_out == 16


@pytest.mark.parametrize("name", ["film-audio0", "film-audio31"])
def test_rates_beyond_1_to_30_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 to 30 frames"):
        open_data(f"{name}:{tmp_path}")


def test_no_film_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="holds no films: bring .mp4"):
        open_data(f"film-audio:{tmp_path}")
