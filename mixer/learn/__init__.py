"""The way back: what an engineer changed in a session of ours, as settings of the next render."""
