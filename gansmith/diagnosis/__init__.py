"""What is wrong with a generator: named faults, each with its evidence and what to try.

Each fault has a test whose rate of false alarms is known, since the same test is applied to real
held-out examples; `benchmarks/diagnose.py` plants each fault and counts the misses.
"""

from gansmith.diagnosis.diagnose import (
    Diagnosis,
    diagnose,
    diagnose_run,
    diagnose_samples,
    write_diagnosis,
)
from gansmith.diagnosis.evidence import Evidence, Finding

__all__ = [
    "Diagnosis",
    "Evidence",
    "Finding",
    "diagnose",
    "diagnose_run",
    "diagnose_samples",
    "write_diagnosis",
]
