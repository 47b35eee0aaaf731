"""Sweeps: many runs of a preset with other keywords, scored alike and kept in one folder."""

from gansmith.sweeps.study import Sweep as Sweep
from gansmith.sweeps.study import sweep as sweep
from gansmith.sweeps.trial import Trial as Trial
