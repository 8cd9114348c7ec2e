"""Multitracks to training examples."""
