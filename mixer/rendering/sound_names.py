"""Names of the figures that describe a whole mix's sound; see `mixer.rendering.sound`."""

VOICE, BASS, BRIGHTNESS, WIDTH, ROOM = "voice", "bass", "brightness", "width", "room"
DYNAMICS = "dynamics"
