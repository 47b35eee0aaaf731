"""One of two processes that play every case in float64: pair.py FOLDER.

Started by test_processes.py with the variables that torchrun sets. Each writes the end state
of every case to FOLDER/RANK-CASE.safetensors.
"""

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from small import CASES, tensors, trainer

from gansmith.core import distributed
from gansmith.runs import checkpoint


def main(folder: Path) -> None:
    """Play all cases one after the other, as one of several processes."""
    torch.set_num_threads(1)
    distributed.init()
    assert distributed.world() == 2
    for name in CASES:
        player = trainer(name, double=True, micro=2)
        player.fit()
        checkpoint.write(
            folder / f"{distributed.rank()}-{name}{checkpoint.SUFFIX}", tensors(player), {}
        )
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
