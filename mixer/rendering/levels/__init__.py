"""Meaning of incoming levels: of raw recordings little, of a rough mix something, of stems all."""
