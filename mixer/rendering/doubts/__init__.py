"""Certainty of a model's settings: its answers to the same song, and how far they differ."""
