"""Training of the track mixer on band powers of tracks, without rendering audio."""
