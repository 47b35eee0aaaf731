"""All verdicts on a run or on samples, and what is written of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from gansmith.data import DataError, Dataset, open_data
from gansmith.diagnosis.diversity import collapse, dropped
from gansmith.diagnosis.evidence import Finding, gather
from gansmith.diagnosis.image_quality import blur, noise
from gansmith.diagnosis.memorization import memorising
from gansmith.diagnosis.training import exploding, saturated, undertrained
from gansmith.metrics.samples import choose
from gansmith.report.compare import everything
from gansmith.runs.checkpoint import replace
from gansmith.runs.config import FILE
from gansmith.runs.run import Run

COUNT = 2000
JSON = "diagnosis.json"
ON_SAMPLES = (collapse, dropped, memorising, noise, blur)
ON_RUNS = (saturated, exploding, undertrained)


@dataclass(frozen=True)
class Diagnosis:
    """What was looked at, against what, and what was found: nothing, if all is well."""

    of: str
    against: str
    samples: int
    findings: tuple[Finding, ...]


def diagnose(
    source: Path | str,
    against: str | Path | None = None,
    *,
    n: int = COUNT,
    seed: int = 0,
    checkpoint: str = "best",
) -> Diagnosis:
    """Every verdict on a run, or on samples in a folder or file.

    against: the data, by name or path; a run's own by default.
    Raises DataError for samples without `against`, or for too few examples.
    """
    dataset = None if against is None else open_data(against)
    if not (Path(source) / FILE).is_file():
        if dataset is None:
            raise DataError(
                f"{source} is not a run: say what its samples are diagnosed against, --against DATA"
            )
        samples = choose(everything(source, dataset), n, seed)
        return Diagnosis(
            str(source), dataset.spec.name, len(samples), diagnose_samples(samples, dataset, seed)
        )
    run = Run.open(source).choose(checkpoint)
    dataset = dataset or run.dataset
    samples = run.sample(n, seed).cpu()
    found = diagnose_samples(samples, dataset, seed)
    found += tuple(finding for verdict in ON_RUNS if (finding := verdict(run)) is not None)
    return Diagnosis(str(source), dataset.spec.name, n, found)


def diagnose_samples(samples: Tensor, dataset: Dataset, seed: int = 0) -> tuple[Finding, ...]:
    """The verdicts on samples (N, ...) of a data set's kind, however they were made."""
    evidence = gather(samples, dataset, seed)
    return tuple(found for verdict in ON_SAMPLES if (found := verdict(evidence)) is not None)


def write_diagnosis(found: Diagnosis, out: Path, show_training: bool = False) -> list[Path]:
    """Write diagnosis.json and the pictures; those of training examples only when asked."""
    page = {
        "of": Path(found.of).name,
        "against": found.against,
        "samples": found.samples,
        "findings": [
            {"name": f.name, "said": f.said, "advice": f.advice, "numbers": f.numbers}
            for f in found.findings
        ],
    }
    replace(out / JSON, (json.dumps(page, indent=2) + "\n").encode())
    written = [out / JSON]
    for finding in found.findings:
        if finding.picture is not None and (show_training or not finding.private):
            path = out / f"{finding.name.replace(' ', '-')}.png"
            replace(path, finding.picture)
            written.append(path)
    return written
