"""`python -m gansmith`, which `torchrun -m gansmith` needs."""

from gansmith.cli import main

main()
