"""Tensors as pictures: grids, spectrograms and plots. Nothing here knows a kind of data."""
