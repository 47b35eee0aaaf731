"""Frozen networks and their weights: judges, a face reader, VGG16, sentence encoders."""
