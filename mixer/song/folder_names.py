"""Names of files in a song's folder that are not recordings."""

SONG_FILE = "song.toml"
# Beside each of its mixes mixer writes NAME + this; a file that has one is not a recording.
RECIPE_SUFFIX = ".mix.json"
# In the output folder of a batch; nothing beside it is a recording.
BATCH_STATE_FOLDER = ".mixer-batch"
