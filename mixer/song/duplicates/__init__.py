"""Recordings that would be heard twice: copies, sums of others, whole mixes."""
