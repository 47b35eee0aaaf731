"""A game and a data set in, numbers out."""
