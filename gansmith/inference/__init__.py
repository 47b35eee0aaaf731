"""A run applied to files of the user's own."""
