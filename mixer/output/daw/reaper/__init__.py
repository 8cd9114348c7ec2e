"""REAPER: its projects, written and read back, and its own equaliser."""
