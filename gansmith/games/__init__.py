"""One file for each different game."""
