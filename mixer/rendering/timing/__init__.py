"""How far a render is, and how long it will take."""
