"""Losses: objectives on D's logits, distances between pictures, batches and clouds."""
