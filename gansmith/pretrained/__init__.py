"""Frozen networks and their weights: judges, a reader of faces, VGG16, sentence encoders."""
