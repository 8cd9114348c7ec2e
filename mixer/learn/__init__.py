"""The way back: what an engineer changed in a session, as settings of the next render."""
