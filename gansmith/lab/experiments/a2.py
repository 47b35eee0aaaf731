from __future__ import annotations

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import evaluate_trainer, preset_trainer


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    preset = "vae" if arm == "vae" else "dcgan"
    trainer = preset_trainer(preset, "fashion", seed, steps, width=width)
    trainer.fit()
    found = evaluate_trainer(trainer, open_data("fashion"), 2000)
    return {"sharpness": found["sharpness"], "detail": found["detail"], "cfid": found["cfid"]}


def check(arms: Arms) -> list[Check]:
    return [
        below("sharpness of the VAE over real", arms.mean("vae", "sharpness"), 0.6),
        above("of the GAN", arms.mean("gan", "sharpness"), 0.7),
        below("of the GAN", arms.mean("gan", "sharpness"), 1.4),
    ]


EXPERIMENT = Experiment(
    id="A2",
    title="A VAE blurs, a GAN does not",
    claim="A squared error averages over the possible pictures; a discriminator rejects averages.",
    paper="arXiv:1512.09300",
    metric="variance of the Laplacian of samples over that of real pictures",
    criterion="VAE at most 0.6, GAN in [0.7, 1.4]",
    arms=("vae", "gan"),
    run=run,
    check=check,
    control={"vae": "gan"},
    control_description="the GAN in place of the VAE",
    quick=Budget(3, {"steps": 800, "width": 16}),
    full=Budget(3, {"steps": 6000, "width": 32}),
)
