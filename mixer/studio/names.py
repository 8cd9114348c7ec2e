"""Names of what the studio keeps beside a song."""

FOLDER, STATE_FILE, REFERENCES = ".mixer-studio", "state.json", "references"
