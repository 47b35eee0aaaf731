"""Folders of sounds: rates, channels, rows, pairs, and what is wrong with them."""

from pathlib import Path

import pytest
import soundfile
import torch

from gansmith.audio import audio_bytes, resample, write_audio
from gansmith.core.rng import Rng
from gansmith.data import DataError, open_data
from gansmith.data.readers.file_list import DataFile
from gansmith.data.readers.split import hold_out


def wave(count: int, seed: int = 1, channels: int = 1) -> torch.Tensor:
    return (0.1 * Rng(seed).normal(channels, count)).clamp(-1, 1)


def filled(folder: Path, count: int = 6, length: int = 12_000, rate: int = 8000) -> Path:
    for number in range(count):
        write_audio(folder / f"{number}.wav", wave(length, number), rate, "FLOAT")
    return folder


def test_files_are_cut_into_rows(tmp_path):
    data = open_data(filled(tmp_path / "voices"))
    assert (data.spec.kind, data.spec.rate, data.spec.length) == ("audio", 8000, 8192)
    assert data.spec.name == "voices"
    assert (data.spec.train + data.spec.held_out, data.spec.condition) == (12, None)
    both = torch.cat([data.train["lengths"], data.held_out["lengths"]])
    assert sorted(both.tolist()) == [3808] * 6 + [8192] * 6
    first = data.train["real"][0]
    assert any(first.equal(wave(12_000, n)[0, :8192]) for n in range(6))


def test_no_file_is_on_both_sides(tmp_path):
    data = open_data(filled(tmp_path / "voices", 12), val=0.4)
    again = open_data(tmp_path / "voices", val=0.4)
    assert data.spec.fingerprint == again.spec.fingerprint
    assert data.spec.train % 2 == data.spec.held_out % 2 == 0
    assert data.spec.held_out >= 2


def test_a_size_can_be_asked_for_and_short_ends_are_left_out(tmp_path):
    data = open_data(filled(tmp_path / "voices"), size=4096)
    both = torch.cat([data.train["lengths"], data.held_out["lengths"]])
    assert sorted(both.tolist()) == [3808] * 6 + [4096] * 12
    short = open_data(tmp_path / "voices", size=11_000)
    assert short.spec.train + short.spec.held_out == 6
    with pytest.raises(DataError, match="leave out channels"):
        open_data(tmp_path / "voices", channels=1)


def test_stereo_and_several_rates_become_one_channel_at_the_lowest(tmp_path):
    filled(tmp_path / "x", 4)
    both = wave(24_000, 9, 2)
    write_audio(tmp_path / "x" / "stereo.flac", both, 16_000, "PCM_24")
    data = open_data(tmp_path / "x")
    assert data.spec.rate == 8000
    rows = torch.cat([data.train["real"], data.held_out["real"]])
    mean = both.mean(0)
    # what is left of white noise below 4 kHz has half of its power
    powers = [float(row.square().mean()) for row in rows]
    assert min(abs(p - float(mean.square().mean()) / 2) for p in powers) < 5e-4


def test_waveforms_are_not_in_memory_beside_the_rows(tmp_path, monkeypatch):
    """A file is read block by block, and cut to the rows that it makes as a whole."""
    monkeypatch.setattr("gansmith.audio.files.BLOCK", 3000)
    monkeypatch.setattr("gansmith.audio.rates.PIECE", 3000)
    write_audio(tmp_path / "a.wav", wave(60_000, 1), 8000, "FLOAT")
    both = wave(100_000, 2, 2)
    write_audio(tmp_path / "b.wav", both, 44_100, "FLOAT")
    largest = 0

    def watched(given, rate, to):
        nonlocal largest
        largest = max(largest, len(given))
        return resample(given, rate, to)

    monkeypatch.setattr("gansmith.audio.rates.resample", watched)
    data = open_data(tmp_path, size=4096)
    assert 0 < largest < 6000
    expected = [wave(60_000, 1)[0], resample(both.mean(0), 44_100, 8000).clamp(-1, 1)]
    for part in (data.train, data.held_out):
        found = torch.cat([row[:n] for row, n in zip(part["real"], part["lengths"], strict=True)])
        assert any(found.equal(x[: len(found)]) and len(x) < len(found) + 1024 for x in expected)


def test_a_file_that_changes_while_it_is_read_is_named(tmp_path, monkeypatch):
    filled(tmp_path, 3)
    read = DataFile.read
    times = []

    def changing(file):
        times.append(file.name)
        raw = read(file)
        return audio_bytes(wave(9000), 8000) if times.count("1.wav") > 1 else raw

    monkeypatch.setattr(DataFile, "read", changing)
    with pytest.raises(DataError, match="1.wav changed while it was read"):
        open_data(tmp_path)


