"""The figures that describe a whole mix's sound: their names, and the bands of those that have one.

They are measured by `mixer.rendering.sound.sound`.
"""

VOCAL_LEVEL, BASS, BRIGHTNESS, WIDTH, ROOM = "vocals", "bass", "brightness", "width", "room"
DYNAMICS = "dynamics"
# Bass and brightness are the powers of their bands relative to that of the middle.
BASS_HZ, BRIGHT_HZ, MIDDLE_HZ = (30.0, 150.0), (4_000.0, 16_000.0), (150.0, 4_000.0)
