"""Names of what ships with mixer: models, profiles."""

DEFAULT_MODEL = "default"
# The averages of the training songs of MUSDB18, from the published network.
PUBLISHED_PROFILE = "musdb18"
