"""The lab: claims about GANs as experiments, each with a criterion and a control that must fail it.

experiment     an experiment, and the verdict of its results
experiments/   one short file for each claim
runner         runs it, arm by arm and seed by seed; resumes it where it was interrupted
report         one page of all results, a table, the plots
"""

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Verdict, compute_verdict
from gansmith.lab.runner import read_results, run_experiment

__all__ = [
    "Arms",
    "Budget",
    "Check",
    "Experiment",
    "Verdict",
    "compute_verdict",
    "read_results",
    "run_experiment",
]
