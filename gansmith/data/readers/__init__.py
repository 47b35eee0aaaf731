"""Readers of the user's own data: pictures in folders and zips, arrays, IDX, sentences."""
