"""Two hosts play one run, and go on with it, also where they share nothing but the network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from gansmith import cli
from gansmith.runs.run import Run

TINY = ["gan", "--data", "ring", "--width", "8", "--batch", "16", "--micro", "2", "--seed", "3"]


def fixed(node: int, port: int) -> list[str]:
    """The first host is named, and the others know their number."""
    numbered = ["--node-rank", str(node), "--master-addr", "127.0.0.1"]
    return [*numbered, "--master-port", str(port)]


def elastic(node: int, port: int) -> list[str]:
    """The hosts meet at an address, and number themselves."""
    return ["--rdzv-backend", "c10d", "--rdzv-id", "test", "--rdzv-endpoint", f"127.0.0.1:{port}"]


def hosts(
    tmp_path: Path, meet: Callable[[int, int], list[str]], *words: list[str]
) -> list[tuple[int, str]]:
    """The exit status and the words of two torchrun agents, each in a folder of its own.

    meet: how they find each other. words: the command of the first host, and of the second.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    agents = []
    for node, command in enumerate(words):
        home = tmp_path / f"host{node}"
        home.mkdir(exist_ok=True)
        torchrun = ["-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"]
        torchrun += [*meet(node, port), "-m", "gansmith", "train"]
        agents.append(
            subprocess.Popen(
                [sys.executable, *torchrun, *command],
                cwd=home,
                env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    try:
        said = [agent.communicate(timeout=120)[0] for agent in agents]
    finally:
        for agent in agents:
            agent.terminate()  # an agent passes it on to its workers
    return [(agent.returncode, text) for agent, text in zip(agents, said, strict=True)]


def alone(out: Path, steps: int) -> Run:
    """The same run by one process."""
    cli.main(["train", *TINY, "--steps", str(steps), "--out", str(out)])
    return Run.open(out)


def same(one: Run, other: Run) -> None:
    """Rounding apart: the sums of two processes are added in another order."""
    (a, first), (b, second) = one.read("latest"), other.read("latest")
    assert (first["step"], first["draws"]) == (second["step"], second["draws"])
    assert a.keys() == b.keys()
    for name, value in a.items():
        torch.testing.assert_close(value, b[name], rtol=0, atol=1e-6, msg=name)


@pytest.mark.timeout(300)
def test_two_hosts_play_one_run_and_resume_it_where_only_the_first_has_the_folder(tmp_path):
    begin = [*TINY, "--steps", "6", "--out", str(tmp_path / "shared")]
    for status, said in hosts(tmp_path, elastic, begin, begin):
        assert status == 0, said
    assert Run.open(tmp_path / "shared").read("latest")[1]["step"] == 6
    (tmp_path / "shared").rename(tmp_path / "host0" / "run")
    for status, said in hosts(
        tmp_path, fixed, *(["--resume", "run", "--steps", steps] for steps in ("9", "8"))
    ):
        assert status != 0
        assert "steps is 8, not 9 as on the first process" in said
    go_on = ["--resume", "run", "--steps", "9"]
    for status, said in hosts(tmp_path, fixed, go_on, go_on):
        assert status == 0, said
    assert list((tmp_path / "host1").iterdir()) == []
    run = Run.open(tmp_path / "host0" / "run")
    same(run, alone(tmp_path / "alone", 9))
    page = json.loads((run.folder / "config.json").read_text())
    assert (page["steps"], page["versions"]["processes"]) == (9, 2)


@pytest.mark.timeout(300)
def test_hosts_with_different_commands_are_refused_before_anything_is_written(tmp_path):
    words = [[*TINY, "--steps", steps, "--out", "run"] for steps in ("6", "7")]
    for status, said in hosts(tmp_path, fixed, *words):
        assert status != 0
        assert "process 1 on " in said
        assert "steps is 7, not 6" in said
    assert not (tmp_path / "host0" / "run").exists()
