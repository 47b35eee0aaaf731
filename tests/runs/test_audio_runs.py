"""A run on audio through all commands: trained on a folder, shown, scored, measured, used."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from gansmith.audio import read_audio, write_audio
from gansmith.cli import main
from gansmith.data import DataError, open_data
from gansmith.evaluation.select import score, training_rows
from gansmith.metrics.speech import log_spectral_distance
from gansmith.modalities import MODALITIES
from gansmith.presets import PRESETS
from gansmith.runs.run import Run


@pytest.fixture(scope="module")
def voices(tmp_path_factory) -> Path:
    """Sixty tones that swell and fade, at 16 kHz."""
    folder = tmp_path_factory.mktemp("data") / "voices"
    t = torch.arange(16_384) / 16_000
    for number in range(60):
        tone = torch.sin(2 * torch.pi * (200 + 20 * number) * t) * torch.sin(torch.pi * t)
        write_audio(folder / f"{number}.wav", 0.3 * tone, 16_000)
    return folder


@pytest.fixture(scope="module")
def folder(voices, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    words = ["train", "speech-enhancement", "--data", f"noisy:{voices}", "--val", "0.4"]
    main([*words, "--steps", "4", "--batch", "2", "--width", "4", "--out", str(out)])
    return out


def test_a_run_is_scored_and_shown(folder):
    scores = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    assert [s["metric"] for s in scores] == ["log-spectral distance, dB"] * len(scores)
    assert all(0 < s["value"] < 60 for s in scores)
    sheets = sorted((folder / "samples").glob("*.png"))
    assert len(sheets) == len(scores)
    with Image.open(sheets[-1]) as sheet:
        assert sheet.height >= 3 * 129
    assert (folder / "report.html").stat().st_size > 1000
    assert Run.open(folder).config.spec["rate"] == 8000


def test_it_is_evaluated(folder, capsys):
    main(["evaluate", str(folder)])
    numbers = json.loads((folder / "metrics.json").read_text())["numbers"]
    assert set(numbers) == {
        "spectrum", "spread", "segsnr", "segsnr_of_input", "sisdr", "sisdr_of_input", "lsd",
        "lsd_of_input",
    }  # fmt: skip
    assert numbers["sisdr_of_input"]["value"] == pytest.approx(5, abs=5.1)


def test_samples_are_written_as_audio(folder, tmp_path):
    main(["sample", str(folder), "-n", "3", "--out", str(tmp_path / "made")])
    names = sorted(path.name for path in (tmp_path / "made").iterdir())
    assert names == ["00000.wav", "00001.wav", "00002.wav"]
    assert read_audio(tmp_path / "made" / "00000.wav").waveform.shape == (1, 8192)
    assert (tmp_path / "made-sheet.png").is_file()


def test_a_file_is_translated_by_the_command(folder, voices, tmp_path, capsys):
    out = tmp_path / "clean.wav"
    main(["translate", str(folder), str(voices / "3.wav"), "-o", str(out)])
    assert "wrote 1 audio file to" in capsys.readouterr().out
    found = read_audio(out)
    assert (found.rate, found.waveform.shape) == (16_000, (1, 16_384))
    with pytest.raises(SystemExit):
        main(["translate", str(folder), str(voices), "--mask", str(out)])


def test_runs_and_folders_are_compared(folder, voices, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["sample", str(folder), "-n", "6", "--out", str(tmp_path / "made")])
    main(["evaluate", str(folder), "made", "--against", f"noisy:{voices}", "--force"])
    page = json.loads((tmp_path / "comparison" / "comparison.json").read_text())
    assert set(page) == {"run", "made"}
    assert (tmp_path / "comparison" / "samples.png").is_file()


def test_audio_is_not_diagnosed(folder, capsys):
    with pytest.raises(SystemExit):
        main(["diagnose", str(folder), "-n", "60"])
    assert "audio cannot be diagnosed; `gansmith evaluate` measures it" in capsys.readouterr().err


def test_the_score_is_the_distance_to_the_clean_audio():
    """A game that returns its condition has the distance of the mixtures themselves."""
    data = open_data("noisy:spoken-digits")

    class Copy(torch.nn.Module):
        condition_field = "condition"

        def __init__(self, gain):
            super().__init__()
            self.gain = torch.nn.Parameter(torch.tensor(gain))

        def generate(self, given, rng):
            return self.gain * given

    rows = training_rows(data, MODALITIES["audio"].score_count)
    count = len(rows.train["real"])
    given, real = rows.conditions(rows.train, count), rows.train["real"]
    far = log_spectral_distance(
        estimate=given, clean=real, rate=8000, lengths=rows.train["lengths"]
    ).mean()
    noisy = score(Copy(1.0).requires_grad_(False), data, 0)["value"]
    assert noisy == pytest.approx(float(far))
    assert 6 < noisy < 12
    assert score(Copy(0.5).requires_grad_(False), data, 0)["value"] != noisy


@pytest.mark.parametrize("preset", ["speech-enhancement", "segan"])
def test_audio_without_pairs_is_refused(preset):
    spec = open_data("spoken-digits").spec
    with pytest.raises(DataError, match="noisy:spoken-digits"):
        PRESETS[preset].build(spec)


def test_a_patch_must_fit():
    spec = open_data("noisy:spoken-digits").spec
    with pytest.raises(ValueError, match="7, 16, 34, 70"):
        PRESETS["speech-enhancement"].build(spec, patch_size=9)
    with pytest.raises(ValueError, match="24 frames or more; these have 17"):
        PRESETS["speech-enhancement"].build(replace(spec, length=1024), patch_size=70)
