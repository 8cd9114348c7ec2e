"""Files that are whole or absent, and the reading of untrusted tables."""
