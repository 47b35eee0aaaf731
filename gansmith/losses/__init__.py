"""Losses: objectives on D's logits, distances between images, batches and clouds."""
