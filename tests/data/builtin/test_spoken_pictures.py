"""Images asked by voices: the louder the larger, and what only the held-out part has."""

import torch
from scipy.stats import spearmanr

from gansmith.audio import log_mel
from gansmith.data import open_data
from gansmith.data.builtin.spoken_pictures import KNOWN, LEVELS, SIDES, side_at


def test_the_side_is_a_straight_line_in_decibels():
    level = torch.linspace(*LEVELS, 21)
    side = side_at(level)
    assert (int(side[0]), int(side[-1])) == SIDES
    assert bool((side.diff() == 1).all())
    assert side_at(torch.tensor([-90.0, 0.0])).tolist() == list(SIDES)


def test_who_is_heard_and_how_loud():
    data = open_data("spoken-pictures")
    spec, asked = data.spec, data.spec.conditioned_on
    assert (spec.train, spec.held_out, spec.size, len(spec.classes)) == (3600, 600, 32, 10)
    assert (asked.kind, asked.shape, asked.rate, asked.length) == (
        "log-mel",
        (1, 32, 32),
        8000,
        8192,
    )
    level, held_out = data.train["level"], data.held_out["level"]
    assert KNOWN[0] <= float(level.min()) <= float(level.max()) <= KNOWN[1]
    outside = (held_out < KNOWN[0]) | (held_out > KNOWN[1])
    assert 0.3 < float(outside.float().mean()) < 0.5
    assert torch.bincount(data.held_out["label"]).tolist() == [60] * 10


def test_ink_follows_the_loudness_and_so_does_the_sound():
    held_out = open_data("spoken-pictures").held_out
    ink = held_out["real"].float().mean((1, 2, 3))
    assert spearmanr(held_out["level"], ink)[0] > 0.95
    assert spearmanr(held_out["level"], held_out["condition"].float().mean((1, 2, 3)))[0] > 0.7
    side = side_at(held_out["level"])
    rows = (held_out["real"] > 0).any(3).sum(2).squeeze(1)
    assert bool((rows <= side).all())
    assert float((rows >= 0.7 * side).float().mean()) > 0.95


def test_held_out_speakers_are_those_of_no_training_sound():
    """A clip of a held-out speaker at its level is found among the held-out sounds alone."""
    data, spoken = open_data("spoken-pictures"), open_data("spoken-digits")
    mine = (spoken.held_out["factor_speaker"] == 4).nonzero().squeeze(1)[:5]
    rows = spoken.held_out["real"][mine]
    power = rows.square().sum(1) / spoken.held_out["lengths"][mine]
    for wave, mean, label in zip(rows, power, spoken.held_out["label"][mine], strict=True):
        same = (data.held_out["label"] == label).nonzero().squeeze(1)
        scales = 10 ** (data.held_out["level"][same] / 20) / mean.sqrt()
        made = log_mel(scales[:, None] * wave, 8000)
        assert int((made == data.held_out["condition"][same]).flatten(1).all(1).sum()) == 1
