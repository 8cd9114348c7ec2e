"""Names of what ships with mixer: models, profiles."""

# The default for stems, the model of tracks where a stem has several: see
# `mixer.rendering.plans.model_choice`.
AUTO_MODEL = "auto"
DEFAULT_MODEL = "default"
# Mixes single tracks, where the default mixes stems.
TRACK_MODEL = "tracks"
# The paper's own kind of network, small.
PAPER_MODEL = "paper"
# Purpose of each, for people who choose; speeds on two cores, as in docs/performance.md.
USES = {
    TRACK_MODEL: "raw multitracks; auto's choice for them; 17x real time with 32 tracks",
    DEFAULT_MODEL: "finished stems; auto's choice for them; 90x real time",
    PAPER_MODEL: "comparisons with the paper; a quarter of default's speed",
}
# The averages of the training songs of MUSDB18, from the published network.
PUBLISHED_PROFILE = "musdb18"
