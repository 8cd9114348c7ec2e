"""Frequency bands in which bass and brightness are measured, relative to the middle band."""

BASS_HZ, BRIGHT_HZ, MIDDLE_HZ = (30.0, 150.0), (4_000.0, 16_000.0), (150.0, 4_000.0)
