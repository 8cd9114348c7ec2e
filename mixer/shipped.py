"""Names of what ships with mixer: models, profiles."""

DEFAULT_MODEL = "default"
# Mixes single tracks, where the default mixes stems.
TRACK_MODEL = "tracks"
# The averages of the training songs of MUSDB18, from the published network.
PUBLISHED_PROFILE = "musdb18"
