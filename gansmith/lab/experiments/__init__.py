"""The claims, a file each, by the id of the row."""

from gansmith.lab.experiment import Experiment
from gansmith.lab.experiments import (
    f1,
    f2,
    f3,
    f4,
    f5,
    f8,
    l1,
    m1,
    m2,
    m3,
    m5,
    m6,
    m7,
    m8,
    m9,
    m11,
    t2,
    t3,
    t4,
    t5,
    t6,
    t7,
    t8,
    t9,
    t13,
    t15,
    wd1,
    wd2,
    wd3,
    wd6,
)  # fmt: skip

ALL = (
    *(t2, t3, t4, t5, t6, t7, t8, t9, t13, t15),
    *(f1, f2, f3, f4, f5, f8),
    *(wd1, wd2, wd3, wd6),
    l1,
    *(m1, m2, m3, m5, m6, m7, m8, m9, m11),
)

EXPERIMENTS: dict[str, Experiment] = {module.EXPERIMENT.id: module.EXPERIMENT for module in ALL}
