from __future__ import annotations

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.metrics import best_bandwidth, load_judge, log_kernel_density


def run(arm: str, seed: int, count: int) -> Numbers:
    """Parzen windows on pictures of one class, or of all, and the judge's confidence."""
    data, judge = open_data("fashion"), load_judge("fashion")
    order = Rng(seed, 2).permutation(data.spec.train)
    x, label = data.train["real"][order], data.train["label"][order]
    made = (x[label == 1] if arm == "one class" else x)[:count]
    held = data.held_out["real"][:600].flatten(1).double() / 127.5
    samples = made.flatten(1).double() / 127.5
    found = log_kernel_density(
        samples=samples, x=held[300:], std=best_bandwidth(samples=samples, validation=held[:300])
    )
    sure = judge.extract(made)[1].max(1).values.mean()
    real = judge.extract(data.held_out["real"][:count])[1].max(1).values.mean()
    return {"value": float(found.mean()), "sure": float(sure), "real": float(real)}


def check(arms: Arms) -> list[Check]:
    lower = arms.mean("all classes", "value") - arms.mean("one class", "value")
    surer = arms.mean("one class", "sure") - arms.mean("one class", "real")
    return [
        above("nats lost by one class", lower, 50.0),
        above("how much surer the judge is than of real pictures", surer, 0.0),
    ]


EXPERIMENT = Experiment(
    id="M4",
    title="Sharp pictures of one class: low likelihood, high quality",
    claim="A generator of one class makes perfect pictures and gives the other classes no "
    "likelihood: likelihood and quality are different things.",
    paper="arXiv:1511.01844, section 3.2",
    metric="Parzen-window log-likelihood of held-out pictures; confidence of the judge",
    criterion="over 50 nats lower than with all classes; the judge as confident as on real "
    "pictures",
    arms=("one class", "all classes"),
    run=run,
    check=check,
    control={"one class": "all classes"},
    control_description="pictures of all classes",
    quick=Budget(3, {"count": 1000}),
    full=Budget(3, {"count": 1900}),
)
