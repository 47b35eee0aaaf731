from __future__ import annotations

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above
from gansmith.metrics import best_window, kernel_density, load_judge


def run(arm: str, seed: int, count: int) -> Numbers:
    """Windows on pictures of one class, or of all, and how sure the judge is of them."""
    data, judge = open_data("fashion"), load_judge("fashion")
    order = Rng(seed, 2).permutation(data.spec.train)
    x, label = data.train["real"][order], data.train["label"][order]
    made = (x[label == 1] if arm == "one class" else x)[:count]
    held = data.held["real"][:600].flatten(1).double() / 127.5
    samples = made.flatten(1).double() / 127.5
    found = kernel_density(samples, held[300:], best_window(samples, held[:300]))
    sure = judge.look(made)[1].max(1).values.mean()
    real = judge.look(data.held["real"][:count])[1].max(1).values.mean()
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
    says="A generator of one class makes perfect pictures and gives the others no likelihood: the "
    "two say different things.",
    paper="arXiv:1511.01844, section 3.2",
    metric="log-likelihood of held-out pictures under windows; certainty of the judge",
    criterion="over 50 nats lower than with all classes; the judge as sure as of real pictures",
    arms=("one class", "all classes"),
    run=run,
    check=check,
    control={"one class": "all classes"},
    fails="pictures of all classes",
    quick=Form(1, {"count": 1000}),
    full=Form(3, {"count": 1900}),
)