def test_silence_is_left_out(tmp_path):
    filled(tmp_path / "x", 4, 4000)
    write_audio(tmp_path / "x" / "silent.wav", torch.zeros(1, 9000), 8000)
    data = open_data(tmp_path / "x")
    assert data.spec.train + data.spec.held_out == 4


def test_a_silent_file_is_not_what_is_held_out(tmp_path):
    """Another one is, and the silent one is told; a part with nothing else is refused by name."""
    names = [f"{number}.wav" for number in range(12)]
    filled(tmp_path / "x", 12, 4000)
    for name, out in zip(names, hold_out(names, None, ""), strict=True):
        if out:
            write_audio(tmp_path / "x" / name, torch.zeros(1, 9000), 8000)
    data = open_data(tmp_path / "x")
    assert data.spec.held_out > 0
    assert set(data.skipped.values()) == {"is silent"}
    filled(tmp_path / "y" / "train", 3, 4000)
    write_audio(tmp_path / "y" / "val" / "0.wav", torch.zeros(1, 9000), 8000)
    with pytest.raises(DataError, match=r"1 of 4 sounds cannot be used:\n  val/0.wav: is silent"):
        open_data(tmp_path / "y")


def test_damaged_sounds_are_named_and_can_be_skipped(tmp_path):
    filled(tmp_path / "x", 4)
    raw = audio_bytes(wave(60_000), 8000, ".flac")
    (tmp_path / "x" / "cut.flac").write_bytes(raw[: len(raw) // 2])
    raw = audio_bytes(wave(9000), 8000)
    (tmp_path / "x" / "short.wav").write_bytes(raw[:5000])
    with pytest.raises(DataError, match=r"cut.flac: .*damaged or cut(.|\n)*short.wav: .*was cut"):
        open_data(tmp_path / "x")
    assert set(open_data(tmp_path / "x", skip_bad=True).skipped) == {"cut.flac", "short.wav"}


@pytest.mark.parametrize("format_", ["mp3", "ogg"])
def test_folders_of_lossy_sounds_are_read(format_, tmp_path):
    for number in range(3):
        path = tmp_path / f"{number}.{format_}"
        soundfile.write(path, wave(9000, number)[0].numpy(), 8000, format=format_.upper())
    assert open_data(tmp_path, size=4096).spec.rate == 8000


def test_a_given_split_is_used(tmp_path):
    filled(tmp_path / "x" / "train", 3, 8192)
    filled(tmp_path / "x" / "test", 2, 8192)
    data = open_data(tmp_path / "x")
    assert (data.spec.train, data.spec.held_out) == (3, 2)
    with pytest.raises(DataError, match="split"):
        open_data(tmp_path / "x", val=0.5)


@pytest.mark.parametrize("split", [True, False])
def test_pairs(tmp_path, split):
    parts = [tmp_path / "x" / part for part in ("train", "val")] if split else [tmp_path / "x"]
    for part in parts:
        for number in range(4):
            write_audio(part / "clean" / f"{number}.wav", wave(8192, number), 8000, "FLOAT")
            write_audio(part / "noisy" / f"{number}.wav", -wave(8192, number), 8000, "FLOAT")
    data = open_data(tmp_path / "x")
    assert data.spec.condition is not None
    assert (data.spec.condition.kind, data.spec.condition.length) == ("waveform", 8192)
    for part in (data.train, data.held_out):
        assert part["condition"].equal(-part["real"])
    assert data.spec.train == (4 if split else 4 - data.spec.held_out)


def test_two_files_of_one_pair_are_refused(tmp_path):
    for side in ("clean", "noisy"):
        filled(tmp_path / side / "a", 2)
        filled(tmp_path / "a" / side, 2)
    with pytest.raises(DataError, match="wav has the name of .*; rename one"):
        open_data(tmp_path)


def test_unequal_pairs_are_refused(tmp_path):
    filled(tmp_path / "clean", 3)
    filled(tmp_path / "noisy", 4)
    with pytest.raises(DataError, match="noisy/3.wav: has no partner in clean(?s:.*)skip_bad=True"):
        open_data(tmp_path)
    data = open_data(tmp_path, skip_bad=True)
    assert set(data.skipped) == {"noisy/3.wav"}
    assert data.spec.train + data.spec.held_out == 6  # two rows of each of three
    write_audio(tmp_path / "clean" / "3.wav", wave(100), 8000)
    with pytest.raises(DataError, match="3.wav: has 100 samples clean and 12000 noisy"):
        open_data(tmp_path)
    (tmp_path / "noisy" / "2.wav").write_text("words")
    data = open_data(tmp_path, skip_bad=True)
    assert set(data.skipped) == {"3.wav", "2.wav", "noisy/2.wav"}
    assert data.spec.train + data.spec.held_out == 4
    for side in ("clean", "noisy"):
        (tmp_path / side / "0.wav").unlink(), (tmp_path / side / "1.wav").unlink()
    with pytest.raises(DataError, match="3 of 3 sounds cannot be used"):
        open_data(tmp_path, skip_bad=True)


def test_pairs_without_a_single_partner_are_refused(tmp_path):
    write_audio(tmp_path / "clean" / "a.wav", wave(9000), 8000)
    write_audio(tmp_path / "noisy" / "b.wav", wave(9000), 8000)
    with pytest.raises(DataError, match="2 of 2 sounds cannot be used"):
        open_data(tmp_path, skip_bad=True)


def test_bad_files_are_named_or_left_out(tmp_path):
    filled(tmp_path / "x", 4, 8192)
    (tmp_path / "x" / "broken.wav").write_text("words")
    with pytest.raises(DataError, match="(?s)broken.wav.*skip_bad=True"):
        open_data(tmp_path / "x")
    data = open_data(tmp_path / "x", skip_bad=True)
    assert list(data.skipped) == ["broken.wav"]
    assert data.spec.train + data.spec.held_out == 4


def test_a_single_file_and_a_mixed_folder_are_refused(tmp_path):
    filled(tmp_path / "x", 2)
    with pytest.raises(DataError, match="a single sound"):
        open_data(tmp_path / "x" / "0.wav")
    (tmp_path / "x" / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match="2 sounds and 1 images of other names"):
        open_data(tmp_path / "x")


def test_own_sounds_are_mixed_with_noise_at_8_khz(tmp_path):
    data = open_data(f"noisy:{filled(tmp_path / 'voices', rate=16_000)}")
    assert (data.spec.rate, data.spec.length, data.spec.name) == (8000, 8192, "noisy:voices")
    assert data.held_out["condition"].shape == data.held_out["real"].shape
    assert data.degrade is not None


def test_class_folders_are_labels_and_voices_become_domains(tmp_path):
    for voice, shift in (("ann", 0), ("bob", 100)):
        for number in range(5):
            write_audio(
                tmp_path / voice / f"{number}.wav", wave(8192, shift + number), 8000, "FLOAT"
            )
    data = open_data(tmp_path)
    assert data.spec.classes == ("ann", "bob")
    assert sorted(data.held_out["label"].tolist()) == [0, 1]  # one of each at least
    assert data.train["label"].bincount().tolist() == [4, 4]
    voices = open_data(f"domains:{tmp_path}")
    assert list(voices.domains) == ["ann", "bob"]
    assert set(voices.train) == {"ann", "ann_lengths", "bob", "bob_lengths"}
    anns = [wave(8192, n)[0] for n in range(5)]
    assert all(any(row.equal(x) for x in anns) for row in voices.train["ann"])


def test_loose_sounds_beside_class_folders_are_refused(tmp_path):
    filled(tmp_path / "ann", 2)
    filled(tmp_path / "bob", 2)
    filled(tmp_path, 1)
    with pytest.raises(DataError, match=r"class folders \(ann, bob\) and loose sounds .*0.wav"):
        open_data(tmp_path)


def test_two_domains_of_sounds(tmp_path):
    filled(tmp_path / "trainA", 4, 8192)
    filled(tmp_path / "trainB" / "any", 3, 16_384)
    filled(tmp_path / "testB", 2, 8192)
    data = open_data(tmp_path)
    assert (data.spec.kind, list(data.domains)) == ("audio", ["a", "b"])
    assert [x.train for x in data.spec.domains.values()] == [3, 6]
    assert [x.held_out for x in data.spec.domains.values()] == [1, 2]


def test_sentences_about_sounds(tmp_path):
    filled(tmp_path, 5, 12_000)
    lines = [f"{n}.wav\tnumber {n}" for n in range(5)]
    (tmp_path / "captions.tsv").write_text("\n".join(lines))
    data = open_data(tmp_path)
    assert (data.spec.kind, data.spec.condition.kind) == ("audio", "sentence")
    for part in (data.train, data.held_out):
        texts = data.condition_sentences(part["condition"])
        assert texts[0::2] == texts[1::2]  # both rows of a file
        for text, row in zip(texts[0::2], part["real"][0::2], strict=True):
            number = text.split()[1]
            known = number.isdigit()  # a held-out number is an unknown word
            assert not known or row.equal(wave(12_000, int(number))[0, :8192])
    (tmp_path / "captions.tsv").write_text("\n".join(lines[:4]))
    with pytest.raises(DataError, match="4.wav: has no line in captions.tsv"):
        open_data(tmp_path)


def test_pairs_by_the_names_of_the_fields(tmp_path):
    for number in range(4):
        write_audio(tmp_path / "real" / f"{number}.wav", wave(8192, number), 8000, "FLOAT")
        write_audio(tmp_path / "condition" / f"{number}.wav", -wave(8192, number), 8000, "FLOAT")
    data = open_data(tmp_path)
    assert data.held_out["condition"].equal(-data.held_out["real"])
