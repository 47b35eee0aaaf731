"""Presets that predict sets of labels."""

from pathlib import Path

from gansmith.api import train

SMALL = dict(width=2, batch=8, steps=1)


def test_thresholds_are_tuned_or_left_alone(tmp_path: Path) -> None:
    run = train("bce", threshold_lr_factor=0.0, out=tmp_path / "run", **SMALL)
    assert not run.game.T.threshold.any()
    assert train("bce", out=tmp_path / "tuned", **SMALL).game.T.threshold.any()
