"""The requests of a batch: the sheet of songs, its columns, defaults, and the places of outputs."""
