"""Sweeps: many runs of a preset with other keywords, scored alike and kept in one folder."""

from gansmith.sweeping.study import Sweep as Sweep
from gansmith.sweeping.study import sweep as sweep
from gansmith.sweeping.trial import Trial as Trial
