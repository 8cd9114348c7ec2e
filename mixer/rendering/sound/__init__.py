"""The sound of a whole mix in a few figures, and the desk that moves them."""
