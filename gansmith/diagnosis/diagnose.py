"""The diagnosis of a run or of samples, and the files that it is written to."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from gansmith.core.files import user_path, write_atomic
from gansmith.core.protocols import ConditionalSampler
from gansmith.data import DataError, Dataset, open_given
from gansmith.data.spread import spread_held_out
from gansmith.diagnosis.diversity import collapse, dropped_modes
from gansmith.diagnosis.evidence import Finding, gather_evidence
from gansmith.diagnosis.image_quality import blur, noise
from gansmith.diagnosis.memorization import memorization
from gansmith.diagnosis.training import (
    exploding_critic,
    is_adversarial,
    saturated_discriminator,
    undertrained,
)
from gansmith.evaluation.load import load_samples
from gansmith.metrics.samples import random_subset
from gansmith.rendering.page import image, tag
from gansmith.runs.config import FILE
from gansmith.runs.run import Run

COUNT = 2000
JSON = "diagnosis.json"
SAMPLE_CHECKS = (collapse, dropped_modes, memorization, noise, blur)
RUN_CHECKS = (saturated_discriminator, exploding_critic, undertrained)


@dataclass(frozen=True)
class Diagnosis:
    """The faults found in a run or in samples; none if all is well.

    of: the run or the samples. against: the data set. samples: how many.
    """

    of: str
    against: str
    samples: int
    findings: tuple[Finding, ...]

    def _repr_html_(self) -> str:
        parts = [tag("p", f"{self.samples} samples against {self.against}")]
        for finding in self.findings:
            parts += [tag("b", finding.name), tag("p", f"{finding.evidence}.")]
            parts.append(tag("p", f"Try: {finding.advice}"))
            if finding.picture is not None and not finding.private:
                parts.append(image(finding.picture, finding.name))
        return "\n".join(parts if self.findings else [*parts, tag("p", "nothing found")])


def diagnose(
    source: Path | str,
    against: Any = None,
    *,
    n: int = COUNT,
    seed: int = 0,
    checkpoint: str = "best",
    trust: bool = False,
    data: Any = None,
    preset: str | None = None,
    size: int | None = None,
) -> Diagnosis:
    """Test a run, or samples in a folder or file, for every known fault.

    against: the data, as `open_data` takes it; a run's own by default.
    trust, data, preset: as `open_run` takes them. size: what the images of `against` are brought
        to; a run's own by default.
    Raises DataError for samples without `against`, or for too few examples.
    """
    if (user_path(source) / FILE).is_file():
        run = Run.open(source, trust=trust, data=data, preset=preset).choose(checkpoint)
        return diagnose_run(run, against, n=n, seed=seed, size=size)
    if against is None:
        raise DataError(
            f"{source} is not a run: name the data to compare its samples with, --against DATA"
        )
    dataset = open_given(against, size=size)
    samples = random_subset(load_samples(source, dataset)[0], n, seed)
    return Diagnosis(
        str(source), dataset.spec.name, len(samples), diagnose_samples(samples, dataset, seed)
    )


def diagnose_run(
    run: Run, against: Any = None, *, n: int = COUNT, seed: int = 0, size: int | None = None
) -> Diagnosis:
    """Test a run, at its chosen checkpoint, for every known fault; against, size: as `diagnose`."""
    if against is None and size is not None:
        raise DataError("a run is looked at in its own size: --size is of the data of --against")
    dataset = None
    if against is not None:
        own = run.spec
        dataset = open_given(against, size=size or own.size or None, channels=own.channels or None)
    given = run.dataset if dataset is None else run.examples
    conditions = None
    if isinstance(run.game, ConditionalSampler):  # as the data has them, not each class alike
        conditions = given.conditions(spread_held_out(given, n, seed).held_out, n)
    samples = run.sample(n, seed, conditions).cpu()
    dataset = dataset or given
    made_by = {"preset": run.config.preset, "adversarial": is_adversarial(run)}
    found = diagnose_samples(samples, dataset, seed, **made_by)
    found += tuple(finding for check in RUN_CHECKS if (finding := check(run)) is not None)
    return Diagnosis(str(run.folder), dataset.spec.name, n, found)


def diagnose_samples(
    samples: Tensor, dataset: Dataset, seed: int = 0, **made_by: Any
) -> tuple[Finding, ...]:
    """The faults of samples (N, ...), compared with a data set of the same kind.

    made_by: `preset` and `adversarial` of Evidence, so that the advice is not what was done.
    """
    evidence = replace(gather_evidence(samples, dataset, seed), **made_by)
    return tuple(found for check in SAMPLE_CHECKS if (found := check(evidence)) is not None)


def write_diagnosis(found: Diagnosis, out: Path, show_training: bool = False) -> list[Path]:
    """Write diagnosis.json and the pictures; those of training examples only if `show_training`."""
    page = {
        "of": Path(found.of).name,
        "against": found.against,
        "samples": found.samples,
        "findings": [
            {"name": f.name, "evidence": f.evidence, "advice": f.advice, "numbers": f.numbers}
            for f in found.findings
        ],
    }
    write_atomic(out / JSON, (json.dumps(page, indent=2) + "\n").encode())
    written = [out / JSON]
    for finding in found.findings:
        if finding.picture is not None and (show_training or not finding.private):
            path = out / f"{finding.name.replace(' ', '-')}.png"
            write_atomic(path, finding.picture)
            written.append(path)
    return written
