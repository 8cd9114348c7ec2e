"""Names of files and folders in a song's folder that are not recordings."""

SONG_FILE = "song.toml"
# In MedleyDB a file of this ending says what the others play.
METADATA_SUFFIX = "_METADATA.yaml"
# Beside it, of the same song: folders of the stems and of the raw recordings.
PARTS_SUFFIXES = ("_STEMS", "_RAW")
# In Slakh, beside a folder of the song's stems, and in MoisesDB a file of this name does.
SLAKH_FILE, SLAKH_STEMS = "metadata.yaml", "stems"
MOISESDB_FILE = "data.json"
# Beside each of its mixes mixer writes NAME + this; a file that has one is not a recording.
RECIPE_SUFFIX = ".mix.json"
# In the output folder of a batch; nothing beside it is a recording.
BATCH_STATE_FOLDER = ".mixer-batch"
# Folders that it writes beside a mix: its wet stems, its wet tracks, its versions, what a report
# plays that is written nowhere else, and what sessions play that is neither a recording nor a stem.
STEMS_SUFFIX, TRACKS_SUFFIX, VERSIONS_SUFFIX = ".stems", ".tracks", ".versions"
LISTENING_SUFFIX, SESSION_SUFFIX = ".report", ".daw"
FOLDER_SUFFIXES = (
    STEMS_SUFFIX,
    TRACKS_SUFFIX,
    VERSIONS_SUFFIX,
    LISTENING_SUFFIX,
    SESSION_SUFFIX,
)
# The numbers that sessions were written with; they stay beside an edited session set aside.
RECALL_NUMBERS_SUFFIX = ".recall.json"
