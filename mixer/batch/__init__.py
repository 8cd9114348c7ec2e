"""Many songs from one manifest: what to do, doing it, and knowing in the morning what happened."""
