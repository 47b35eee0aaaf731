"""What whoever has a GPU runs once: does everything run on it, and how fast and how well.

    python benchmarks/gpu.py [--device cuda] [--minutes 7.5] [--out gpu]
    python benchmarks/gpu.py --device cpu --tiny

Needs Python 3.12, PyTorch 2.11 and what pyproject.toml lists besides, and no network. Four parts:

presets: the small cases of tests/conformance/small.py, 20 steps in float32 and in bfloat16: all
    losses and tensors are finite, and samples have the shape of the data.
resume: a run of 6 steps goes on to 12 on the other device.
quality: four minutes of r3gan on garments of 32 px, its quick cFID (docs/metrics.md) over time.
speed: a step with `--paper` against a textbook loop with the same networks, with and without
    torch.compile.

Every part has its time and says what it left out; results are written after each row, to gpu.json
and gpu.md in --out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

NEEDED = ("numpy", "PIL", "safetensors", "rich", "tyro", "matplotlib", "scipy", "ot", "soundfile",
          "filelock", "platformdirs")  # fmt: skip
ROOT = Path(__file__).parents[1]
SHARES = {"presets": 0.2, "resume": 0.04, "quality": 0.56}  # of the time; speed has the rest
Row = dict[str, Any]
Step = Callable[[], object]


class Results:
    """Rows of each part, on the disk after every one of them."""

    def __init__(self, out: Path, about: Row) -> None:
        self.out, self.page = out, {"about": about, "rows": {}, "left out": {}}
        out.mkdir(parents=True, exist_ok=True)

    def play(self, part: str, rows: Iterator[tuple[str, Callable[[], Row]]], seconds: float) -> int:
        """Play the rows of a part while its time lasts; how many failed."""
        end, failed = time.monotonic() + seconds, 0
        done = self.page["rows"].setdefault(part, {})
        for name, act in rows:
            if time.monotonic() > end:
                self.page["left out"].setdefault(part, []).append(name)
                continue
            try:
                done[name] = act()
            except Exception as error:
                done[name] = {"failed": f"{type(error).__name__}: {error}"[:300]}
                failed += 1
            print(part, name, done[name], flush=True)
            self.write()
        self.write()
        return failed

    def write(self) -> None:
        (self.out / "gpu.json").write_text(json.dumps(self.page, indent=1) + "\n", "utf-8")
        lines = ["# One GPU", "", "".join(f"{k}: {v}. " for k, v in self.page["about"].items())]
        for part, rows in self.page["rows"].items():
            columns = list(dict.fromkeys(key for row in rows.values() for key in row))
            lines += ["", f"## {part}", "", f"| | {' | '.join(columns)} |"]
            lines += ["| --- " * (len(columns) + 1) + "|"]
            for name, row in rows.items():
                lines.append(f"| {name} | {' | '.join(shown(row.get(key)) for key in columns)} |")
            if left := self.page["left out"].get(part):
                lines += ["", f"Left out for lack of time: {', '.join(left)}."]
        (self.out / "gpu.md").write_text("\n".join(lines) + "\n", "utf-8")


def shown(value: object) -> str:
    """A cell of the table."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value).replace("|", "/").replace("\n", " ")


def wait(device: torch.device) -> None:
    """Let the device come to an end with what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def presets(device: torch.device, tiny: bool) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Every small case of every preset."""
    import small

    names = [f"{preset}-{next(iter(cases))}" for preset, cases in small.SMALL.items()]
    names += [name for name in small.CASES if name not in names]  # if there is time

    def play(name: str) -> Row:
        from gansmith.core.protocols import ConditionalSampler, Samples
        from gansmith.core.rng import Rng
        from gansmith.sampling.generate import generate

        row: Row = {}
        for precision in ("float32", "bfloat16"):
            began, steps = time.perf_counter(), 2 if tiny else 20
            t = small.trainer(name, steps=steps, precision=precision, device=device)
            before = {key: value.shape for key, value in t.game.state_dict().items()}
            t.fit()
            t.state()  # raises when a tensor is not finite
            assert before == {key: value.shape for key, value in t.game.state_dict().items()}
            dataset = small.CASES[name][1].data()
            if isinstance(t.game, Samples | ConditionalSampler) and not dataset.domains:
                with t.ema.applied(t.game) as game:
                    samples = generate(game, dataset, 4, Rng(1))
                assert samples.float().isfinite().all()
                assert len(samples) == 4, tuple(samples.shape)
                if dataset.spec.kind == "image":
                    assert samples.shape[-3:] == dataset.spec.shape[-3:], tuple(samples.shape)
            row[f"{precision}, s"] = round(time.perf_counter() - began, 3)
        return row

    for name in names[:: 16 if tiny else 1][: 4 if tiny else None]:
        yield name, lambda name=name: play(name)


