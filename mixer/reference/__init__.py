"""Another recording as a target: what of it can be moved towards, and the moves of stems and bus."""
