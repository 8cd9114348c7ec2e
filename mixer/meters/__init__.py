"""Measurements of a signal, one measure a file."""
