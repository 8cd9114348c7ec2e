"""What the names of tracks say: words in many languages, stems, roles, pairs, sums."""
