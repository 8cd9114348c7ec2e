"""What audio files hold, byte by byte: headers, chunks, pages and frames, true or damaged."""
