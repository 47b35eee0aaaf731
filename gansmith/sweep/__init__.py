"""Sweeps: many runs of a preset with other keywords, scored alike and kept in one folder."""

from gansmith.sweep.study import Sweep as Sweep
from gansmith.sweep.study import sweep as sweep
from gansmith.sweep.trial import Trial as Trial
