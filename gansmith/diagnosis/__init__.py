"""What is wrong with a generator, by name: each verdict with its evidence and what to try.

A verdict is a test whose rate of false alarms is known, since the same test is made of real
held-out examples; `benchmarks/diagnose.py` plants each fault and counts what is missed.
"""

from gansmith.diagnosis.diagnose import Diagnosis, diagnose, diagnose_samples, write_diagnosis
from gansmith.diagnosis.evidence import Evidence, Finding

__all__ = [
    "Diagnosis",
    "Evidence",
    "Finding",
    "diagnose",
    "diagnose_samples",
    "write_diagnosis",
]
