"""Albums: songs that share one loudness offset, and one sound if it is asked for."""
