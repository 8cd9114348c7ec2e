"""Training of the band mixer on band powers of stems, at milliseconds per step."""
