"""What is asked for: the sheet of songs, its columns, defaults, and where outputs go."""
