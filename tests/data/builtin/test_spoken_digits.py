"""Spoken digits and noise: what is shipped, and what is mixed of it."""

import pytest
import torch

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.data import DataError, open_data, open_source
from gansmith.data.audio import audio_dataset, resampled
from gansmith.data.build import with_condition
from gansmith.data.builtin.spoken_digits import (
    HELD_OUT_NOISES,
    noise_recordings,
    recordings,
    speakers,
)
from gansmith.data.condition import Condition
from gansmith.data.spec import DataSpec
from gansmith.data.transforms.add_noise import mix_at_snr, with_noise


def test_spoken_digits():
    digits = open_data("spoken-digits")
    spec = digits.spec
    assert (spec.kind, spec.rate, spec.length, spec.train, spec.held_out) == (
        "audio", 8000, 8192, 1500, 300,
    )  # fmt: skip
    assert spec.fingerprint == "97101e88510a5a8e"
    assert DataSpec.from_json(spec.to_json()) == spec
    for part, each in ((digits.train, 25), (digits.held_out, 5)):
        pairs = part["label"] * 6 + part["factor_speaker"]
        assert pairs.bincount(minlength=60).tolist() == [each] * 60
        filled = torch.arange(8192) >= part["lengths"][:, None]
        assert not part["real"][filled].any()
        assert part["real"][:, :1000].abs().amax(1).min() > 0.001
    assert speakers() == ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")


def test_no_held_out_clip_is_trained_on():
    digits = open_data("spoken-digits")
    train, held_out = (
        {row.numpy().tobytes() for row in p["real"]} for p in (digits.train, digits.held_out)
    )
    assert len(train) == 1500
    assert not train & held_out


def test_noises_are_parted_by_recording():
    assert len(recordings()) == 17
    assert set(HELD_OUT_NOISES) <= set(recordings())
    seen, unseen = noise_recordings(False), noise_recordings(True)
    assert (len(seen), len(unseen)) == (13, 4)
    assert all(50_000 < len(wave) <= 80_000 for wave in seen + unseen)
    assert all(0.4 < float(wave.abs().max()) <= 0.501 for wave in seen + unseen)
    assert not any(a[:1000].equal(b[:1000]) for a in seen for b in unseen)


def test_the_ratio_is_as_asked():
    """The power of the clean sound counts up to its last sample only."""
    rng = Rng(3)
    clean = 0.05 * rng.normal(5, 4000)
    clean[:, 1000:] = 0
    snr = torch.tensor([0.0, 3.0, 5.0, 10.0, 20.0])
    noise = mix_at_snr(clean=clean, noise=rng.normal(5, 4000), snr=snr) - clean
    found = 10 * (clean[:, :1000].square().mean(1) / noise.square().mean(1)).log10()
    assert (found - snr).abs().max() < 1e-3


def test_silence_stays_silent_and_loud_sums_are_clipped():
    snr = torch.zeros(2)
    assert not mix_at_snr(clean=torch.zeros(2, 100), noise=Rng(1).normal(2, 100), snr=snr).any()
    assert (
        mix_at_snr(clean=torch.ones(2, 100), noise=Rng(1).normal(2, 100), snr=snr).abs().max() == 1
    )


def test_ratios_lie_between_0_and_10_decibels():
    clean = 0.05 * Rng(4).normal(200, 2000)
    noise = with_noise(False)(clean, Rng(5)) - clean
    found = 10 * (clean.square().mean(1) / noise.square().mean(1)).log10()
    assert -0.01 < found.min() < 1
    assert 9 < found.max() < 10.01


def test_noisy_digits_are_mixed_anew_but_held_out_ones_once():
    data = open_data("noisy:spoken-digits")
    assert data.spec.condition == Condition("waveform", length=8192, rate=8000)
    assert "condition" not in data.train
    source = open_source(data, 4, 0)
    one, again, next_epoch = source.at(0), source.at(0), source.at(375)
    assert one["condition"].equal(again["condition"])
    same = [(one["real"][i] == row).all() for i in range(4) for row in next_epoch["real"]]
    assert not one["condition"].equal(next_epoch["condition"]) or not any(same)
    assert data.held_out["condition"].equal(open_data("noisy:spoken-digits").held_out["condition"])
    played = Batch(**one).to(torch.device("cpu"), torch.channels_last)
    assert played.condition.dtype == played.real.dtype == torch.float32
    assert played.condition.equal(one["condition"])


def test_held_out_noise_is_noise_that_training_never_has():
    """What is left of a held-out mixture is a stretch of an unseen recording, up to its gain."""
    data = open_data("noisy:spoken-digits")
    for row in (0, 7):
        noise = (data.held_out["condition"][row] - data.held_out["real"][row])[:256]
        best = {
            unseen: max(float(likeness(noise, wave).max()) for wave in noise_recordings(unseen))
            for unseen in (True, False)
        }
        assert best[True] > 0.999
        assert best[False] < 0.95


def likeness(part, wave):
    """The correlation of a stretch with every stretch of a recording, round its end."""
    rows = torch.cat([wave, wave[:256]]).unfold(0, 256, 1)
    return (rows @ part) / (rows.norm(dim=1) * part.norm()).clamp(min=1e-9)


def test_pictures_are_not_mixed_with_noise_and_sounds_are_not_grey():
    with pytest.raises(DataError, match="noisy degrades data of kind audio; digits holds image"):
        open_data("noisy:digits")
    with pytest.raises(
        DataError, match="grey degrades data of kind image; spoken-digits holds audio"
    ):
        open_data("grey:spoken-digits")
    with pytest.raises(DataError, match="holds audio: leave out size"):
        open_data("spoken-digits", size=64)


def small(**more):
    part = {"real": torch.zeros(3, 8), "lengths": torch.tensor([8, 1, 4])} | more
    return audio_dataset("small", part, part, 8000)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"real": torch.zeros(3, 8).short()}, "float32"),
        ({"real": torch.full((3, 8), 1.5)}, "leaves"),
        ({"real": torch.full((3, 8), float("nan"))}, "not finite"),
        ({"lengths": torch.tensor([0, 1, 4])}, "1 to 8"),
        ({"lengths": torch.tensor([9, 1, 4])}, "1 to 8"),
        ({"label": torch.tensor([0, 1, 4])}, "0 classes"),
    ],
)
def test_wrong_tensors_are_refused(more, why):
    with pytest.raises(DataError, match=why):
        small(**more)


def test_waves_are_conditions():
    data = small()
    asked = with_condition(
        data, Condition("waveform", length=6), torch.zeros(3, 6), torch.zeros(3, 6)
    )
    assert DataSpec.from_json(asked.spec.to_json()) == asked.spec
    with pytest.raises(DataError, match="leaves"):
        with_condition(
            data, Condition("waveform", length=6), torch.ones(3, 6) * 2, torch.zeros(3, 6)
        )
    with pytest.raises(DataError, match="waveform"):
        with_condition(data, Condition("waveform", length=6), torch.zeros(3, 5), torch.zeros(3, 6))


def test_sounds_are_brought_to_another_rate():
    digits = open_data("spoken-digits")
    fast = resampled(digits, 16000)
    assert (fast.spec.rate, fast.spec.length) == (16000, 16384)
    assert fast.train["lengths"].equal(2 * digits.train["lengths"])
    assert (fast.train["real"][:, ::2] - digits.train["real"]).abs().mean() < 1e-3
    assert resampled(digits, 8000) is digits
