"""Plan of a render, decided before its audio is read."""
