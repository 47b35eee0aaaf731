"""Which files a run takes, by what it generates and is conditioned on, and which options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from gansmith.audio import write_audio
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.inference.translate import DOMAINS, INPUTS, write_translation
from gansmith.runs.plan import plan
from gansmith.runs.run import Run

TINY = dict(width=4, batch=4, steps=1)


def planned(out: Path, preset: str, **keywords: Any) -> Run:
    """A run with its initial weights that is not on the disk."""
    run = plan(preset, out=out / "run", **keywords)
    run._loaded = run.recipe().game.requires_grad_(False).eval(), 0
    return run


@pytest.mark.parametrize(
    ("preset", "keywords", "why"),
    [
        (
            "gan",
            dict(data="ring", **TINY),
            "gan generates without .*`gansmith sample`",
        ),
        (
            "nsgan",
            dict(data="digits", **TINY),
            "nsgan generates without .*`gansmith sample`",
        ),
        (
            "cgan",
            dict(data="digits", latent=4, embed_dim=4, **TINY),
            "cgan generates without input",
        ),
        (
            "seqgan",
            dict(embed_dim=4, hidden_dim=4, filters=4),
            "seqgan generates without input",
        ),
    ],
)
def test_runs_that_take_no_files_say_what_to_do(
    tmp_path: Path, preset: str, keywords: dict[str, Any], why: str
) -> None:
    run = planned(tmp_path, preset, **keywords)
    with pytest.raises(TypeError, match=why):
        write_translation(run, tmp_path, tmp_path / "out", options={})
    with pytest.raises(TypeError, match=f"{preset} does not translate; use gansmith sample .*run"):
        run.translate(torch.zeros(1))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("preset", "keywords", "taken"),
    [
        ("pix2pix", dict(data="edges:digits", patch_size=7, **TINY), {"mask", "seed"}),
        ("classifier", dict(data="digits", **TINY), set()),
        ("speech-enhancement", TINY, set()),
        ("seq2seq", dict(embed_dim=4, hidden_dim=4), {"seed"}),
    ],
)
def test_options_that_a_run_does_not_take_are_refused(
    tmp_path: Path, preset: str, keywords: dict[str, Any], taken: set[str]
) -> None:
    run = planned(tmp_path, preset, **keywords)
    given = dict(mask=tmp_path, frames=3, seed=1, reference=tmp_path, finetune=2, gain=1.0)
    for name, value in given.items():
        if name not in taken:
            with pytest.raises(ValueError, match=f"{preset} takes no --{name}: leave it out"):
                write_translation(run, tmp_path, tmp_path / "out", options={name: value})
    with pytest.raises(ValueError, match=f"{preset} has no domains: leave out --from and --to"):
        write_translation(run, tmp_path, tmp_path / "out", to="b", options={})


def test_clipped_audio_is_reported_where_somebody_listens(tmp_path: Path) -> None:
    run = planned(tmp_path, "speech-enhancement", **TINY)
    write_audio(tmp_path / "a.wav", (9 * Rng(1).normal(1, 4000)).clamp(-1, 1), 8000)
    lines: list[str] = []
    options = {"say": lines.append}
    write_translation(run, tmp_path / "a.wav", tmp_path / "b.wav", options=options)
    assert "a.wav is clipped" in lines[0]
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    edges = planned(tmp_path, "pix2pix", data="edges:digits", patch_size=7, **TINY)
    write_translation(edges, tmp_path / "a.png", tmp_path / "b.png", options=options)
    assert len(lines) == 1


def test_domains_of_points_have_no_files(tmp_path: Path) -> None:
    run = planned(tmp_path, "cyclegan", width=2, blocks=1, d_width=2, d_layers=1)
    run.spec = run.spec.from_json({**run.spec.to_json(), "kind": "points", "size": 0})
    with pytest.raises(TypeError, match="cyclegan does not translate points"):
        write_translation(run, tmp_path, tmp_path / "out", options={})


@pytest.mark.parametrize(
    "name",
    ["emoji-lines", "grey:digits", "moving-digits", "talking-faces", "noisy:spoken-digits",
     "collages", "number-words"],
)  # fmt: skip
def test_every_condition_that_comes_in_files_has_a_row(name: str) -> None:
    spec = open_data(name).spec
    assert spec.condition is not None
    assert spec.condition.from_files is (name != "number-words")
    assert (spec.kind, spec.condition.kind) in INPUTS
    assert set(DOMAINS) == {"image", "audio"}
