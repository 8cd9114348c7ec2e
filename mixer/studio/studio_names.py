"""Names of the files and folders that the studio keeps in a song's folder."""

FOLDER, STATE_FILE, REFERENCES = ".mixer-studio", "state.json", "references"
