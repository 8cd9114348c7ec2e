"""Previews inside a report: their length, their format, and how many are made at once."""

PREVIEW_S = 30.0
# What every browser decodes.
PREVIEW_FORMAT = "mp3"
# The encoder is slow and works outside of Python.
N_ENCODERS = 4
