"""Takes of a mix: ask for another one in keys or in plain words, and see what it changed."""
