"""A game and a data set in, samples out; nothing is written here."""
