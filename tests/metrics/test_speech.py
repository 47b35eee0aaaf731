"""Measures of speech against closed forms."""

import math
from functools import partial

import pytest
import torch

from gansmith.audio import AudioError, resample
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import (
    audio_report,
    available_audio,
    available_enhancement,
    evaluate_audio,
    evaluate_enhancement,
    load_judge,
)
from gansmith.metrics.speech import (
    log_spectral_distance,
    log_spectral_spread,
    pesq,
    recognition_rate,
    recognizer_input,
    segmental_snr,
    si_sdr,
    stoi,
)

RATE = 8000


def noise(count: int = 3, length: int = 8192, seed: int = 1):
    return (0.1 * Rng(seed).normal(count, length)).clamp(-1, 1)


def across(clean: torch.Tensor, seed: int = 2) -> torch.Tensor:
    """A sound of the same power without mean, at a right angle to the clean one."""
    both = (noise(*clean.shape, seed).double(), clean.double())
    x, c = (y - y.mean(1, keepdim=True) for y in both)
    x = x - (x * c).sum(1, keepdim=True) / c.square().sum(1, keepdim=True) * c
    return x * (c.norm(dim=1) / x.norm(dim=1))[:, None]


@pytest.mark.parametrize("decibels", [-5.0, 0.0, 10.0, 40.0])
@pytest.mark.parametrize("scale", [1.0, 0.3, -2.0])
@pytest.mark.parametrize("shift", [0.0, 0.05])
def test_si_sdr_is_the_ratio_whatever_the_scale(decibels, scale, shift):
    clean = noise()
    made = clean + across(clean) * 10 ** (-decibels / 20)
    assert (si_sdr(estimate=scale * made + shift, clean=clean) - decibels).abs().max() < 1e-3


def test_si_sdr_looks_no_further_than_the_length():
    clean = noise(2)
    spoilt = clean.clone()
    spoilt[:, 4000:] = 0.5
    lengths = torch.tensor([4000, 4000])
    assert si_sdr(estimate=spoilt, clean=clean, lengths=lengths).min() > 100
    assert si_sdr(estimate=spoilt, clean=clean).max() < 0


@pytest.mark.parametrize("part", [0.5, 0.1, 1.0])
def test_segmental_snr_of_a_scaled_copy(part):
    """m = (1 - part) c: every frame has 20 log10(1 / part)."""
    clean = noise()
    found = segmental_snr(estimate=(1 - part) * clean, clean=clean, rate=RATE)
    assert (found - 20 * math.log10(1 / part)).abs().max() < 1e-4


