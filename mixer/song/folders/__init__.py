"""Folders on disk: which of them hold songs, parts of a song, or nothing to mix."""
