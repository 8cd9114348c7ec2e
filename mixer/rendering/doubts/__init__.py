"""How sure a model is of its settings: its answers to the same song, and how far they differ."""
