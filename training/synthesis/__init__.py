"""Songs made from nothing but a seed, to learn mixing from: composed, played, and mixed."""
