"""Meanings of track names: words in many languages, stems, roles, pairs, sums."""
