"""Runs sent to, and taken from, a model hub."""
