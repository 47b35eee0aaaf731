"""The lab: claims about GANs as experiments, each with a criterion and a control that must fail it.

experiment     what an experiment is, and what its results say
experiments/   one short file for each claim
playing        runs it, arm by arm and seed by seed; goes on where it was interrupted
report         one page of all results, a table, the pictures
"""

from gansmith.lab.experiment import Arms, Check, Experiment, Form, Verdict, judged
from gansmith.lab.runner import play, read

__all__ = ["Arms", "Check", "Experiment", "Form", "Verdict", "judged", "play", "read"]
