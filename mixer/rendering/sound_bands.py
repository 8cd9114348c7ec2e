"""The bands that a mix's bass and brightness are told by, against its middle."""

BASS_HZ, BRIGHT_HZ, MIDDLE_HZ = (30.0, 150.0), (4_000.0, 16_000.0), (150.0, 4_000.0)
