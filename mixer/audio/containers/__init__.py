"""Headers, chunks, pages and frames of audio files, byte by byte, true or damaged."""
