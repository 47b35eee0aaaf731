"""Data sets that ship with the package or that it generates."""
