"""The names of what is measured of a whole mix's sound; see `mixer.rendering.sound`."""

VOICE, BASS, BRIGHTNESS, WIDTH, ROOM = "voice", "bass", "brightness", "width", "room"
DYNAMICS = "dynamics"
