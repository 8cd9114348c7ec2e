"""A folder of recordings as a song: found, classified, grouped, inspected."""
