"""Readers of the user's own data: images in folders and zips, arrays, IDX, sentences."""
