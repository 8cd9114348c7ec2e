"""Training the track mixer on powers of tracks in bands: no audio is rendered on the way."""