def resume(device: torch.device) -> Iterator[tuple[str, Callable[[], Row]]]:
    """From the device to the processor and back."""

    def play(first: str, second: str) -> Row:
        from gansmith.core.distributed import choose_device
        from gansmith.runs.plan import plan
        from gansmith.runs.run import Run

        parts, small = {}, dict(data="digits", width=4, latent=4, batch=8)
        with tempfile.TemporaryDirectory() as folder:
            for name, devices in (("whole", (first, first)), ("parts", (first, second))):
                choose_device(devices[0])
                begun = plan("dcgan", steps=6, out=Path(folder) / name, **small)
                Run.begin(begun.folder, begun.config, begun.dataset).play()
                choose_device(devices[1])
                run = Run.open(begun.folder).resume(steps=12).choose("latest")
                assert run.step == 12
                parts[name] = run.read("latest")[0]
        choose_device(device.type)
        return {
            "largest difference": max(
                float((value.double() - parts["parts"][key].double()).abs().max())
                for key, value in parts["whole"].items()
                if key.startswith("game.") and value.numel()
            )
        }

    for first, second in dict.fromkeys(((device.type, "cpu"), ("cpu", device.type))):
        yield f"{first} to {second}", lambda a=first, b=second: play(a, b)


def quality(
    device: torch.device, seconds: float, tiny: bool
) -> Iterator[tuple[str, Callable[[], Row]]]:
    """The score of r3gan on 32 px at eight moments; scoring takes none of the time."""
    state: Row = {"spent": 0.0}

    def look(until: float) -> Row:
        from gansmith.evaluation.select import score
        from gansmith.runs.plan import plan

        if "trainer" not in state:
            large = dict(width=4, batch=8) if tiny else dict(width=64, batch=128)
            with tempfile.TemporaryDirectory() as folder:
                run = plan("r3gan", data="fashion", size=32, out=Path(folder) / "run", **large)
                state.update(run=run, trainer=run.trainer(run.recipe()))
        t = state["trainer"]
        while state["spent"] < until and (t.step < 2 or not tiny):
            began = time.perf_counter()
            for _ in range(1 if tiny else 20):
                t.train_step()
            wait(device)
            state["spent"] += time.perf_counter() - began
        with t.ema.applied(t.game) as game:
            found = score(game, state["run"].dataset, 0)
        return {"step": t.step, "examples": t.step * len(t.source.at(0)["real"])} | {
            found["metric"]: found["value"]
        }

    for eighth in (8,) if tiny else range(9):
        moment = seconds * eighth / 8
        yield f"{moment:.0f} s", lambda moment=moment: look(moment)


def picture_data(name: str, size: int) -> Any:
    """Random pictures of the kind that a preset takes."""
    from gansmith.data import Condition, domains_dataset
    from gansmith.data.build import image_dataset, with_condition

    def pictures() -> Any:
        real = torch.randint(256, (64, 3, size, size), dtype=torch.uint8)
        return image_dataset("noise", {"real": real[:48]}, {"real": real[48:]})

    if name == "cyclegan":
        return domains_dataset("noise", {"a": pictures(), "b": pictures()})
    if name == "pix2pix":
        given = torch.randint(256, (64, 3, size, size), dtype=torch.uint8)
        condition = Condition("image", channels=3, height=size, width=size)
        return with_condition(pictures(), condition, given[:48], given[48:])
    return pictures()


class Textbook:
    """Steps as a textbook writes them: detached fakes, nothing frozen, no average, no log."""

    def __init__(self, game: Any, lr: float, shape: tuple[int, ...], device: torch.device) -> None:
        self.game, self.shape, self.device = game, shape, device
        self.optim = {
            name: torch.optim.Adam(player.parameters(), lr, (0.5, 0.999))
            for name, player in game.players().items()
        }

    def batch(self) -> Tensor:
        return 2 * torch.rand(self.shape, device=self.device) - 1

    def fake(self, *given: Tensor) -> Tensor:
        code = torch.randn(self.shape[0], self.game.G.latent.dim, device=self.device)
        return self.game.G(code, *given)

    def move(self, names: str, loss: Tensor) -> None:
        for player in names.split():
            self.optim[player].zero_grad()
        loss.backward()
        for player in names.split():
            self.optim[player].step()

    def slope(self, x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(self.game.D(x).sum(), x, create_graph=True)
        return gradient.flatten(1).norm(dim=1)

    def dcgan(self) -> None:
        D = self.game.D
        self.move("D", real(D(self.batch())) + unreal(D(self.fake().detach())))
        self.move("G", real(D(self.fake())))

    def wgan_gp(self) -> None:
        D = self.game.D
        for _ in range(self.game.d_steps):
            true, fake = self.batch(), self.fake().detach()
            between = torch.lerp(true, fake, torch.rand_like(true[:, :1, :1, :1]))
            penalty = 10 * (self.slope(between) - 1).square().mean()
            self.move("D", D(fake).mean() - D(true).mean() + penalty)
        self.move("G", -D(self.fake()).mean())

    def r3gan(self) -> None:
        D, true, fake = self.game.D, self.batch(), self.fake().detach()
        penalty = (self.slope(true).square().mean() + self.slope(fake).square().mean()) / 2
        self.move("D", F.softplus(D(fake) - D(true)).mean() + penalty)
        self.move("G", F.softplus(D(self.batch()) - D(self.fake())).mean())

    def cyclegan(self) -> None:
        game, a, b = self.game, self.batch(), self.batch()
        fake_b, fake_a = game.Gab(a), game.Gba(b)
        cycle = F.l1_loss(game.Gba(fake_b), a) + F.l1_loss(game.Gab(fake_a), b)
        fooled = (game.Da(fake_a) - 1).square().mean() + (game.Db(fake_b) - 1).square().mean()
        self.move("Gab Gba", fooled + 10 * cycle)
        losses = [
            ((D(true) - 1).square().mean() + D(fake.detach()).square().mean()) / 2
            for D, true, fake in ((game.Da, a, fake_a), (game.Db, b, fake_b))
        ]
        self.move("Da Db", losses[0] + losses[1])

    def pix2pix(self) -> None:
        D, given, true = self.game.D, self.batch(), self.batch()
        fake = self.fake(given)
        self.move("G", real(D(fake, given)) + 100 * F.l1_loss(fake, true))
        self.move("D", (real(D(true, given)) + unreal(D(fake.detach(), given))) / 2)


def real(logits: Tensor) -> Tensor:
    """Cross-entropy of logits that should be high."""
    return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))


