"""What a kind of data can do: score, measure, show, save."""
