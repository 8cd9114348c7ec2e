"""Length and format of the previews inside a report, and the number made at once."""

PREVIEW_S = 30.0
# A format that every browser decodes.
PREVIEW_FORMAT = "mp3"
# The encoder is slow and works outside of Python.
N_ENCODERS = 4