def unreal(logits: Tensor) -> Tensor:
    """Cross-entropy of logits that should be low."""
    return F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))


SIZES = {"dcgan": 64, "wgan-gp": 32, "r3gan": 32, "cyclegan": 256, "pix2pix": 256}


def speed(device: torch.device, tiny: bool) -> Iterator[tuple[str, Callable[[], Row]]]:
    """The trainer's step and the textbook's, in turn."""
    from alternate import alternate

    from gansmith.core.trainer import Trainer
    from gansmith.data import open_source
    from gansmith.presets import PRESETS

    def play(name: str, compiled: bool) -> Row:
        size = 32 if tiny else SIZES[name]
        chosen, dataset = PRESETS[name], picture_data(name, size)
        less: Row = dict(width=4, batch=2) if tiny else {}
        if tiny and name == "cyclegan":
            less |= dict(blocks=1, d_width=4, d_layers=1)
        if tiny and name == "r3gan":
            less |= dict(width=16)
        keywords = chosen.keywords(less, paper=True)
        if name == "pix2pix" and tiny:
            keywords |= dict(patch_size=16)
        ours, theirs = (chosen.build(dataset.spec, **keywords) for _ in range(2))
        trainer = Trainer(
            ours.game,
            (ours.source or open_source)(dataset, ours.batch, 0),
            optim=ours.optim,
            ema=ours.ema,
            channels_last=ours.channels_last,
            compile=compiled,
            device=device,
        )
        other = theirs.game.to(device)
        twice = name in ("wgan-gp", "r3gan")  # code compiled ahead is not differentiated twice
        torch.compiler.reset()
        for player, net in other.players().items() if compiled else ():
            if not (twice and player == "D"):
                net.compile()
        shape = (theirs.batch, 3, size, size)
        plain = Textbook(other, float(keywords["lr"]), shape, device)

        def finished(step: Step) -> Step:
            return lambda: (step(), wait(device))

        theirs_step = getattr(plain, name.replace("-", "_"))
        arms = {"gansmith": finished(trainer.train_step), "textbook": finished(theirs_step)}
        times = alternate(arms, rounds=1 if tiny else 5, calls=1 if tiny else 4)
        taken = {f"{arm}, ms": 1000 * median(seconds) for arm, seconds in times.items()}
        ratio = median(a / b for a, b in zip(*times.values(), strict=True))
        return {"size": size, "batch": ours.batch, **taken, "of the textbook's time": ratio}

    for compiled in (False,) if tiny else (False, True):
        for name in SIZES:
            label = f"{name}, compiled" if compiled else name
            yield label, lambda name=name, compiled=compiled: play(name, compiled)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu", "mps"))
    parser.add_argument("--minutes", type=float, default=7.5)
    parser.add_argument("--tiny", action="store_true", help="a few rows of each part, in seconds")
    parser.add_argument("--out", type=Path, default=Path("gpu"))
    args = parser.parse_args()
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        sys.exit(f"{', '.join(missing)}: not installed; pip install {ROOT} brings what is needed")
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "conformance")]
    from gansmith.core.distributed import choose_device, init
    from gansmith.runs.run import versions

    began = time.monotonic()
    choose_device(args.device)
    device, seconds = init(), 60 * args.minutes
    results = Results(
        args.out, versions() | {"cuda": torch.version.cuda, "node": platform.system()}
    )
    left = {part: share * seconds for part, share in SHARES.items()}
    failed = results.play("presets", presets(device, args.tiny), left["presets"])
    failed += results.play("resume", resume(device), left["resume"])
    rows = quality(device, 240.0 * args.minutes / 7.5, args.tiny)
    failed += results.play("quality", rows, left["quality"])
    rest = seconds - (time.monotonic() - began) - 30  # a row that has begun is played to its end
    failed += results.play("speed", speed(device, args.tiny), max(rest, 0))
    print((args.out / "gpu.md").read_text("utf-8"))
    sys.exit(min(failed, 1))


if __name__ == "__main__":
    main()
