"""The core: games, the trainer, recipes, and what they need; it knows no particular game."""