def test_segmental_snr_is_clipped_and_is_a_mean_over_frames():
    clean = noise(1)
    assert segmental_snr(estimate=clean, clean=clean, rate=RATE).item() == 35
    assert (
        segmental_snr(estimate=clean + 10 * noise(1, seed=5), clean=clean, rate=RATE).item() == -10
    )
    half = clean.clone()
    half[:, 4096:] = 0  # error = clean there: 0 dB; 35 in the frames before
    frames = torch.arange((8192 - 256) // 64 + 1) * 64
    whole, out = (frames + 256 <= 4096).sum(), (frames >= 4096).sum()
    low, high = 35 * whole / len(frames), 35 * (len(frames) - out) / len(frames)
    assert low < segmental_snr(estimate=half, clean=clean, rate=RATE).item() < high


def test_frames_of_silence_and_after_the_length_do_not_count():
    clean = noise(1)
    clean[:, 4096:] = 0
    made = 0.9 * clean
    made[:, 4400:] = 0.3
    assert segmental_snr(estimate=made, clean=clean, rate=RATE).item() == pytest.approx(
        20, abs=1e-3
    )
    clean, made = noise(1), 0.9 * noise(1)
    made[:, 4096:] = 0.7
    before = segmental_snr(
        estimate=made, clean=clean, rate=RATE, lengths=torch.tensor([4096])
    ).item()
    assert before == pytest.approx(20, abs=1e-3)
    assert segmental_snr(estimate=made, clean=clean, rate=RATE).item() < 12


@pytest.mark.parametrize("scale", [1.5, 0.5, 0.25])
def test_log_spectral_distance_of_a_scaled_copy(scale):
    """White noise far above the floor: 20 |log10 scale| in every bin."""
    clean = 2 * noise()  # 30 dB below full scale in each bin
    found = log_spectral_distance(estimate=scale * clean, clean=clean, rate=RATE)
    assert (found / abs(20 * math.log10(scale)) - 1).abs().max() < 0.02
    assert log_spectral_distance(estimate=clean, clean=clean, rate=RATE).max() == 0


def test_spread_of_steps():
    """Two levels 10 dB apart, half of the time each: a variance of 25 dB^2 more."""
    steady = 2 * noise(1, 80_000)
    steps = steady * torch.where(torch.arange(80_000) < 40_000, 1.0, 10**-0.5)
    gain = log_spectral_spread(steps, RATE) - log_spectral_spread(steady, RATE)
    assert gain.item() == pytest.approx(25, abs=1)
    level = log_spectral_spread(0.5 * steady, RATE) - log_spectral_spread(steady, RATE)
    assert level.abs().item() < 1


def test_unequal_sounds_are_refused():
    with pytest.raises(AudioError, match="one length"):
        si_sdr(estimate=noise(2), clean=noise(3))


def test_the_recogniser_knows_clean_digits_and_no_noise():
    held = open_data("spoken-digits").held_out
    judge = load_judge("spoken-digits")
    assert judge.card is not None
    right = recognition_rate(held["real"], held["label"], RATE, judge)
    assert right == pytest.approx(judge.card.accuracy["official test"], abs=0.01)
    assert right > 0.97
    assert recognition_rate(noise(300), held["label"], RATE, judge) < 0.2
    fast = recognizer_input(resample(held["real"][:50], RATE, 16000), 16000)
    assert (fast.int() - recognizer_input(held["real"][:50], RATE).int()).abs().float().mean() < 6


def test_answers_are_told_beside_what_was_given():
    data = open_data("noisy:spoken-digits")
    held = {name: rows[:40] for name, rows in data.held_out.items()}
    made = 0.5 * held["condition"] + 0.5 * held["real"]
    found = evaluate_enhancement(
        enhanced=made, clean=held["real"], noisy=held["condition"], rate=RATE,
        lengths=held["lengths"], digits=held["label"], judge=load_judge("spoken-digits"),
    )  # fmt: skip
    assert list(found) == [
        "segsnr", "segsnr_of_input", "sisdr", "sisdr_of_input", "lsd", "lsd_of_input",
        "recognized", "recognized_of_input",
    ]  # fmt: skip
    assert found["sisdr"].value > found["sisdr_of_input"].value + 4
    assert found["segsnr"].value > found["segsnr_of_input"].value + 4
    assert found["lsd"].value < found["lsd_of_input"].value
    assert found["recognized"].value > found["recognized_of_input"].value
    assert found["recognized"].real > 0.95
    assert all(number.to_json() for number in found.values())
    assert {key: number.better for key, number in found.items()} == available_enhancement(True)


def test_silent_clean_speech_has_no_ratio_and_spoils_no_mean():
    clean = noise(3)
    clean[1] = 0
    made, kept = clean + 0.1 * noise(3, seed=4), [0, 2]
    for ratio in (partial(segmental_snr, rate=RATE), si_sdr):
        found = ratio(estimate=made, clean=clean)
        assert found.isnan().tolist() == [False, True, False]
        torch.testing.assert_close(found[kept], ratio(estimate=made[kept], clean=clean[kept]))
    assert si_sdr(estimate=made, clean=torch.full_like(clean, 0.3)).isnan().all()
    found = evaluate_enhancement(
        enhanced=made, clean=clean, noisy=made, rate=RATE, only=["segsnr", "sisdr", "lsd"]
    )
    assert all(number.to_json() for number in found.values())
    assert found["segsnr"].value == pytest.approx(
        float(segmental_snr(estimate=made[kept], clean=clean[kept], rate=RATE).mean())
    )
    with pytest.raises(AudioError, match="all clean waveforms are silent"):
        evaluate_enhancement(
            enhanced=made, clean=torch.zeros_like(made), noisy=made, rate=RATE, only=["sisdr"]
        )


def test_sounds_are_measured_by_their_spectra():
    digits = open_data("spoken-digits")
    real, held, train = (
        digits.train["real"][750:],
        digits.held_out["real"],
        digits.train["real"][:750],
    )
    same, white = (
        evaluate_audio(generated=x, held_out=held, train=train, rate=RATE)
        for x in (real, noise(300))
    )
    assert same["spectrum"].value < 2 * same["spectrum"].real + 0.5
    assert white["spectrum"].value > 10
    assert abs(same["spread"].value / same["spread"].real - 1) < 0.1
    assert abs(white["spread"].value / white["spread"].real - 1) > 0.2


def speech():
    """Ten digits one after another: long enough for the two standards."""
    held = open_data("spoken-digits").held_out
    rows = [held["real"][i, : held["lengths"][i]] for i in range(0, 60, 6)]
    return torch.cat(rows).unsqueeze(0)


def test_stoi_falls_with_noise():
    pytest.importorskip("pystoi")
    clean = speech()
    hiss = noise(1, clean.shape[1]) * clean.std() / 0.1
    values = [
        stoi(estimate=clean + gain * hiss, clean=clean, rate=RATE).item() for gain in (0, 0.3, 1, 3)
    ]
    assert values[0] == pytest.approx(1, abs=1e-6)
    assert values == sorted(values, reverse=True)
    assert stoi(estimate=clean[:, :800], clean=clean[:, :800], rate=RATE).isnan().all()


def test_pesq_falls_with_noise():
    pytest.importorskip("pesq")
    clean = speech()
    hiss = noise(1, clean.shape[1]) * clean.std() / 0.1
    values = [
        pesq(estimate=clean + gain * hiss, clean=clean, rate=RATE).item() for gain in (0, 0.1, 1)
    ]
    assert values[0] > 4
    assert values == sorted(values, reverse=True)
    with pytest.raises(AudioError, match="resample"):
        pesq(estimate=clean, clean=clean, rate=44100)


@pytest.mark.parametrize(("name", "number"), [("pystoi", stoi), ("pesq", pesq)])
def test_without_the_extra_one_is_told_what_to_install(name, number, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(ImportError, match=rf"{name} is not installed: pip install .*\[speech\]"):
        number(estimate=noise(1), clean=noise(1), rate=RATE)


def test_unwanted_numbers_are_not_computed(monkeypatch):
    clean, noisy = noise(seed=1), noise(seed=2)
    both = evaluate_audio(generated=noisy, held_out=clean, train=clean, rate=RATE)
    assert {key: number.better for key, number in both.items()} == available_audio()
    assert list(evaluate_enhancement(enhanced=noisy, clean=clean, noisy=noisy, rate=RATE)) == list(
        available_enhancement()
    )

    def refuse(*_):
        raise AssertionError("not wanted")

    for name in ("log_spectral_spread", "segmental_snr", "log_spectral_distance"):
        monkeypatch.setattr(audio_report, name, refuse)
    assert list(
        evaluate_audio(generated=noisy, held_out=clean, train=clean, rate=RATE, only=["spectrum"])
    ) == ["spectrum"]
    found = evaluate_enhancement(
        enhanced=noisy, clean=clean, noisy=noisy, rate=RATE, only=["sisdr_of_input"]
    )
    assert list(found) == ["sisdr_of_input"]
    with pytest.raises(ValueError, match="no number 'recognized'"):
        evaluate_enhancement(
            enhanced=noisy, clean=clean, noisy=noisy, rate=RATE, only=["recognized"]
        )
    with pytest.raises(ValueError, match="no number 'fid'"):
        evaluate_audio(generated=noisy, held_out=clean, train=clean, rate=RATE, only=["fid"])
