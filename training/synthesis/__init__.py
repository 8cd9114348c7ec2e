"""Synthetic songs made from a seed alone, for training: composed, played, and mixed."""
