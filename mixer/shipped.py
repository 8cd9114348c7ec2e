"""Names of what ships with mixer: models, profiles."""

# The default for stems, the model of tracks where a stem has several: see
# `mixer.rendering.model_choice`.
AUTO_MODEL = "auto"
DEFAULT_MODEL = "default"
# Mixes single tracks, where the default mixes stems.
TRACK_MODEL = "tracks"
# The paper's own kind of network, small.
PAPER_MODEL = "paper"
# The averages of the training songs of MUSDB18, from the published network.
PUBLISHED_PROFILE = "musdb18"
