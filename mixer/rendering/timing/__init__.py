"""Progress of a render, and a forecast of its time."""
